"""A restaurant with one item on the shelf, written straight into the operational tables: these tests read them only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest


@dataclass(frozen=True)
class Kitchen:
    """A location with one product on one shelf."""

    owner_url: str
    pipeline_url: str
    location_id: UUID
    product_id: UUID
    item_id: UUID

    def post(self, session: psycopg.Connection[Any], quantity: int = 1) -> UUID:
        """Receive `quantity` in the session's open transaction: a movement and its balance, as the ledger posts them."""
        row = session.execute(
            "insert into stock_movements (id, kind, to_item_id, product_id, quantity, unit, entered_quantity, entered_unit,"
            " value, currency, occurred_at, source, content) values (uuidv7(), 'receipt', %s, %s, %s, 'g', %s, 'g', 0.123456,"
            " 'GBP', now(), 'manual', '\\x00') returning id",
            [self.item_id, self.product_id, quantity, quantity],
        ).fetchone()
        session.execute("update inventory_items set on_hand = on_hand + %s where id = %s", [quantity, self.item_id])
        assert row is not None
        return row[0]

    def write(self, quantity: int = 1) -> UUID:
        """Receive `quantity` and commit."""
        with psycopg.connect(self.owner_url) as session:
            return self.post(session, quantity)

    def execute(self, statement: str, *parameters: Any) -> None:
        """Change the operational tables."""
        with psycopg.connect(self.owner_url) as session:
            session.execute(statement, parameters)  # type: ignore[arg-type]

    def execute_as_pipeline(self, statement: str) -> None:
        """Change the warehouse."""
        with psycopg.connect(self.pipeline_url) as session:
            session.execute(statement)  # type: ignore[arg-type]

    def read(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Read the warehouse as the pipeline does."""
        with psycopg.connect(self.pipeline_url) as session:
            return session.execute(query, parameters).fetchall()  # type: ignore[arg-type]


@pytest.fixture
def kitchen(fresh_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kitchen:
    """A kitchen in a database of its own, with dlt's working folder under the test's folder."""
    return make_kitchen(fresh_database, tmp_path, monkeypatch)


def make_kitchen(fresh_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kitchen:
    """The same, for other areas' fixtures."""
    monkeypatch.setenv("STOCKPOT_HOME", str(tmp_path))
    monkeypatch.setenv("WAREHOUSE_URL", fresh_database.pipeline_url)
    with psycopg.connect(fresh_database.owner_url) as session:
        location = _insert(
            session, "locations", code="RIV", name="Riverside", time_zone="Europe/London", currency="GBP"
        )
        product = _insert(session, "products", sku="FLOUR", name='Flour "00",\nfine', stock_unit="g", category="")
        item = _insert(session, "inventory_items", product_id=product, location_id=location, currency="GBP")
        _insert(session, "menu_items", code="pie", name="Pie", price="12.50")
        _insert(session, "suppliers", code="MILL", name="The Mill", currency="GBP")
    return Kitchen(fresh_database.owner_url, fresh_database.pipeline_url, location, product, item)


def _insert(session: psycopg.Connection[Any], table: str, **values: Any) -> UUID:
    names, holders = ", ".join(values), ", ".join(["%s"] * len(values))
    query = f"insert into {table} ({names}) values ({holders}) returning id"
    row = session.execute(query, list(values.values())).fetchone()  # type: ignore[arg-type]
    assert row is not None, json.dumps(values, default=str)
    return row[0]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The bucket `dropped` on a server of the test's own, found through the object store's settings: its client."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "S3_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
    client.create_bucket(Bucket="dropped")
    yield client
    server.stop()
