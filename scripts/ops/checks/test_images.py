"""The Dockerfile and what is sent to the builder."""

import re
import unittest

from checks.support import BASE, DEV, merged, read
from opslib import SERVICES


class Images(unittest.TestCase):
    def test_each_service_has_a_target_that_is_not_root_and_checks_itself(self):
        stages = {name: source for source, name in re.findall(r"^FROM (\S+) AS ([\w-]+)$", read(".docker/Dockerfile"), re.MULTILINE)}
        self.assertTrue(stages["base"].endswith(":nonroot"))
        bodies = dict(re.findall(r"^FROM base AS ([\w-]+)\n(.*?)(?=^FROM|\Z)", read(".docker/Dockerfile"), re.MULTILINE | re.DOTALL))
        self.assertEqual(set(bodies), {*SERVICES, "twitch-sim"})
        for service, port in SERVICES.items():
            self.assertIn(f'["/usr/local/bin/{service}", "healthcheck"]', bodies[service])
            self.assertIn(f"EXPOSE {port} {port + 1000}", bodies[service])
            self.assertNotIn("USER root", bodies[service])
        self.assertEqual([name for name, body in bodies.items() if "/web/dist" in body], ["gateway"])
        for name, service in merged("development", BASE, DEV)["services"].items():
            if "build" in service:
                self.assertEqual(service["build"]["target"], name)

    def test_nothing_private_reaches_the_builder(self):
        lines = [line for line in read(".dockerignore").splitlines() if line and not line.startswith("#")]
        self.assertEqual(lines[0], "*")
        allowed = {line[1:] for line in lines if line.startswith("!")}
        copied = set(re.findall(r"^COPY (?!--)([^\n]+) \S+$", read(".docker/Dockerfile"), re.MULTILINE))
        for source in " ".join(copied).split():
            self.assertIn(source.split("/")[0], allowed)
        self.assertIn("**/.env*", lines[lines.index("!web"):])
