"""The worker: everything that happens after a transaction, in loops that survive what they depend on.

`python -m api.worker` relays the outbox to its consumers (alerts, draft orders, messages), sends mail, seals the
audit trail, takes snapshots of stock, reconciles it daily, deletes old exports and keeps house. A loop that fails
waits, a little longer each time, and comes again; one bad event never stops its loop (see `api.outbox.consumers`).
SIGTERM and SIGINT end it after the step at hand. A file under STOCKPOT_HOME says that it is alive:
`python -m api.worker --check` exits 0 while every loop has gone round within its patience.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

import psycopg
import structlog

import api.schema  # noqa: F401  # string references between rooms resolve only when every model is known
from api.alerts import announcing, evaluation
from api.alerts.pipeline import service as pipeline
from api.audit.sealer import seal
from api.config import Settings, get_settings
from api.core.database import forget_engine, transaction
from api.core.logs import configure_logs
from api.core.upkeep import forget_idempotency_keys
from api.files.store import get_store
from api.identity.upkeep import forget_ended_sessions
from api.imports.repository import forget_imports
from api.inventory.adjustments import announcing as approvals
from api.inventory.adjustments.deciding import expire_overdue
from api.inventory.transfers import announcing as deliveries
from api.ledger.partitions import ensure_partitions, report_partitions
from api.ledger.reconcile import is_reconciled, keep_report, reconcile
from api.ledger.snapshots import is_held_up, make_next
from api.menu.prices import follow_prices
from api.notifications import reporting
from api.notifications.delivery import deliver_once
from api.notifications.mail import Sender
from api.notifications.transport import open_mailer
from api.outbox.consumers import Consumer
from api.outbox.dead_letters import redrive
from api.outbox.queue import open_queue, receive_once, send_once
from api.outbox.relay import relay_once
from api.outbox.repository import forget
from api.purchasing import mailing
from api.purchasing.repository import contact_address
from api.reports.retention import delete_expired
from api.scans import replaying

POLL_SECONDS = 0.15
MAIL_SECONDS = 0.2
AUDIT_SECONDS = 1.0
SNAPSHOT_SECONDS = 60
REPLAY_SECONDS = 20.0
UPKEEP_SECONDS = 3600
UNHURRIED = (
    "upkeep",
    "partitions",
    "snapshots",
    "reconciliation",
    "exports",
)  # they rest or work for longer than the patience
LONGEST_WAIT = 5.0
PATIENCE_SECONDS = 60.0
KEEP = timedelta(days=30)

CONSUMERS: tuple[Consumer, ...] = (
    Consumer("alerts.evaluate", evaluation.TYPES, evaluation.consume),
    Consumer("alerts.announce", announcing.TYPES, announcing.consume),
    Consumer("alerts.pipeline", pipeline.TYPES, pipeline.consume),
    Consumer("inventory.approvals", approvals.TYPES, approvals.consume),
    Consumer("inventory.deliveries", deliveries.TYPES, deliveries.consume),
    Consumer("purchasing.mail", mailing.TYPES, mailing.consume),
    Consumer("scans.replay", replaying.TYPES, replaying.consume),
    Consumer("notifications.reports", reporting.TYPES, reporting.consume),
)

log = structlog.get_logger(__name__)


@dataclass
class Loop:
    """One step, again and again: at once while there is work, after `idle_seconds` when there is none."""

    name: str
    step: Callable[[], int]
    idle_seconds: float = POLL_SECONDS
    last_round: float = field(default_factory=time.monotonic)
    failures: int = 0

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; returns after the step at hand."""
        while not stop.is_set():
            stop.wait(self.go_round())

    def go_round(self) -> float:
        """One step; the seconds to wait before the next."""
        try:
            done = self.step()
        except Exception as error:  # noqa: BLE001  # the process's edge: whatever it was, the loop comes again
            self.failures += 1
            wait: float = min(LONGEST_WAIT, 0.25 * 2.0 ** min(self.failures, 10))
            log.warning("loop_failed", loop=self.name, failures=self.failures, wait=wait, error=repr(error)[:500])
            return wait
        if self.failures:
            log.info("loop_recovered", loop=self.name, failures=self.failures)
        self.failures = 0
        self.last_round = time.monotonic()
        return 0.0 if done else self.idle_seconds


class Worker:
    """The loops of one process."""

    def __init__(self, loops: Sequence[Loop], heartbeat: Path) -> None:
        self.loops = loops
        self.heartbeat = heartbeat
        self.stop = threading.Event()

    def run(self) -> None:
        """Run every loop on a thread of its own until somebody asks to stop; the last beat says so."""
        threads = [threading.Thread(target=loop.run, args=(self.stop,), name=loop.name) for loop in self.loops]
        for thread in threads:
            thread.start()
        log.info("worker_started", loops=[loop.name for loop in self.loops])
        while not self.stop.wait(1.0):
            self.beat()
        for thread in threads:
            thread.join(timeout=30)
        self.heartbeat.unlink(missing_ok=True)
        log.info("worker_stopped")

    def beat(self) -> None:
        """Say which loops went round how many seconds ago; a full disk must not stop the work."""
        now = time.monotonic()
        ages = {loop.name: round(now - loop.last_round, 1) for loop in self.loops}
        text = json.dumps({"at": datetime.now(UTC).isoformat(), "pid": os.getpid(), "seconds_since_round": ages})
        partial = self.heartbeat.with_suffix(".partial")
        try:
            self.heartbeat.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(text)
            partial.replace(self.heartbeat)
        except OSError as error:
            log.warning("heartbeat_not_written", error=str(error))


def make_loops(settings: Settings) -> list[Loop]:
    """The loops that the settings ask for: with a queue, sending to it and receiving from it are two."""
    loops = [
        Loop("mail", lambda: send_mail(settings), MAIL_SECONDS),
        Loop("audit", seal_audit, AUDIT_SECONDS),
        Loop("replay", catch_up_scans, REPLAY_SECONDS),
        Loop("upkeep", keep_house, UPKEEP_SECONDS),
        Loop("partitions", prepare_partitions, UPKEEP_SECONDS),
        Loop("snapshots", snapshot_stock, SNAPSHOT_SECONDS),
        Loop("reconciliation", lambda: reconcile_daily(settings), UPKEEP_SECONDS),
        Loop("exports", delete_old_exports, UPKEEP_SECONDS),
    ]
    if settings.events_queue_url is None:
        return [Loop("relay", lambda: relay_once(CONSUMERS)), *loops]
    queue = open_queue(settings.events_queue_url, settings.s3_region)
    receive = Loop("receive", lambda: receive_once(queue, CONSUMERS))
    return [Loop("send", lambda: send_once(queue)), receive, *loops]


def send_mail(settings: Settings) -> int:
    """Send one due mail."""
    store = get_store()
    sender = Sender(
        settings.mail_from,
        settings.stockpot_public_url,
        lambda key: store.link(key, seconds=reporting.LINK_SECONDS),
        reporting.LINK_SECONDS,
    )
    return deliver_once(open_mailer(settings), sender, contact_address)


def catch_up_scans() -> int:
    """Post scans whose codes were linked in bulk; what fails waits for the next round, so never more work at once."""
    replaying.catch_up()
    return 0


def seal_audit() -> int:
    """Seal what was recorded into the chain."""
    with transaction() as session:
        return seal(session)


def keep_house() -> int:
    """Let menu prices noted ahead take effect and forget what nobody can ask for any more; never more work at once."""
    before = datetime.now(UTC) - KEEP
    with transaction() as session:
        follow_prices(session)
    with transaction() as session:
        expired = expire_overdue(session)
    with transaction() as session:
        events = forget(session, before)
        keys = forget_idempotency_keys(session, before)
        sessions = forget_ended_sessions(session, before)
        imports = forget_imports(session, before)
    log.info("house_kept", events=events, keys=keys, sessions=sessions, imports=imports, expired=expired)
    return 0


def prepare_partitions() -> int:
    """Make the ledger's partitions of the months to come, and say when one is missing or rows stand outside of them."""
    try:
        with transaction() as session:
            ensure_partitions(session)
    finally:
        with transaction() as session:
            report_partitions(session)
    return 0


def snapshot_stock() -> int:
    """Make the snapshot of one day that is over and settled."""
    with transaction() as session:
        day_end = make_next(session)
    if day_end is not None:
        log.info("snapshot_made", day_end=day_end.isoformat())
        return 1
    with transaction() as session:
        if is_held_up(session):
            log.warning("snapshots_held_up", why="a transaction has been running for hours")
    return 0


def delete_old_exports() -> int:
    """Take exports away that their reports keep no longer; at once again while there are more."""
    with transaction() as session:
        deleted = delete_expired(session, get_store())
    if deleted:
        log.info("exports_deleted", exports=deleted)
    return deleted


def reconcile_daily(settings: Settings) -> int:
    """Once a day (UTC) compare every balance with its rows, keep the report, and raise the alarm where one differs."""
    today = datetime.now(UTC).date()
    with transaction() as session:
        if is_reconciled(session, today):
            return 0
    with psycopg.connect(settings.database_url) as connection:
        report = reconcile(connection)
    with transaction() as session:
        keep_report(session, today, report)
    if report.ok:
        log.info("ledger_reconciled", items=report.items, movements=report.movements)
    else:
        first = [f"{each.location} {each.sku} {each.figure}" for each in report.differences[:5]]
        count = len(report.differences)
        log.error("ledger_differs", differences=count, events_missing=len(report.events_missing), first=first)
    return 0


def heartbeat_path(settings: Settings) -> Path:
    """Where the worker says that it is alive."""
    return settings.stockpot_home / "run" / "worker.json"


def is_alive(path: Path, now: datetime) -> bool:
    """Whether the heartbeat is fresh and every loop went round within its patience; some rest for an hour."""
    try:
        beat = json.loads(path.read_text())
        age = (now - datetime.fromisoformat(beat["at"])).total_seconds()
        rounds = {name: float(seconds) for name, seconds in beat["seconds_since_round"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    timely = [seconds for name, seconds in rounds.items() if name not in UNHURRIED]
    return age < PATIENCE_SECONDS and all(seconds < PATIENCE_SECONDS for seconds in timely)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until stopped, or answer `--check`, or do `--redrive`."""
    parser = argparse.ArgumentParser(prog="python -m api.worker", description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 0 while a worker of this home is alive, else 1")
    parser.add_argument("--redrive", action="store_true", help="send every dead letter again, say how many, and exit")
    asked, settings = parser.parse_args(arguments), get_settings()
    if asked.check:
        return 0 if is_alive(heartbeat_path(settings), datetime.now(UTC)) else 1
    if asked.redrive:
        with transaction() as session:
            sys.stdout.write(f"{redrive(session)} dead letters were sent again\n")
        return 0
    configure_logs(settings.log_level)
    worker = Worker(make_loops(settings), heartbeat_path(settings))

    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.stop.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    worker.run()
    forget_engine()
    return 0


if __name__ == "__main__":
    sys.exit(main())
