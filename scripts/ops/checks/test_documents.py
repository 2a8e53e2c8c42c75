"""The documents: that what they name and link to is there."""

import re
import tomllib
import unittest

from checks.support import anchors, read
from opslib import ROOT


class Documents(unittest.TestCase):
    FILES = [str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "scripts/ops/README.md"]]

    def test_links_lead_somewhere(self):
        for file in self.FILES:
            for link in re.findall(r"\]\(([^)\s]+)\)", read(file)):
                if re.match(r"[a-z]+:", link):
                    continue
                with self.subTest(file=file, link=link):
                    path, _, anchor = link.partition("#")
                    target = (ROOT / file).parent / path if path else ROOT / file
                    self.assertTrue(target.exists())
                    if anchor and target.suffix == ".md":
                        self.assertIn(anchor, anchors(str(target.resolve().relative_to(ROOT))))

    def test_tasks_and_scripts_that_are_named_exist(self):
        tasks = tomllib.loads(read("mise.toml"))["tasks"]
        for file in self.FILES:
            text = read(file)
            for task in re.findall(r"mise run (?:-q )?([a-z][a-z:-]*[a-z])", text):
                with self.subTest(file=file, task=task):
                    self.assertIn(task, tasks)
            for script in re.findall(r"scripts/(?:ops/)?[a-z][a-z-]+\b", text):
                with self.subTest(file=file, script=script):
                    self.assertTrue((ROOT / script).exists())

    def test_promised_documents_exist(self):
        for name in ("SCALING", "TRAEFIK", "MONITORING", "RESOURCES", "DATABASE", "CONFIGURATION", "OPERATIONS", "PRIVACY"):
            self.assertTrue((ROOT / f"docs/{name}.md").exists(), name)
