"""A slice of the demo loaded into a live service, interrupted and taken up again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest

from infra.demo import sales
from infra.demo.history import History
from infra.demo.load import load
from infra.demo.restaurant import TIME_ZONE
from infra.local.processes import LOOPBACK, free_port, wait_until
from infra.local.services import serving
from tests.conftest import ROOT, Database, environment_for

ADMIN = ("admin@stockpot.example", "a-password-of-the-test")
DAYS = 9


@pytest.fixture
def service(fresh_database: Database, redis_url: str, key_folder: Path, tmp_path: Path) -> Iterator[str]:
    """`uvicorn` on a database of its own, with an administrator."""
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    environment = {**os.environ, **environment_for(fresh_database, redis_url, tmp_path, key_folder)}
    _create_admin(environment)
    process = subprocess.Popen(serving(port, 1), cwd=ROOT, env=environment)
    try:
        assert wait_until(lambda: _answers(url), 60)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False


def _create_admin(environment: dict[str, str]) -> None:
    program = (
        "import sys; import api.schema; from api.core.database import transaction; from api.identity import bootstrap\n"
        "from api.reports.bootstrap import ensure_builtin_reports\n"
        "with transaction() as session:\n"
        "    bootstrap.ensure_builtin_roles(session)\n"
        "    ensure_builtin_reports(session)\n"
        "    bootstrap.create_user(session, email=sys.argv[1], name='Admin', password=sys.argv[2], role='admin')\n"
    )
    subprocess.run([sys.executable, "-c", program, *ADMIN], cwd=ROOT, env=environment, check=True)


class Interrupted(Exception):
    """Stands for a Ctrl-C in the middle of the load."""


def read(database: Database, query: str) -> list[tuple]:
    with psycopg.connect(database.owner_url) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.slow
@pytest.mark.timeout(600)
class TestLoad:
    def test_a_load_that_was_interrupted_goes_on_and_a_second_adds_nothing(
        self, service, fresh_database, tmp_path, monkeypatch
    ):
        home, said = tmp_path / "home", []
        calls = iter(range(1000))
        deplete = History._deplete

        def interrupted(self, act):
            if next(calls) == 4:
                raise Interrupted
            deplete(self, act)

        monkeypatch.setattr(History, "_deplete", interrupted)
        with pytest.raises(Interrupted):
            load(service, *ADMIN, home, said.append, days=DAYS)
        monkeypatch.setattr(History, "_deplete", deplete)
        figures = load(service, *ADMIN, home, said.append, days=DAYS)
        self._holds(fresh_database, figures)
        self._logins(service, home)
        self._papers(fresh_database, home)
        assert any("menu items" in sentence for sentence in said)
        before = self._counts(fresh_database)
        assert load(service, *ADMIN, home, said.append, days=DAYS) == figures
        assert self._counts(fresh_database) == before

    @staticmethod
    def _papers(database, home):
        """Suppliers' lists are dropped, and an invoice names an order by the number that the service gave it."""
        dropped = {path.relative_to(home / "drop").as_posix() for path in (home / "drop").rglob("*") if path.is_file()}
        assert {"supplier_catalogs/HUDSON/hudson-prices.csv", "invoices/BIANCHI/fattura.xml"} <= dropped
        text = (home / "drop" / "invoices" / "BIANCHI" / "fattura.xml").read_text(encoding="utf-8")
        numbers = read(database, "select number from purchase_orders")
        assert any(f"<cac:OrderReference><cbc:ID>{number}</cbc:ID>" in text for (number,) in numbers)

    @staticmethod
    def _counts(database):
        return read(
            database,
            """select (select count(*) from stock_movements), (select count(*) from purchase_orders),
                      (select count(*) from supplier_product_prices), (select count(*) from recipes),
                      (select count(*) from users), (select sum(version) from inventory_items)""",
        )

    @staticmethod
    def _holds(database, figures):
        """Every day is depleted once, balances follow from movements, and few items stand below their point."""
        days = sales.by_day(datetime.now(ZoneInfo(TIME_ZONE)).date(), DAYS)
        assert (figures["menu_items"], figures["units"]) == (91, sum(pizzas.total() for pizzas in days.values()))
        assert read(database, "select count(*), max(revision) from depletions") == [(len(days), 1)]
        unbalanced = """
            select i.id from inventory_items i left join stock_movements m on i.id in (m.from_item_id, m.to_item_id)
            group by i.id
            having i.on_hand <> coalesce(sum(case when m.to_item_id = i.id then m.quantity else -m.quantity end), 0)"""
        assert read(database, unbalanced) == []
        below = (
            "select p.sku from inventory_items i join products p on p.id = i.product_id where on_hand <= reorder_point"
        )
        assert sorted(read(database, below)) == [("CAPERS",), ("CORN",)]
        close = """select on_hand - reorder_point from inventory_items i join products p on p.id = i.product_id
                   join locations l on l.id = i.location_id where p.sku = 'MOZZARELLA' and l.code = 'RIV'"""
        [(above,)] = read(database, close)
        assert 0 < above <= 2000
        statuses = dict(read(database, "select status, count(*) from purchase_orders group by status"))
        assert statuses["draft"] == 1
        assert statuses["sent"] >= 1
        assert read(database, "select count(*) from report_definitions where cardinality(recipients) <> 1") == [(0,)]

    @staticmethod
    def _logins(service, home):
        """Four people can sign in; the operator sees one location."""
        path = home / "demo-logins.json"
        assert path.stat().st_mode & 0o777 == 0o600
        logins = json.loads(path.read_text())
        assert set(logins) == {"admin", "manager", "operator", "analyst"}
        users = {
            role: httpx.post(f"{service}/api/auth/login", json=login).json()["user"] for role, login in logins.items()
        }
        assert [len(users[role]["locations"] or []) for role in ("operator", "manager")] == [1, 0]
