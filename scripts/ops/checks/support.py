"""Shared by the checks: the compose files as another program reads them, and the documents' headings."""

import itertools
import os
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from opslib import ROOT  # noqa: E402

BASE, DEV, MONITORING = "docker-compose.yml", "docker-compose.dev.yml", "docker-compose.monitoring.yml"


def read(path: str) -> str:
    return (ROOT / path).read_text()


@cache
def example() -> dict[str, str]:
    """Every variable of .env.example, also those that are commented out."""
    return dict(re.findall(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", read(".env.example"), re.MULTILINE))


@cache
def merged(profile: str, *files: str) -> dict:
    """The compose files as podman-compose reads, fills in and merges them for a profile."""
    variables = read(".env.example") + "".join(
        f"{name}=secret-{name.lower()}\n" for name in ("INTERNAL_API_TOKEN", "SESSION_SECRET", "OPT_OUT_KEY", "TOKEN_ENCRYPTION_KEYS",
                                                      "MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD", "MYSQL_EXPORTER_PASSWORD",
                                                      "REDIS_PASSWORD", "GRAFANA_ADMIN_PASSWORD"))
    variables += "OPS_BASIC_AUTH='ops:$2y$10$abc'\n"
    if profile != "development":
        variables += (f"APP_ENV={profile}\nDOMAIN={profile}.test\nPUBLIC_URL=\nTRAEFIK_CERT_RESOLVER=letsencrypt\n"
                      f"GRAFANA_DOMAIN=grafana.{profile}.test\nENABLE_MONITORING=true\nACME_EMAIL=a@b.test\n")
    with tempfile.TemporaryDirectory() as folder:
        env_file = Path(folder) / "env"
        env_file.write_text(variables)
        podman = Path(folder) / "podman"  # asked for its version only
        podman.write_text("#!/bin/sh\necho podman version 5.0.0\n")
        podman.chmod(0o755)
        done = subprocess.run(
            ["podman-compose", "--env-file", env_file, "--profile", "simulator",
             *itertools.chain.from_iterable(("-f", file) for file in files), "config"],
            cwd=ROOT, capture_output=True, text=True, env={"PATH": f"{folder}:{os.environ['PATH']}", "HOME": folder})
        if done.returncode:
            raise AssertionError(done.stderr)
    return yaml.safe_load(done.stdout)


STACKS = [("development", BASE), ("development", BASE, DEV), ("development", BASE, DEV, MONITORING),
          ("staging", BASE, MONITORING), ("production", BASE, MONITORING)]


@cache
def anchors(file: str) -> set[str]:
    """The headings of a document, as GitHub links to them."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", read(file), flags=re.MULTILINE | re.DOTALL), re.MULTILINE):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", text).replace(" ", "-"))
    return found
