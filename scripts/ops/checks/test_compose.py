"""The compose files: their form, and what the documents promise of them."""

import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml

from checks.support import BASE, DEV, MONITORING, STACKS, example, merged, read
from opslib import ROOT, SERVICES


class Compose(unittest.TestCase):
    def each(self, *stacks):
        return [(stack, name, service) for stack in stacks or STACKS for name, service in merged(*stack)["services"].items()]

    def test_files_and_stacks_follow_the_specification(self):
        with tempfile.TemporaryDirectory() as folder:
            files = [BASE, DEV, MONITORING]
            for number, stack in enumerate(STACKS):
                path = Path(folder) / f"{number}.yml"
                path.write_text(yaml.safe_dump(merged(*stack)))
                files.append(path)
            done = subprocess.run(["check-jsonschema", "--builtin-schema", "vendor.compose-spec", *files], cwd=ROOT,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_profiles_do_not_share_names_or_variables_of_others(self):
        for stack in STACKS:
            project = merged(*stack)
            self.assertEqual(project["name"], f"twitch-chatters-{stack[0]}")
            self.assertEqual(project["services"]["gateway"]["environment"]["APP_ENV"], stack[0])
        gateway = merged(*STACKS[-1])["services"]["gateway"]
        self.assertEqual(gateway["environment"]["PUBLIC_URL"], "https://production.test")
        self.assertEqual(gateway["labels"]["traefik.http.routers.gateway.rule"], "Host(`production.test`)")

    def test_every_variable_that_compose_uses_is_in_the_example(self):
        for file in (BASE, DEV, MONITORING):
            used = set(re.findall(r"\$\{([A-Z0-9_]+)", read(file)))
            self.assertEqual(used - set(example()), set(), file)

    def test_only_traefik_is_published_and_development_only_on_loopback(self):
        for (profile, *files), name, service in self.each():
            with self.subTest(service=service["image"]):
                for port in service.get("ports", []):
                    if name != "traefik":
                        self.assertIn(DEV, files)
                        self.assertTrue(str(port).startswith("127.0.0.1:"), port)

    def test_any_service_can_have_replicas(self):
        for _, name, service in self.each():
            with self.subTest(service=service["image"]):
                self.assertNotIn("container_name", service)
                if name in SERVICES:
                    self.assertNotIn("volumes", service)

    def test_stores_and_analysis_have_no_way_out(self):
        project = merged("production", BASE, MONITORING)
        inside = {name for name, network in project["networks"].items() if (network or {}).get("internal")}
        self.assertEqual(inside, {"backend", "docker-api", "monitoring"})
        for name in ("mariadb", "redis", "analysis", "migrate", "docker-api", "loki", "alloy", "mysqld-exporter"):
            self.assertLessEqual(set(project["services"][name]["networks"]), inside, name)
        self.assertNotIn("backend", project["services"]["traefik"]["networks"])

    def test_our_services_are_confined(self):
        for _, name, service in self.each():
            with self.subTest(service=service["image"]):
                if name in (*SERVICES, "migrate"):
                    self.assertIs(service["read_only"], True)
                    self.assertEqual(service["cap_drop"], ["ALL"])
                    self.assertNotIn("/var/run/docker.sock", str(service))
                if "docker.sock" in str(service.get("volumes")):
                    self.assertEqual(name, "docker-api")
                if name != "twitch-sim" and service.get("restart") != "no":
                    self.assertEqual(service["restart"], "unless-stopped")
                    self.assertIn("memory", service["deploy"]["resources"]["limits"])
                    self.assertIn("max-size", service["logging"]["options"])

    def test_images_are_pinned(self):
        for _, name, service in self.each(("production", BASE, MONITORING)):
            with self.subTest(service=service["image"]):
                self.assertRegex(service["image"], r"^[\w./-]+:[\w.-]+$")
                if "build" not in service and name != "migrate":
                    self.assertNotRegex(service["image"], r":latest$")

    def test_what_is_mounted_and_needed_exists(self):
        for stack, _, service in self.each():
            with self.subTest(service=service["image"]):
                for volume in service.get("volumes", []):
                    source = volume.split(":")[0] if isinstance(volume, str) else volume["source"]
                    if source.startswith("./"):
                        self.assertTrue((ROOT / source).exists(), source)
                for needed in service.get("depends_on", {}):
                    self.assertIn(needed, merged(*stack)["services"])

    def test_redis_keeps_what_it_has(self):
        command = " ".join(merged("production", BASE)["services"]["redis"]["command"])
        self.assertIn("--maxmemory-policy noeviction", command)
        self.assertIn("--appendonly yes --appendfsync everysec", command)
