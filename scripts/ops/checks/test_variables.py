"""What the code reads, what compose hands over, what the example and the document explain."""

import re
import tomllib
import unittest

from checks.support import BASE, DEV, MONITORING, example, merged, read
from opslib import ROOT, SERVICES

# Set where the program runs, not by compose.
OF_THE_IMAGE = {"LISTEN_ADDR", "METRICS_ADDR", "WEB_DIST_DIR"}
# Of development tools, which are in no profile.
OF_TOOLS = {"ASSUME_YES", "RESTART_DEADLINE_SECONDS", "DEMO_PORT", "DEMO_DIR", "DEVSTACK_KEEP", "DEVSTACK_BIN_DIR", "PATH", "JOB_PROBES", "JOB_SABOTAGE", "SIM_ADDR", "SIM_CLIENT_ID", "SIM_CLIENT_SECRET",
            "SIM_REDIRECT_URL", "SIM_URL"}


class Variables(unittest.TestCase):
    CALL = re.compile(r"""(?:\b(?:env|self)\s*\.\s*(?:optional|required|secret|secret_url|parse_or|number_in|url|url_or|seconds|flag|list)
                          |\blookup|\bvar|\bvar_os)(?:::<[^>]*>)?\(\s*"([A-Z][A-Z0-9_]+)"(?:,\s*([\d_]+)\s*,)?""", re.VERBOSE)

    @classmethod
    def read_by(cls, crate: str) -> dict[str, str]:
        """The variables that a crate's code asks for, with the default where it is a number."""
        found = {}
        for path in (ROOT / "crates" / crate / "src").rglob("*.rs"):
            text = path.read_text().split("#[cfg(test)]")[0]
            found |= {name: default.replace("_", "") for name, default in cls.CALL.findall(text)}
        return found

    # What crates/common reads for those services only that call the reader.
    READERS = {"TWITCH_API_URL": "UpstreamConfig::twitch_api", "ANALYSIS_URL": "UpstreamConfig::analysis",
               "DATABASE_URL": "DatabaseConfig::from_env", "DATABASE_MAX_CONNECTIONS": "DatabaseConfig::from_env",
               "DATABASE_WAIT_SECONDS": "DatabaseConfig::from_env", "TOKEN_ENCRYPTION_KEYS": "TokenCipher::from_env",
               "OPT_OUT_KEY": "OptOutKey::from_env"}

    @classmethod
    def of_service(cls, service: str) -> dict[str, str]:
        code = "".join(path.read_text() for path in (ROOT / "crates" / service / "src").rglob("*.rs"))
        common = cls.read_by("common") | {"TOKEN_ENCRYPTION_KEYS": ""}  # by the name of a constant
        return {k: v for k, v in common.items() if cls.READERS.get(k, "") in code} | {
            k: v for k, v in cls.read_by(service).items() if k not in OF_TOOLS}

    def test_the_code_is_understood(self):
        self.assertIn("WORKER_CONCURRENCY", self.read_by("worker"))
        self.assertIn("INTERNAL_API_TOKEN", self.read_by("common"))
        self.assertEqual(self.read_by("twitch-api")["RATE_LIMIT_REQUESTS_PER_SECOND"], "10")

    def test_everything_the_code_reads_is_in_the_example(self):
        for crate in (path.name for path in (ROOT / "crates").iterdir()):
            self.assertEqual(set(self.read_by(crate)) - set(example()) - OF_TOOLS, set(), crate)

    def test_each_service_gets_what_it_reads_and_nothing_else(self):
        for service in SERVICES:
            given = set(merged("production", BASE)["services"][service]["environment"])
            wanted = set(self.of_service(service)) - OF_THE_IMAGE
            self.assertEqual(given - wanted, set(), f"{service} does not read them")
            self.assertEqual(wanted - given, set(), f"{service} would not get them")

    def test_secrets_go_only_where_they_are_used(self):
        secrets = {"TWITCH_CLIENT_SECRET": {"twitch-api"}, "TOKEN_ENCRYPTION_KEYS": {"twitch-api"}, "SESSION_SECRET": {"gateway"},
                   "OPT_OUT_KEY": {"gateway", "worker"}}
        services = merged("production", BASE, MONITORING)["services"]
        for secret, expected in secrets.items():
            holders = {name for name, service in services.items() if f"secret-{secret.lower()}" in str(service)
                       or secret in (service.get("environment") or {})}
            self.assertEqual(holders, expected, secret)

    def test_defaults_are_the_same_in_code_and_compose(self):
        for service in SERVICES:
            for name, default in self.of_service(service).items():
                match = re.search(rf"^      {name}: \$\{{{name}:-(\d+)\}}$", read(BASE), re.MULTILINE)
                if default and match:
                    self.assertEqual(match[1], default, f"{name} of {service}")

    def test_everything_in_the_example_is_used_and_documented(self):
        code = set().union(*(self.read_by(path.name) for path in (ROOT / "crates").iterdir()))
        others = set(re.findall(r"\b[A-Z][A-Z0-9_]{3,}\b", "".join(
            read(file) for file in (BASE, DEV, MONITORING, *(f"scripts/ops/{script}" for script in (
                "lib.sh", "database.sh", "db-backup", "db-restore", "up", "env-check"))))))
        self.assertEqual(set(example()) - code - others, set(), "nobody reads them")
        documented = set(re.findall(r"^\| `([A-Z0-9_]+)`", read("docs/CONFIGURATION.md"), re.MULTILINE))
        self.assertEqual(set(example()) - documented, set(), "not in docs/CONFIGURATION.md")
        self.assertEqual(documented - set(example()) - OF_TOOLS - {"SIM_RATE_LIMIT"}, set(), "documented, and nowhere")

    def test_fnox_knows_the_secrets(self):
        profiles = tomllib.loads(read("fnox.toml"))["profiles"]
        secrets = {name for name in re.findall(r"^#([A-Z_]+)=$", read(".env.example"), re.MULTILINE)} | {"TWITCH_CLIENT_SECRET"}
        secrets -= {"ALERT_SMTP_PASSWORD"}
        for profile in ("staging", "production"):
            self.assertEqual(set(profiles[profile]["secrets"]), secrets)
