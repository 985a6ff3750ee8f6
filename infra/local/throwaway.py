"""PostgreSQL and Redis for one test run: `python -m infra.local.throwaway FOLDER PID`.

This host process owns both servers, writes `FOLDER/services.json` when they answer, and stops them and removes their
data as soon as it is told to (SIGTERM) or the process PID is gone, so that even a killed run leaves nothing behind.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psutil

from infra.local.postgres import FORGETFUL, PostgresServer, new_passwords
from infra.local.processes import free_port
from infra.local.redis import RedisServer


def servers(description: dict[str, object]) -> tuple[PostgresServer, RedisServer]:
    """The two servers that `services.json` describes."""
    home = Path(str(description["home"]))
    passwords = description["passwords"]
    assert isinstance(passwords, dict)
    postgres = PostgresServer(home / "pg", int(str(description["postgres_port"])), passwords, FORGETFUL)
    return postgres, RedisServer(home / "redis", int(str(description["redis_port"])), passwords["redis"])


def host(folder: Path, watched_pid: int) -> None:
    """Run both servers until SIGTERM or until `watched_pid` is gone."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    home = Path(tempfile.mkdtemp(prefix="stockpot-test-", dir="/tmp"))  # not under a 0700 folder
    home.chmod(0o755)
    description: dict[str, object] = {
        "pid": os.getpid(),
        "home": str(home),
        "postgres_port": free_port(),
        "redis_port": free_port(),
        "passwords": {**new_passwords(), "redis": secrets.token_urlsafe(24)},
    }
    postgres, redis = servers(description)
    running: list[tuple[PostgresServer | RedisServer, subprocess.Popen[bytes]]] = []
    try:
        running.append((redis, redis.start(home / "redis.log")))
        running.append((postgres, postgres.start(home / "postgres.log")))
        _publish(folder / "services.json", description)
        while not told.wait(1.0) and psutil.pid_exists(watched_pid):
            pass
    finally:
        for server, process in reversed(running):
            server.stop(process)
        shutil.rmtree(home, ignore_errors=True)


def _publish(path: Path, description: dict[str, object]) -> None:
    """Write and rename, so that a reader never sees half a file."""
    partial = path.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(description))
    partial.replace(path)


if __name__ == "__main__":
    host(Path(sys.argv[1]), int(sys.argv[2]))
