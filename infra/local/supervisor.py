"""Supervision of child processes: readiness, restart with backoff, stop in reverse order, nothing left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from infra.local.errors import CannotRunError
from infra.local.processes import die_with_parent, port_is_taken

BACKOFF_SECONDS = (0.1, 0.5, 1, 2, 5, 10)
TICK_SECONDS = 0.1
STEADY_SECONDS = 5  # alive this long, a service's earlier deaths no longer count
KEPT_LOGS = 3
WORDS = 200  # of a log's last line, in a message


def always() -> bool:
    """Readiness of a service that has no door to knock at: being alive is all that can be asked."""
    return True


def answers_http(url: str) -> Callable[[], bool]:
    """Readiness of a service that must answer `url` with a status below 400."""

    def ask() -> bool:
        try:
            return httpx.get(url, timeout=2, trust_env=False).status_code < 400
        except httpx.HTTPError:
            return False

    return ask


@dataclass(frozen=True)
class Service:
    """What the supervisor must know to run one program."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    is_ready: Callable[[], bool] = always
    port: int | None = None
    port_variable: str = ""
    prepare: Callable[[], None] = lambda: None
    identity: Mapping[str, Any] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10
    start_seconds: float = 300


@dataclass
class Running:
    """A service with its process and its history of deaths."""

    service: Service
    process: subprocess.Popen[bytes]
    group: int
    asked_at: float
    started_at: float
    deaths: int = 0
    restart_at: float | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the process is there."""
        return self.process.poll() is None


class Supervisor:
    """Runs services as children in process groups of their own; use it from one thread, which must outlive them."""

    def __init__(self, logs: Path, report: Callable[[str], None], on_change: Callable[[], None] = lambda: None) -> None:
        self.logs = logs
        self.report = report
        self.on_change = on_change
        self.running: dict[str, Running] = {}

    def start(self, services: Iterable[Service]) -> None:
        """Start the services side by side and wait until each is ready; CannotRunError names the one that fails."""
        group = list(services)
        number = max((running.group for running in self.running.values()), default=0) + 1
        for service in group:
            check_port(service)
        for service in group:
            service.prepare()
            rotate(self.log_of(service))
            now = time.monotonic()
            self.running[service.name] = Running(service, self._spawn(service), number, asked_at=now, started_at=now)
        self.on_change()
        pending = [self.running[service.name] for service in group]
        while pending := [running for running in pending if not self._has_started(running)]:
            self.tick()  # what is killed meanwhile comes back
            time.sleep(TICK_SECONDS)

    def log_of(self, service: Service) -> Path:
        """Where the service's output goes."""
        return self.logs / f"{service.name}.log"

    def pids(self) -> dict[str, int]:
        """The process id of each service."""
        return {name: running.process.pid for name, running in self.running.items()}

    def tick(self) -> None:
        """Restart what died, when its backoff has passed; call it several times a second."""
        for running in self.running.values():
            if running.restart_at is None:
                if not running.is_alive:
                    self._note_death(running)
            elif time.monotonic() >= running.restart_at:
                self._restart(running)

    def keep(self, is_over: Callable[[], bool]) -> None:
        """Keep everything alive until `is_over`."""
        while not is_over():
            self.tick()
            time.sleep(TICK_SECONDS)

    def stop(self) -> None:
        """Stop everything, the services that started together side by side, the last started first."""
        for number in sorted({running.group for running in self.running.values()}, reverse=True):
            group = [running for running in self.running.values() if running.group == number]
            for running in group:
                if running.is_alive:
                    running.process.send_signal(running.service.stop_signal)
            for running in group:
                self._await_end(running)
        self.running.clear()

    def _spawn(self, service: Service) -> subprocess.Popen[bytes]:
        with self.log_of(service).open("ab") as log:
            return subprocess.Popen(
                list(service.command),
                env=dict(service.environment),
                cwd=service.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=die_with_parent(service.stop_signal),  # noqa: PLW1509 - one system call, takes no lock
                **service.identity,
            )

    def _has_started(self, running: Running) -> bool:
        """Whether a starting service is ready; raises CannotRunError when it ended by itself or takes too long."""
        service, code = running.service, running.process.poll()
        if code is None and service.is_ready():
            return True
        log = self.log_of(service)
        if code is not None and code >= 0:
            raise CannotRunError(f"{service.name} ended with {code}; last words in {log}: {last_words(log)}")
        if time.monotonic() > running.asked_at + service.start_seconds:
            raise CannotRunError(f"{service.name} did not answer in time; last words in {log}: {last_words(log)}")
        return False

    def _note_death(self, running: Running) -> None:
        lived = time.monotonic() - running.started_at
        running.deaths = 1 if lived > STEADY_SECONDS else running.deaths + 1
        delay = BACKOFF_SECONDS[min(running.deaths, len(BACKOFF_SECONDS)) - 1]
        running.restart_at = time.monotonic() + delay
        name = running.service.name
        words = last_words(self.log_of(running.service))
        self.report(f"{name} ended ({running.process.returncode}), starting it again in {delay:g} s: {words}")

    def _restart(self, running: Running) -> None:
        kill_group(running.process.pid)
        running.process = self._spawn(running.service)
        running.started_at = time.monotonic()
        running.restart_at = None
        self.on_change()

    def _await_end(self, running: Running) -> None:
        process = running.process
        try:
            process.wait(running.service.stop_seconds)
        except subprocess.TimeoutExpired:
            self.report(f"{running.service.name} did not stop in {running.service.stop_seconds:g} s and is killed")
        kill_group(process.pid)
        process.wait()


def check_port(service: Service) -> None:
    """Raise CannotRunError where somebody else listens on the service's port."""
    if service.port is None or not port_is_taken(service.port):
        return
    raise CannotRunError(
        f"port {service.port}, which {service.name} wants, is taken by another program: "
        f"stop that program, or set {service.port_variable} to a free port"
    )


def kill_group(group: int) -> None:
    """Kill whoever is left in a child's process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def rotate(log: Path) -> None:
    """Keep the logs of the last starts as NAME.1.log (the youngest) to NAME.3.log."""
    older = [log, *(log.with_suffix(f".{number}.log") for number in range(1, KEPT_LOGS + 1))]
    for younger, next_older in zip(reversed(older[:-1]), reversed(older[1:]), strict=True):
        if younger.exists():
            younger.replace(next_older)


def last_words(log: Path) -> str:
    """The last line of a log that says anything."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()[-20:]] if log.exists() else []
    return next((line[-WORDS:] for line in reversed(lines) if line), "(nothing)")


def sweep(mark: str) -> int:
    """Kill every process whose environment says STOCKPOT_STACK=`mark`, this one apart, and give their number.

    It finds grandchildren that left their process group, and what a killed supervisor could not stop.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get("STOCKPOT_STACK") == mark:
                found.append(process)
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(found, timeout=5)
    return len(found)
