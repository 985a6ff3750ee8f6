"""A whole stack of one's own: `stockpot demo`, or `up`, in a home and on ports that nobody else uses."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
from psycopg.rows import dict_row

ROOT = Path(__file__).parents[1]
STOCKPOT = Path(sys.executable).with_name("stockpot")
UP = "Running until Ctrl-C"


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@dataclass
class RunningStack:
    """A stack that runs, or can be started again in the same home."""

    home: Path
    environment: dict[str, str]
    arguments: tuple[str, ...]
    process: subprocess.Popen[str] | None = None
    seconds_to_start: float = 0
    _lines: list[str] = field(default_factory=list)

    # ------------------------------------------------------------------ starting and stopping

    def start(self, timeout: float = 720) -> None:
        """Run it until it is up: the demo says so, `up` answers."""
        log = self.home.parent / "stockpot.log"
        began = time.monotonic()
        with log.open("w") as out:
            self.process = subprocess.Popen(
                [STOCKPOT, *self.arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                text=True,
            )
        while not (UP in log.read_text() if self.arguments[0] == "demo" else self.is_ready()):
            ended = self.process.poll() is not None
            if ended or time.monotonic() - began > timeout:
                self.stop()
                raise AssertionError(f"the stack did not come up:\n{log.read_text()[-4000:]}\n{self._log_tails()}")
            time.sleep(0.2)
        self.seconds_to_start = time.monotonic() - began

    def is_ready(self) -> bool:
        """Whether the service answers that it and everything it needs is there."""
        url = f"http://127.0.0.1:{self.environment['STOCKPOT_API_PORT']}/readyz"
        try:
            return httpx.get(url, timeout=5).is_success
        except httpx.TransportError:
            return False

    def stop(self) -> list[psutil.Process]:
        """Ctrl-C; gives the processes of this home that are left, which should be none."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGINT)
            self.process.wait(90)
        return self.processes()

    def processes(self) -> list[psutil.Process]:
        """Every process that has this home in its environment or on its command line."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                in_environment = process.environ().get("STOCKPOT_HOME") == str(self.home)
                if process.pid != os.getpid() and (in_environment or str(self.home) in " ".join(process.cmdline())):
                    found.append(process)
        return found

    def _log_tails(self) -> str:
        tails = (
            f"{log.name}: {log.read_text(errors='replace')[-600:]}" for log in sorted((self.home / "log").glob("*.log"))
        )
        return "\n".join(tails)

    # ------------------------------------------------------------------ what it offers

    @property
    def pids(self) -> dict[str, int]:
        """The process of each part, now."""
        stack: dict[str, Any] = json.loads((self.home / "stack.json").read_text())
        pids: dict[str, int] = stack["services"]
        return pids

    @property
    def variables(self) -> dict[str, str]:
        """The environment that its parts run in."""
        stack: dict[str, Any] = json.loads((self.home / "stack.json").read_text())
        variables: dict[str, str] = stack["variables"]
        return variables

    @property
    def url(self) -> str:
        return self.variables["STOCKPOT_PUBLIC_URL"]

    def login(self, role: str) -> dict[str, str]:
        """`{"email": …, "password": …}` of a demo account."""
        logins: dict[str, dict[str, str]] = json.loads((self.home / "demo-logins.json").read_text())
        return logins[role]

    def api(self, role: str) -> httpx.Client:
        """A client signed in with a bearer token."""
        answer = httpx.post(f"{self.url}/api/auth/login", json=self.login(role)).raise_for_status()
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {answer.json()['access_token']}"}, timeout=30
        )

    def command(self, *arguments: str, timeout: float = 600, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run `stockpot …` against this home."""
        return subprocess.run(
            [STOCKPOT, *arguments],
            cwd=ROOT,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def query(self, sql: str, *parameters: Any, role: str = "ANALYST_URL") -> list[dict[str, Any]]:
        """Rows of a query, as the analyst unless another role's variable is named."""
        with psycopg.connect(self.variables[role], row_factory=dict_row) as connection:
            return connection.execute(sql, parameters).fetchall()

    def mails(self) -> list[Path]:
        """The mails written so far, oldest first."""
        return sorted((self.home / "mail").rglob("*.eml"), key=lambda path: path.stat().st_mtime)


@contextlib.contextmanager
def own_stack(*arguments: str) -> Iterator[RunningStack]:
    """A stack that is not started yet; at the end what runs is stopped and the home is removed.

    The home is no folder of pytest's: each session that starts closes those to others, and PostgreSQL runs as another
    user.
    """
    folder = Path(tempfile.mkdtemp(prefix="stockpot-test-"))
    folder.chmod(0o755)
    api, dashboards, dagster = free_ports(3)
    ours = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    environment |= {
        "STOCKPOT_HOME": str(folder / "home"),
        "STOCKPOT_API_PORT": str(api),
        "STOCKPOT_DASHBOARDS_PORT": str(dashboards),
        "STOCKPOT_DAGSTER_PORT": str(dagster),
    }
    stack = RunningStack(folder / "home", environment, arguments)
    try:
        yield stack
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)
