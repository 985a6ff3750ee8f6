"""Loops that fail, wait and come again; the heartbeat and what it says."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.config import Settings
from api.core.database import forget_engine, transaction
from api.domain.ids import uuid7
from api.outbox.events import Event
from api.outbox.models import OutboxEvent
from api.outbox.repository import bury
from api.worker import LONGEST_WAIT, Loop, Worker, heartbeat_path, is_alive, main


class TestLoop:
    def test_work_is_followed_at_once_by_more(self):
        assert Loop("x", lambda: 3, idle_seconds=0.5).go_round() == 0
        assert Loop("x", lambda: 0, idle_seconds=0.5).go_round() == 0.5

    def test_failures_wait_longer_each_time_but_not_for_ever(self):
        def fail() -> int:
            raise ConnectionError("the database restarts")

        loop = Loop("x", fail)
        waits = [loop.go_round() for _ in range(12)]
        assert waits == sorted(waits)
        assert waits[0] < 1
        assert waits[-1] == LONGEST_WAIT

    def test_it_recovers(self):
        steps = iter([OSError(), OSError(), 1])

        def step() -> int:
            found = next(steps)
            if isinstance(found, OSError):
                raise found
            return found

        loop = Loop("x", step)
        assert [loop.go_round() > 0 for _ in range(3)] == [True, True, False]
        assert loop.failures == 0


class TestWorker:
    def test_runs_until_asked_to_stop_and_leaves_no_heartbeat(self, tmp_path: Path):
        rounds = threading.Event()

        def step() -> int:
            rounds.set()
            return 0

        worker = Worker([Loop("x", step, 0.01)], tmp_path / "run" / "worker.json")
        thread = threading.Thread(target=worker.run)
        thread.start()
        assert rounds.wait(5)
        deadline = time.monotonic() + 5
        while not worker.heartbeat.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert is_alive(worker.heartbeat, datetime.now(UTC))
        worker.stop.set()
        thread.join(5)
        assert not thread.is_alive()
        assert not worker.heartbeat.exists()


class TestIsAlive:
    def write(self, path: Path, *, age: float = 0, **rounds: float) -> Path:
        at = datetime.now(UTC) - timedelta(seconds=age)
        path.write_text(json.dumps({"at": at.isoformat(), "seconds_since_round": rounds}))
        return path

    def test_fresh_and_all_loops_going_round(self, tmp_path: Path):
        path = self.write(tmp_path / "w", relay=0.1, mail=2.0, upkeep=3000.0)
        assert is_alive(path, datetime.now(UTC))

    def test_a_loop_that_hangs_or_an_old_beat_is_not_alive(self, tmp_path: Path):
        assert not is_alive(self.write(tmp_path / "a", relay=120.0), datetime.now(UTC))
        assert not is_alive(self.write(tmp_path / "b", age=120, relay=0.1), datetime.now(UTC))

    def test_no_or_unreadable_beat_is_not_alive(self, tmp_path: Path):
        assert not is_alive(tmp_path / "none", datetime.now(UTC))
        (tmp_path / "broken").write_text("[]")
        assert not is_alive(tmp_path / "broken", datetime.now(UTC))

    def test_the_command_says_so(self, settings: Settings):
        assert main(["--check"]) == 1
        heartbeat_path(settings).parent.mkdir(parents=True)
        self.write(heartbeat_path(settings), relay=0.1)
        assert main(["--check"]) == 0


class TestRedrive:
    def test_the_command_says_how_many(self, settings: Settings, capsys: pytest.CaptureFixture[str]):
        forget_engine()
        event_id = uuid7()
        with transaction() as session:
            bury(session, Event(event_id, "nothing.heard.v1", None, {}), "nobody", "a bug", 5)
        assert main(["--redrive"]) == 0
        assert "dead letters were sent again" in capsys.readouterr().out
        with transaction() as session:
            assert session.get_one(OutboxEvent, event_id).published_at is None
        assert main(["--redrive"]) == 0
        assert capsys.readouterr().out.startswith("0 ")
        forget_engine()
