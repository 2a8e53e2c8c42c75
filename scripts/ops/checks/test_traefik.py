"""Traefik: labels, templates and the start script."""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml

from checks.support import BASE, MONITORING, merged, read
from opslib import ROOT


class GoTemplate:
    """As much of Go's templates as traefik/dynamic uses, to see the YAML that comes out."""

    def __init__(self, text: str, variables: dict[str, str]):
        text = re.sub(r"\s*\{\{-", "{{", text)
        self.tokens = re.split(r"(\{\{.*?\}\})", text)
        self.variables, self.place = variables, 0

    def render(self) -> str:
        return self.block({})

    def value(self, expression: str, dot: dict) -> str | list | bool:
        expression = expression.strip()
        if match := re.fullmatch(r'env "(\w+)"(?: \| default "([^"]*)")?', expression):
            return self.variables.get(match[1]) or match[2] or ""
        if match := re.fullmatch(r'and \((.*)\) \((.*)\)', expression):
            return all(self.value(part, dot) for part in match.groups())
        if match := re.fullmatch(r'splitList "(.)" \.', expression):
            return dot["."].split(match[1])
        if expression == ".":
            return dot["."]
        raise AssertionError(f"not understood: {expression}")

    def block(self, dot: dict, quiet: bool = False) -> str:
        out = ""
        while self.place < len(self.tokens):
            token = self.tokens[self.place]
            self.place += 1
            if not token.startswith("{{"):
                out += token
                continue
            word, _, rest = token[2:-2].strip().partition(" ")
            if word == "end":
                return "" if quiet else out
            if word in ("with", "if", "range"):
                value = "" if quiet else self.value(rest, dot)
                start = self.place
                items = value if word == "range" and value else [value]
                for item in items:
                    self.place = start
                    out += self.block(dot if word == "if" else {".": item}, quiet=not value)
            elif not quiet:
                out += str(self.value(f"{word} {rest}".strip(), dot))
        return "" if quiet else out


class Traefik(unittest.TestCase):
    FULL = {"OPS_BASIC_AUTH": "ops:$2y$10$abc,eve:$2y$10$def", "TRAEFIK_DOMAIN": "traefik.test", "TRAEFIK_CERT_RESOLVER": "letsencrypt"}

    def dynamic(self, variables: dict[str, str]) -> dict:
        found = {"middlewares": {}, "routers": {}}
        for path in (ROOT / "traefik/dynamic").glob("*.yml"):
            content = yaml.safe_load(GoTemplate(path.read_text(), variables).render()) or {}
            for kind, entries in content.get("http", {}).items():
                found[kind] |= entries
        return found

    def test_labels_and_routes_name_what_exists(self):
        dynamic = self.dynamic(self.FULL)
        static = yaml.safe_load(read("traefik/traefik.yml"))
        used = set()
        for service in merged("production", BASE, MONITORING)["services"].values():
            for label, value in service.get("labels", {}).items():
                if label.endswith(".middlewares"):
                    used |= set(value.split(","))
                if label.endswith(".certresolver") and value:
                    self.assertIn(value, static["certificatesResolvers"])
                if label.endswith(".entrypoints"):
                    self.assertIn(value, static["entryPoints"])
        self.assertEqual({name.removesuffix("@file") for name in used} - set(dynamic["middlewares"]), set())
        for middleware in dynamic["middlewares"].values():
            for name in middleware.get("chain", {}).get("middlewares", []):
                self.assertIn(name, dynamic["middlewares"])
        self.assertEqual(dynamic["routers"]["dashboard"]["middlewares"], ["operations"])
        self.assertEqual(dynamic["routers"]["dashboard"]["rule"], "Host(`traefik.test`)")

    def test_operations_pages_are_closed_without_operators(self):
        for variables in ({}, {"TRAEFIK_DOMAIN": "traefik.test"}, {"OPS_BASIC_AUTH": "ops:$2y$10$abc"}):
            dynamic = self.dynamic(variables)
            self.assertEqual(dynamic["routers"], {})
            self.assertEqual("operators" in dynamic["middlewares"], "OPS_BASIC_AUTH" in variables)
        labels = [service["labels"] for service in merged("production", BASE, MONITORING)["services"].values() if "labels" in service]
        middlewares = {value for each in labels for label, value in each.items() if label.endswith(".middlewares")}
        self.assertEqual(middlewares, {"site@file", "operations@file", "security-headers@file"})
        users = self.dynamic(self.FULL)["middlewares"]["operators"]["basicAuth"]["users"]
        self.assertEqual(users, self.FULL["OPS_BASIC_AUTH"].split(","))

    def test_live_events_and_https(self):
        static = yaml.safe_load(read("traefik/traefik.yml"))
        self.assertEqual(static["entryPoints"]["web"]["http"]["redirections"]["entryPoint"]["scheme"], "https")
        self.assertEqual(static["entryPoints"]["websecure"]["transport"]["respondingTimeouts"]["writeTimeout"], "0s")
        self.assertFalse(static["providers"]["docker"]["exposedByDefault"])
        self.assertEqual(static["accessLog"]["fields"]["names"]["RequestPath"], "drop")
        middlewares = self.dynamic({})["middlewares"]
        self.assertIn("text/event-stream", middlewares["compress"]["compress"]["excludedContentTypes"])
        self.assertFalse(any("buffering" in middleware for middleware in middlewares.values()))
        tls = yaml.safe_load(read("traefik/dynamic/tls.yml"))
        self.assertEqual(tls["tls"]["options"]["default"]["minVersion"], "VersionTLS12")

    def test_a_replica_that_leaves_is_noticed_before_its_door_closes(self):
        labels = merged("production", BASE)["services"]["gateway"]["labels"]
        check = "traefik.http.services.gateway.loadbalancer.healthcheck"
        self.assertEqual(labels[f"{check}.path"], "/readyz")
        noticed = sum(int(labels[f"{check}.{part}"].removesuffix("s")) for part in ("interval", "timeout"))
        delay = re.search(r"AppEnv::Development \{ 0 \} else \{ (\d+) \}", read("crates/common/src/config.rs"))
        self.assertLess(noticed, int(delay[1]))

    def test_start_fills_in_the_variables_and_refuses_what_would_not_work(self):
        with tempfile.TemporaryDirectory() as folder:
            stub = Path(folder) / "traefik"
            stub.write_text('#!/bin/sh\nprintf "%s" "$*"\n')
            stub.chmod(0o755)

            def start(**variables):
                env = {"PATH": f"{folder}:{os.environ['PATH']}", "TRAEFIK_FOLDER": str(ROOT / "traefik"), "TMPDIR": folder, **variables}
                return subprocess.run(["sh", ROOT / "traefik/start"], env=env, capture_output=True, text=True)

            done = start(ACME_EMAIL="ops+tls@streamers.test", APP_ENV="staging", TRAEFIK_CERT_RESOLVER="letsencrypt")
            self.assertEqual(done.stdout, f"--configFile={folder}/traefik.yml", done.stderr)
            filled = (Path(folder) / "traefik.yml").read_text()
            config = yaml.safe_load(filled)
            self.assertEqual(config["certificatesResolvers"]["letsencrypt"]["acme"]["email"], "ops+tls@streamers.test")
            self.assertEqual(config["providers"]["docker"]["constraints"], "Label(`tca.profile`, `staging`)")
            self.assertNotRegex(re.sub("#.*", "", filled), r"@[A-Z_]+@")
            self.assertEqual(start(TRAEFIK_CERT_RESOLVER="letsencrypt").returncode, 1)
            self.assertEqual(start(ACME_EMAIL='a"b').returncode, 1)
            self.assertEqual(start().returncode, 0)
