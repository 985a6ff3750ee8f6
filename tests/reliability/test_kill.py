"""API, worker and PostgreSQL are killed while clients scan with retries: nothing acknowledged is lost, nothing doubled.

The real local stack runs under its supervisor in a home of its own. Each client makes a scan's id once and sends it until
it is answered; an unanswered one may or may not have been posted. (Row 2 of the safety list: under `make soak` with 200
kills of the API, 20 of PostgreSQL and 32 clients, until 20,000 scans are answered. The API has three workers then, as
in a larger installation: three kills of four hit one of them, the fourth the whole service.)
"""

from __future__ import annotations

import contextlib
import random
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import httpx
import psutil
import psycopg
import pytest
from argon2 import PasswordHasher

from api.domain.ids import uuid7
from infra.local.environment import Environment
from infra.local.home import Home
from infra.local.processes import free_port
from infra.local.stack import Stack, held
from infra.local.supervisor import kill_group
from tests.api.ledger.support import Kitchen, assert_invariants, make_kitchen
from tests.conftest import UNSET
from tests.reliability.sizes import size

VICTIMS = ["api"] * size(4, 200) + ["worker"] * size(6, 20) + ["postgres"] * size(10, 20)
KILLS = len(VICTIMS)
CLIENTS = size(6, 32)
SCANS = size(KILLS * CLIENTS, 20_000)
API_WORKERS = size(1, 3)
PASSWORD = "correct horse battery staple"


@dataclass
class Running:
    """A supervised stack: killing is done here, reviving by the supervisor in its thread."""

    environment: Environment
    stack: Stack
    kitchen: Kitchen

    @property
    def api(self) -> str:
        return self.environment.variables["STOCKPOT_API_URL"]

    @property
    def url(self) -> str:
        return self.environment.variables["DATABASE_URL"]

    def kill(self, name: str, chance: random.Random) -> str:
        """SIGKILL a service, once it is there: all of it, or one of the API's workers or of PostgreSQL's backends.

        A backend that ends so throws everybody out. Gives what was killed.
        """
        process = self._alive(name)
        if name == "api" and API_WORKERS > 1 and chance.random() < 0.75:
            self._kill_worker_of(process, chance)
            return "one of the API's workers"
        if name != "postgres":
            kill_group(process.pid)
            return f"all of {name}"
        backends = [child for child in process.children() if "stockpot_app" in " ".join(child.cmdline())]
        if backends and chance.random() < 0.5:
            chance.choice(backends).kill()
            return "a PostgreSQL backend"
        process.kill()  # its backends notice by themselves
        return "all of PostgreSQL"

    def _kill_worker_of(self, api: psutil.Process, chance: random.Random) -> None:
        """One of the processes that serve; it waits for them where they are only just being started."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(psutil.NoSuchProcess):
                if serving := api.children():
                    chance.choice(serving).kill()
                    return
            time.sleep(0.05)
        raise AssertionError("the API has no workers")

    def _alive(self, name: str) -> psutil.Process:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(self.stack.supervisor.pids()[name])
                if process.status() != psutil.STATUS_ZOMBIE:
                    return process
            time.sleep(0.05)
        raise AssertionError(f"{name} did not come back")


@pytest.fixture
def home() -> Iterator[Home]:
    """A home that PostgreSQL's own user can reach."""
    path = Path(tempfile.mkdtemp(prefix="stockpot-kill-", dir="/tmp"))
    path.chmod(0o755)
    yield Home(path)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def running(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """PostgreSQL, Redis, API and worker, migrated, with a kitchen and somebody who may scan in it."""
    for name in (*UNSET, "DATABASE_URL", "REDIS_URL", "STOCKPOT_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STOCKPOT_API_WORKERS", str(API_WORKERS))
    explicit = {"STOCKPOT_API_PORT": str(free_port()), "LOG_LEVEL": "WARNING"}
    with held(home):
        stack = Stack(home, lambda _: None, explicit)
        over = threading.Event()
        ready = threading.Event()
        box: list[Running] = []

        # A child is bound to the thread that started it: one thread starts, revives and stops them all.
        def supervise() -> None:
            try:
                stack.start_databases()
                stack.migrate()
                kitchen = _restaurant(stack.environment)
                stack.start_applications(without=("dashboards", "dagster"))
                box.append(Running(stack.environment, stack, kitchen))
                ready.set()
                stack.supervisor.keep(over.is_set)
            finally:
                ready.set()
                stack.stop()

        thread = threading.Thread(target=supervise)
        thread.start()
        ready.wait(120)
        try:
            assert box, "the stack did not start"
            yield box[0]
        finally:
            over.set()
            thread.join(60)


def _restaurant(environment: Environment) -> Kitchen:
    kitchen = make_kitchen(environment.variables["DATABASE_URL"], products=3)
    with psycopg.connect(environment.variables["DATABASE_URL"]) as connection:
        connection.execute(
            "with role as (insert into roles (name, scopes) values ('scanner', '{inventory.scan}') returning id),"
            " person as (insert into users (email, name, password_hash) values ('cook@example.com', 'Cook', %s) returning id)"
            " insert into role_grants (user_id, role_id) select person.id, role.id from person, role",
            [PasswordHasher().hash(PASSWORD)],
        )
    return kitchen


@dataclass
class Log:
    """What a client saw: answered scans with their quantity, and those it gave up on."""

    acknowledged: dict[str, int] = field(default_factory=dict)
    unanswered: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    waits: list[tuple[str, float]] = field(default_factory=list)


class Session:
    """One person's token for all their devices here: each signing in anew would meet the limit on logins."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.token = ""

    def signed_in(self, client: httpx.Client) -> str:
        """The token, fetched where there is none; `LoginRefused` says why there still is none."""
        with self.lock:
            if not self.token:
                reply = client.post("/api/auth/login", json={"email": "cook@example.com", "password": PASSWORD})
                if reply.status_code != 200:
                    raise LoginRefused(f"login: {reply.status_code} {reply.text[:200]}")
                self.token = reply.json()["access_token"]
            return self.token

    def forget(self, token: str) -> None:
        """It was refused: the next to ask signs in again."""
        with self.lock:
            if self.token == token:
                self.token = ""


class LoginRefused(Exception):
    """There is no token to be had just now."""


class Client(threading.Thread):
    """Scans and retries as the page does: same id, until it is answered."""

    def __init__(self, running: Running, person: Session, over: threading.Event, seed: int) -> None:
        super().__init__()
        self.running, self.person, self.over = running, person, over
        self.chance = random.Random(seed)
        self.log = Log()
        self.session = httpx.Client(base_url=running.api, timeout=5, trust_env=False)
        self.last = ""

    def run(self) -> None:
        with self.session:
            while not self.over.is_set():
                self.scan()

    def scan(self) -> None:
        kitchen = self.running.kitchen
        quantity = self.chance.randint(1, 9)
        scan = {
            "id": str(uuid7()),
            "code": self.chance.choice(kitchen.codes),
            "location_id": str(kitchen.location_id),
            "action": self.chance.choice(["receive", "issue", "waste"]),
            "quantity": str(quantity),
            "unit": "g",
            "occurred_at": "2026-11-20T12:00:00Z",
        }
        self.log.unanswered[scan["id"]] = quantity
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not self.sent(scan, quantity):
            time.sleep(0.05)

    def sent(self, scan: dict[str, str], quantity: int) -> bool:
        try:
            token = self.person.signed_in(self.session)
            reply = self.session.post(
                "/api/scans", json={"scans": [scan]}, headers={"Authorization": f"Bearer {token}"}
            )
        except (httpx.HTTPError, LoginRefused) as error:
            self.last = repr(error)
            return False
        self.last = f"{reply.status_code} {reply.text[:200]}"
        if reply.status_code == 401:
            self.person.forget(token)
        if reply.status_code != 200:
            return False
        (result,) = reply.json()["results"]
        if result["status"] in {"posted", "duplicate"}:
            self.log.acknowledged[scan["id"]] = quantity
            del self.log.unanswered[scan["id"]]
        else:
            self.log.refused.append(reply.text)
        return True


@pytest.mark.reliability
@pytest.mark.slow
class TestKilled:
    def test_no_kill_loses_an_acknowledged_scan_or_doubles_one(self, running: Running):
        seed = secrets.randbelow(10**6)
        log = scan_while_killing(running, seed)
        message = f"seed {seed}"
        assert log.refused == [], message
        assert len(log.acknowledged) >= SCANS, f"{message}: the clients were hardly served"
        with psycopg.connect(running.url) as connection:
            rows = connection.execute("select id::text, quantity from stock_movements").fetchall()
        stored = {scan: int(quantity) for scan, quantity in rows}
        assert {scan: stored.get(scan) for scan in log.acknowledged} == log.acknowledged, message
        assert set(stored) <= set(log.acknowledged) | set(log.unanswered), message
        assert_invariants(running.url)
        say(len(stored), log.waits)


def say(scans: int, waits: list[tuple[str, float]]) -> None:
    """The figures of a run; `-s` shows them."""
    print(f"{KILLS} kills, {scans} scans; served again after:")  # noqa: T201
    for victim in sorted({victim for victim, _ in waits}):
        seconds = sorted(seconds for killed, seconds in waits if killed == victim)
        print(f"{victim}, {len(seconds)}: {median(seconds):.1f} s (median), {seconds[-1]:.1f} s (longest)")  # noqa: T201


def scan_while_killing(running: Running, seed: int) -> Log:
    """Kill random services while the clients scan, and give what they saw together, with the waits until all were served."""
    chance = random.Random(seed)
    over = threading.Event()
    person = Session()
    clients = [Client(running, person, over, seed + number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        _wait_until_served(clients)
        waits: list[tuple[str, float]] = []
        for victim in chance.sample(VICTIMS, len(VICTIMS)):
            time.sleep(chance.uniform(0, 0.4))
            killed = running.kill(victim, chance)
            waits.append((killed, _wait_until_served(clients)))
        while sum(len(client.log.acknowledged) for client in clients) < SCANS:
            _wait_until_served(clients)
    finally:
        over.set()
        for client in clients:
            client.join(60)
    return Log(
        acknowledged={scan: quantity for client in clients for scan, quantity in client.log.acknowledged.items()},
        unanswered={scan: quantity for client in clients for scan, quantity in client.log.unanswered.items()},
        refused=[text for client in clients for text in client.log.refused],
        waits=waits,
    )


def _wait_until_served(clients: list[Client]) -> float:
    """Until some scans more were answered than a moment ago, and after how many seconds: whoever was killed is back."""
    before = sum(len(client.log.acknowledged) for client in clients)
    started_at = time.monotonic()
    deadline = started_at + 180  # a busy machine starts slowly; what is judged is that it comes back
    while sum(len(client.log.acknowledged) for client in clients) < before + CLIENTS:
        assert time.monotonic() < deadline, f"the service did not come back: {[c.last for c in clients]}"
        time.sleep(0.05)
    return time.monotonic() - started_at
