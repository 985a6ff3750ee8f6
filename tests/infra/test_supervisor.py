"""Children come back when they die, and nothing is left when the supervisor stops or is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from infra.local.errors import CannotRunError
from infra.local.processes import LOOPBACK, answers_tcp, free_port, wait_until
from infra.local.supervisor import Service, Supervisor, answers_http, last_words, rotate, sweep

ROOT = Path(__file__).parents[2]
SLEEP = "import time; time.sleep(600)"


def script(name: str, text: str, folder: Path, **more) -> Service:
    """A service that runs a line of Python, marked as belonging to `folder`."""
    return Service(name, [sys.executable, "-c", text], {**os.environ, "STOCKPOT_STACK": str(folder)}, folder, **more)


def web(folder: Path, port: int) -> Service:
    return script(
        "web",
        f"import http.server as h; h.HTTPServer(('{LOOPBACK}', {port}), h.SimpleHTTPRequestHandler).serve_forever()",
        folder,
        is_ready=answers_http(f"http://{LOOPBACK}:{port}/"),
        port=port,
        port_variable="STOCKPOT_API_PORT",
    )


@pytest.fixture
def reports() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, reports: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path, reports.append)
    yield supervisor
    supervisor.stop()
    sweep(str(tmp_path))


class TestStart:
    def test_it_returns_when_the_service_answers(self, supervisor, tmp_path):
        port = free_port()
        supervisor.start([web(tmp_path, port)])
        assert answers_tcp(port)

    def test_a_taken_port_is_named_with_the_variable_that_moves_it(self, supervisor, tmp_path):
        with socket.socket() as squatter:
            squatter.bind((LOOPBACK, 0))
            squatter.listen()
            port = squatter.getsockname()[1]
            with pytest.raises(CannotRunError, match=rf"port {port}, which web wants, is taken.*STOCKPOT_API_PORT"):
                supervisor.start([web(tmp_path, port)])

    def test_a_service_that_ends_at_once_is_named_with_its_last_words(self, supervisor, tmp_path):
        broken = script("broken", "raise SystemExit('no such table')", tmp_path, is_ready=lambda: False)
        with pytest.raises(CannotRunError, match=r"broken ended with 1; .*no such table"):
            supervisor.start([broken])

    def test_a_service_that_never_answers_is_given_up_after_its_time(self, supervisor, tmp_path):
        silent = script("silent", SLEEP, tmp_path, is_ready=lambda: False, start_seconds=0.3)
        with pytest.raises(CannotRunError, match="silent did not answer in time"):
            supervisor.start([silent])


class TestRestart:
    def test_a_killed_service_comes_back_and_answers(self, supervisor, tmp_path, reports):
        port = free_port()
        supervisor.start([web(tmp_path, port)])
        killed = supervisor.pids()["web"]
        os.kill(killed, signal.SIGKILL)
        assert wait_until(lambda: not answers_tcp(port), 5)
        deadline = time.monotonic() + 10
        supervisor.keep(lambda: answers_tcp(port) or time.monotonic() > deadline)
        assert answers_tcp(port)
        assert supervisor.pids()["web"] != killed
        assert "web ended (-9)" in reports[0]

    def test_a_service_that_keeps_dying_waits_longer_each_time(self, supervisor, tmp_path, reports):
        supervisor.start([script("hasty", "import time; time.sleep(0.3)", tmp_path)])
        deadline = time.monotonic() + 20
        supervisor.keep(lambda: len(reports) == 3 or time.monotonic() > deadline)
        waits = [text.split("again in ")[1].split(" s")[0] for text in reports]
        assert waits == ["0.1", "0.5", "1"]

    def test_a_service_killed_while_it_starts_comes_back(self, supervisor, tmp_path):
        text = (
            "import os, pathlib, time\n"
            f"marks = pathlib.Path({str(tmp_path)!r}, 'marks')\n"
            "marks.exists() or (marks.touch(), os.kill(os.getpid(), 9))\n"
            "marks.write_text('second')\n"
            "time.sleep(600)"
        )
        marks = tmp_path / "marks"
        ready = lambda: marks.exists() and marks.read_text() == "second"  # noqa: E731
        supervisor.start([script("unlucky", text, tmp_path, is_ready=ready)])
        assert supervisor.running["unlucky"].is_alive


class TestStop:
    def test_services_stop_in_reverse_order(self, tmp_path, reports):
        order = tmp_path / "order"
        text = (
            "import signal, sys, time\n"
            f"signal.signal(15, lambda *_: (open({str(order)!r}, 'a').write(sys.argv[1]), sys.exit()))\n"
            f"open({str(tmp_path)!r} + '/ready-' + sys.argv[1], 'w')\n"
            "time.sleep(600)"
        )
        supervisor = Supervisor(tmp_path, reports.append)
        for name in ("a", "b"):
            command = [sys.executable, "-c", text, name]
            ready = (tmp_path / f"ready-{name}").exists
            supervisor.start([Service(name, command, os.environ, tmp_path, is_ready=ready)])
        supervisor.stop()
        assert order.read_text() == "ba"

    def test_a_service_hears_what_its_parent_ignores(self, supervisor, tmp_path, reports):
        before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            port = free_port()
            supervisor.start([web(tmp_path, port)])
            supervisor.stop()
        finally:
            signal.signal(signal.SIGTERM, before)
        assert reports == []

    def test_a_deaf_service_is_killed(self, tmp_path, reports):
        text = f"import signal, time; signal.signal(15, signal.SIG_IGN); open({str(tmp_path)!r} + '/up', 'w'); time.sleep(600)"
        supervisor = Supervisor(tmp_path, reports.append)
        supervisor.start([script("deaf", text, tmp_path, is_ready=(tmp_path / "up").exists, stop_seconds=0.3)])
        pid = supervisor.pids()["deaf"]
        supervisor.stop()
        assert not psutil.pid_exists(pid)
        assert reports == ["deaf did not stop in 0.3 s and is killed"]

    def test_grandchildren_in_sessions_of_their_own_are_swept(self, tmp_path, reports):
        text = (
            "import pathlib, subprocess, sys, time\n"
            f"child = subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True)\n"
            f"pathlib.Path({str(tmp_path)!r}, 'pid').write_text(str(child.pid))\n"
            "time.sleep(600)"
        )
        supervisor = Supervisor(tmp_path, reports.append)
        pid_file = tmp_path / "pid"
        supervisor.start(
            [script("parent", text, tmp_path, is_ready=lambda: pid_file.exists() and pid_file.read_text())]
        )
        grandchild = psutil.Process(int(pid_file.read_text()))
        supervisor.stop()
        assert grandchild.is_running()
        assert sweep(str(tmp_path)) == 1
        assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
    def test_children_of_a_killed_supervisor_end(self, tmp_path):
        text = (
            "import os, pathlib, time\n"
            "from infra.local.supervisor import Service, Supervisor\n"
            f"folder = pathlib.Path({str(tmp_path)!r})\n"
            "supervisor = Supervisor(folder, print)\n"
            f"supervisor.start([Service('child', ['sleep', '600'], os.environ, folder)])\n"
            "print(supervisor.pids()['child'], flush=True)\n"
            "time.sleep(600)"
        )
        parent = subprocess.Popen([sys.executable, "-c", text], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
        parent.stdout.close()
        gone, _ = psutil.wait_procs([child], timeout=30)
        assert gone == [child]


class TestLogs:
    def test_the_logs_of_the_last_three_starts_are_kept(self, tmp_path):
        log = tmp_path / "api.log"
        for start in range(6):
            rotate(log)
            log.write_text(f"start {start}")
        kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
        assert kept == {
            "api.log": "start 5",
            "api.1.log": "start 4",
            "api.2.log": "start 3",
            "api.3.log": "start 2",
        }

    def test_the_last_words_are_the_last_line_that_says_anything(self, tmp_path):
        log = tmp_path / "api.log"
        log.write_text("first\nlast\n\n  \n")
        assert last_words(log) == "last"
        assert last_words(tmp_path / "missing.log") == "(nothing)"
