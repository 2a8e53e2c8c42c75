"""What the checks share: the table of metrics, the dashboards' queries, and a word with Prometheus."""

import json
import re
import socket
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "monitoring/prometheus/rules"
DASHBOARDS = ROOT / "monitoring/grafana/dashboards"
SERVICES = {"gateway": 8080, "twitch-api": 8081, "worker": 8082, "analysis": 8083}
# What we do not measure ourselves, as docs/MONITORING.md says.
FOREIGN = re.compile(r"(up|ALERTS)$|(mysql|redis|node|container|traefik)_")


@dataclass
class Metric:
    name: str
    kind: str
    source: str
    labels: dict[str, list[str]] = field(default_factory=dict)
    open_ended: set[str] = field(default_factory=set)  # labels whose values are examples

    def series_names(self) -> list[str]:
        if self.kind == "histogram":
            return [f"{self.name}_{part}" for part in ("bucket", "sum", "count")]
        return [self.name]


def documented_metrics() -> dict[str, Metric]:
    """The table of docs/MONITORING.md."""
    metrics = {}
    for line in (ROOT / "docs/MONITORING.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not re.fullmatch(r"`[a-z_]+`", cells[0]) or len(cells) != 5 or cells[1] not in ("counter", "gauge", "histogram"):
            continue
        metric = Metric(cells[0].strip("`"), cells[1], cells[3])
        for label in filter(None, (part.strip() for part in cells[2].split(";"))):
            name, _, values = label.partition("=")
            if values.endswith("…"):
                metric.open_ended.add(name)
            metric.labels[name] = values.rstrip("…").split(",")
        metrics[metric.name] = metric
    return metrics


@dataclass
class Query:
    where: str  # dashboard and panel, or the recorded name
    expression: str
    source: str = "prometheus"


def panels() -> list[tuple[str, dict]]:
    """Every panel of every dashboard, with the dashboard's file name."""
    return [
        (path.name, panel)
        for path in sorted(DASHBOARDS.glob("*.json"))
        for panel in json.loads(path.read_text())["panels"]
        if panel["type"] != "row"
    ]


def panel_queries() -> list[Query]:
    return [
        Query(f"{file}: {panel['title']}", target["expr"], target["datasource"]["type"])
        for file, panel in panels()
        for target in panel["targets"]
    ]


def rules(file: str) -> list[dict]:
    import yaml

    return [rule for group in yaml.safe_load((RULES / file).read_text())["groups"] for rule in group["rules"]]


def names_in(expression: str) -> set[str]:
    """The metrics that a PromQL expression reads: names that are neither functions, labels, strings nor words of it."""
    text = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expression)
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", text)
    text = re.sub(r"\{[^}]*\}", "{}", text)
    text = re.sub(r"\[[^\]]*\]", "[]", text)
    words = {"by", "without", "on", "ignoring", "and", "or", "unless", "offset", "bool", "group_left", "group_right"}
    found = set()
    for match in re.finditer(r"[A-Za-z_:][A-Za-z0-9_:]*(?!\w)(\s*\()?", text):
        if not match[1] and match[0] not in words and not re.fullmatch(r"\d*[smhdwy]", match[0]):
            found.add(match[0].strip())
    return found


class Prometheus:
    def __init__(self, url: str):
        self.url = url.rstrip("/")

    def api(self, path: str, **parameters) -> dict | list:
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=30) as answer:
            return json.load(answer)["data"]

    def values(self, expression: str) -> list[float]:
        """The finite values of an instant query."""
        result = self.api("query", query=expression)
        samples = [result["result"]] if result["resultType"] == "scalar" else [s["value"] for s in result["result"]]
        return [value for value in (float(sample[1]) for sample in samples) if value == value and abs(value) != float("inf")]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
