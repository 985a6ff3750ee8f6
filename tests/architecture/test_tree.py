"""Nothing in the tree belongs to one machine: no absolute home folders, no registry's address in a lock file."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest

ROOT = Path(__file__).parents[2]
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|Users|work)/[\w.-]+")
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yml",
    ".yaml",
    ".json",
    ".sql",
    ".sh",
    ".js",
    ".css",
    ".html",
    ".jinja",
    ".cfg",
    ".ini",
    "",
}
PUBLIC_INDEX = {"pypi.org", "files.pythonhosted.org"}


def tracked() -> Iterator[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout, so there is no list of what belongs to the tree")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in TEXT and path.is_file():
            yield path


class TestTree:
    def test_no_file_names_a_folder_of_one_machine(self):
        found = []
        for path in tracked():
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{path.relative_to(ROOT)}: {match}" for match in MACHINE_PATH.findall(text)]
        assert found == []

    def test_the_lock_of_browser_assets_carries_no_address(self):
        packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        assert [name for name, package in packages.items() if "resolved" in package] == []

    def test_the_lock_of_python_packages_names_the_public_index_alone(self):
        hosts = {
            urlparse(url).hostname
            for url in re.findall(r'https?://[^"]+', (ROOT / "uv.lock").read_text(encoding="utf-8"))
        }
        assert hosts <= PUBLIC_INDEX
