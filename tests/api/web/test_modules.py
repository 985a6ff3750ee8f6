"""The page's modules that need no browser run under node's own test runner."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

MODULES = sorted((Path(__file__).parent / "modules").glob("*.test.js"))


@pytest.fixture(scope="session")
def node() -> str:
    """The path of node; CI must have it, a machine without it still runs these modules in the browser's tests."""
    found = shutil.which("node")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("node is missing")
        pytest.skip("node is not installed")
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_module(node: str, module: Path):
    done = subprocess.run(
        [node, "--test", "--test-reporter=spec", str(module)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 0" not in done.stdout
