"""The worker as a process of its own: from a movement to a mail within two seconds, through PostgreSQL's restarts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

import api.schema  # noqa: F401
from api.worker import is_alive
from tests.api.purchasing.kitchen import Kitchen
from tests.conftest import ROOT, Database, environment_for


def wait_for(what: Callable[[], object], seconds: float) -> float:
    """The seconds until `what` is true."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - began


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def worker(fresh_database: Database, redis_url: str, key_folder: Path, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    unset = ("SMTP_URL", "S3_BUCKET", "S3_ENDPOINT_URL", "EVENTS_QUEUE_URL")
    inherited = {name: value for name, value in os.environ.items() if name not in unset}
    variables = inherited | environment_for(fresh_database, redis_url, home, key_folder)
    with (home / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.worker"], cwd=ROOT, env=variables, stdout=log, stderr=log
        )
    wait_for(lambda: is_alive(home / "run" / "worker.json", datetime.now(UTC)), 60)
    yield process
    if process.poll() is None:
        process.kill()
        process.wait()


def mails(home: Path) -> list[Path]:
    return list((home / "mail").glob("*.eml"))


class Restaurant:
    """Twelve kilos of mozzarella with a reorder point of five, and somebody who approves orders."""

    def __init__(self, database: Database) -> None:
        self.engine = create_engine(database.app_url.replace("postgresql://", "postgresql+psycopg://", 1))
        with self.session() as session:
            kitchen = Kitchen(session)
            self.location, self.product = kitchen.location(name="Riverside"), kitchen.product()
            kitchen.pack(kitchen.supplier(), self.product)
            kitchen.stock(self.product, self.location, "12000", reorder_point="5000", par_level="20000")
            kitchen.person("purchase_orders.approve", email="manager@example.com")
            session.commit()

    def session(self) -> Session:
        return Session(self.engine, expire_on_commit=False)

    def move(self, quantity: str) -> None:
        with self.session() as session:
            Kitchen(session).move(self.product, self.location, quantity)
            session.commit()

    def count(self, table: str) -> int:
        with self.session() as session:
            return session.scalar(text(f"select count(*) from {table}")) or 0


@pytest.fixture
def restaurant(worker: subprocess.Popen[bytes], fresh_database: Database) -> Iterator[Restaurant]:
    restaurant = Restaurant(fresh_database)
    wait_for(lambda: restaurant.count("outbox_events where published_at is null") == 0, 10)
    yield restaurant
    restaurant.engine.dispose()


class TestWorkerProcess:
    def test_from_the_movement_to_alert_order_and_mail_within_two_seconds(self, restaurant: Restaurant, home: Path):
        restaurant.move("-8000")
        assert wait_for(lambda: mails(home), 10) < 2.0
        assert (restaurant.count("alerts"), restaurant.count("purchase_orders"), len(mails(home))) == (1, 1, 1)

    def test_it_seals_the_audit_trail(self, restaurant: Restaurant):
        restaurant.move("-8000")
        wait_for(lambda: restaurant.count("audit_entries") > 0, 10)

    def test_sigterm_ends_it_cleanly(self, worker: subprocess.Popen[bytes], home: Path):
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(15) == 0
        assert not (home / "run" / "worker.json").exists()

    def test_it_survives_the_loss_of_every_connection(
        self, restaurant: Restaurant, worker: subprocess.Popen[bytes], fresh_database: Database, home: Path
    ):
        for _ in range(3):
            with psycopg.connect(fresh_database.admin_url, autocommit=True) as admin:
                admin.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )
            time.sleep(0.3)
        restaurant.engine.dispose()
        restaurant.move("-8000")
        wait_for(lambda: mails(home), 20)
        assert worker.poll() is None
        assert (restaurant.count("alerts"), restaurant.count("dead_letters")) == (1, 0)

    @pytest.mark.reliability
    def test_killed_in_the_middle_it_loses_and_doubles_nothing(
        self, restaurant: Restaurant, worker: subprocess.Popen[bytes], home: Path, request: pytest.FixtureRequest
    ):
        for _ in range(5):
            restaurant.move("-8000")
            restaurant.move("8000")
        restaurant.move("-8000")
        worker.kill()
        worker.wait()
        restaurant.move("-100")
        again = subprocess.Popen(
            [sys.executable, "-m", "api.worker"], cwd=ROOT, env=_environment_of(request), stderr=subprocess.DEVNULL
        )
        try:
            wait_for(lambda: restaurant.count("outbox_events where published_at is null") == 0, 60)
            assert restaurant.count("alerts where resolved_at is null") == 1
            assert restaurant.count("purchase_orders") == 1
            assert restaurant.count("dead_letters") == 0
        finally:
            again.terminate()
            again.wait(30)


def _environment_of(request: pytest.FixtureRequest) -> dict[str, str]:
    values = [request.getfixturevalue(name) for name in ("fresh_database", "redis_url", "home", "key_folder")]
    return dict(os.environ) | environment_for(*values)
