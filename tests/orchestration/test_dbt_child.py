"""dbt ends with the run that called it, however that run ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from infra.local.processes import wait_until

ROOT = Path(__file__).parents[2]
CHILD = (
    "import sys; from orchestration.lib.dbt_child import become;"
    "become(sys.executable, ['-c', \"import time; print('at work', flush=True); time.sleep(600)\"])"
)
CALLER = (
    "import subprocess, sys, time;"
    "child = subprocess.Popen([sys.executable, '-c', sys.argv[1]], stdout=subprocess.PIPE, text=True);"
    "child.stdout.readline(); print(child.pid, flush=True); time.sleep(600)"
)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
def test_it_does_not_outlive_a_caller_that_is_killed():
    with subprocess.Popen([sys.executable, "-c", CALLER, CHILD], cwd=ROOT, stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout is not None
        child = int(caller.stdout.readline())
        assert psutil.pid_exists(child)
        os.kill(caller.pid, signal.SIGKILL)
    assert wait_until(lambda: not psutil.pid_exists(child), 10)


def test_it_is_dbt_of_this_environment():
    said = subprocess.run(
        [sys.executable, "-m", "orchestration.lib.dbt_child", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "installed" in said.stdout
    assert "postgres" in said.stdout
