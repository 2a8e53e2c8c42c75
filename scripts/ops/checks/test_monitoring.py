"""Rules, dashboards, alerts and scrapes: that they speak of what exists."""

import re
import unittest

import yaml

from checks.support import BASE, MONITORING, anchors, merged, read
from opslib import FOREIGN, ROOT, SERVICES, documented_metrics, names_in, panel_queries, panels, rules


class Monitoring(unittest.TestCase):
    maxDiff = None

    def test_rules_and_dashboards_use_documented_metrics(self):
        known = {name for metric in documented_metrics().values() for name in metric.series_names()}
        known |= {rule["record"] for rule in rules("recording.yml")}
        expressions = [(rule.get("record") or rule["alert"], rule["expr"]) for file in ("recording.yml", "alerts.yml") for rule in rules(file)]
        expressions += [(query.where, query.expression) for query in panel_queries() if query.source == "prometheus"]
        for where, expression in expressions:
            with self.subTest(where):
                self.assertEqual({name for name in names_in(expression) if name not in known and not FOREIGN.match(name)}, set())

    def test_documented_metrics_are_what_the_code_registers(self):
        kinds = {"counter": "counter", "counters": "counter", "gauge": "gauge", "gauges": "gauge", "histogram": "histogram",
                 "histograms": "histogram"}
        call = re.compile(r'\b(counters?|gauges?|histograms?)\(\s*"(tca_\w+)",\s*"[^"]*"(?:,\s*&\[([^\]]*)\])?')
        registered = {}
        for path in (ROOT / "crates/common/src/metrics").glob("*.rs"):
            for kind, name, labels in call.findall(path.read_text()):
                labels = re.findall(r'"(\w+)"', labels) if kind.endswith("s") else []
                registered[name] = (kinds[kind], set(labels))
        documented = {name: (metric.kind, set(metric.labels)) for name, metric in documented_metrics().items()
                      if name.startswith("tca_") and metric.source != "db-backup"}
        self.assertEqual(registered, documented)

    def test_every_panel_can_be_understood(self):
        seen = set()
        for file, panel in panels():
            with self.subTest(dashboard=file, panel=panel["title"]):
                self.assertTrue(panel["targets"] and all(target["expr"] for target in panel["targets"]))
                self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                self.assertGreater(len(panel["description"]), 15)
                self.assertNotIn((file, panel["title"]), seen)
                seen.add((file, panel["title"]))
        uids = {"prometheus", "loki"}
        sources = yaml.safe_load(read("monitoring/grafana/provisioning/datasources/datasources.yml"))["datasources"]
        self.assertLessEqual(uids, {source["uid"] for source in sources})

    def test_every_alert_fires_in_a_test_is_quiet_in_another_and_has_its_runbook(self):
        fires, quiet = set(), set()
        for path in (ROOT / "monitoring/prometheus/tests").glob("*.yml"):
            for test in yaml.safe_load(path.read_text())["tests"]:
                for case in test["alert_rule_test"]:
                    (fires if case.get("exp_alerts") else quiet).add(case["alertname"])
        for rule in rules("alerts.yml"):
            name = rule["alert"]
            with self.subTest(name):
                self.assertIn(name, fires)
                self.assertIn(name, quiet)
                self.assertIn(rule["labels"]["severity"], ("page", "ticket"))
                file, _, anchor = rule["annotations"]["runbook"].partition("#")
                self.assertIn(anchor, anchors(file))

    def test_every_exporter_that_is_scraped_runs(self):
        services = merged("production", BASE, MONITORING)["services"]
        for job in yaml.safe_load(read("monitoring/prometheus/prometheus.yml"))["scrape_configs"]:
            for address in job.get("static_configs", [{"targets": []}])[0]["targets"]:
                host = address.split(":")[0]
                if host != "localhost":
                    self.assertIn(host, services)
                    reachable = set(services[host]["networks"]) & set(services["prometheus"]["networks"])
                    self.assertTrue(reachable, f"prometheus cannot reach {host}")
            for discovery in job.get("dns_sd_configs", []):
                self.assertEqual(discovery["port"], SERVICES[discovery["names"][0]] + 1000)
