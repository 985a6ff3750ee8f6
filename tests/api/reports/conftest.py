"""Published marts, as the pipeline leaves them, and the pipeline's own client."""

from __future__ import annotations

import io
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from api.core.database import transaction
from api.files.store import get_store
from api.reports.bootstrap import ensure_builtin_reports
from orchestration.lib.publishing import PREPARE
from tests.api.people import Place
from tests.conftest import Database

DAYS = ("2026-11-20", "2026-11-21")


@dataclass(frozen=True)
class Published:
    """What lies in the mart: three products a day at each of two places."""

    load_id: str
    rows_per_place: int


@pytest.fixture
def marts(database: Database, place: Place, other_place: Place) -> Iterator[Published]:
    """`marts.fct_stock_on_hand_daily` of one load."""
    load_id = f"load-{uuid.uuid4().hex[:8]}"
    with psycopg.connect(database.pipeline_url, autocommit=True) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute("grant usage on schema marts to analyst")
        connection.execute(
            "create table marts.fct_stock_on_hand_daily (inventory_item_id uuid, business_day date, product_id uuid, "
            "location_id uuid, on_hand numeric(18, 6), unit text, is_below_reorder boolean, load_id text)"
        )
        connection.execute(PREPARE)
        connection.execute("insert into marts.loads (load_id, tables) values (%s, '{}')", (load_id,))
        connection.execute("grant select on all tables in schema marts to analyst")
        for location in (place, other_place):
            for day in DAYS:
                for number in range(3):
                    connection.execute(
                        "insert into marts.fct_stock_on_hand_daily values (uuidv7(), %s, uuidv7(), %s, %s, 'g', %s, %s)",
                        (day, location.id, f"{number}.500000", number == 0, load_id),
                    )
        yield Published(load_id, 6)
        connection.execute("drop table marts.fct_stock_on_hand_daily")
        connection.execute("delete from marts.loads where load_id like 'load-%'")


@pytest.fixture
def builtins(app, sql) -> dict[str, str]:
    """Ids of the built-in reports by code."""
    with transaction() as session:
        ensure_builtin_reports(session)
    return {
        code: str(report_id)
        for code, report_id in sql.execute("select code, id from report_definitions where is_builtin").fetchall()
    }


@pytest.fixture
def pipeline(people, key_folder):
    """A client with the pipeline's own token."""
    key = load_pem_private_key((key_folder / "service-private.pem").read_bytes(), None)
    now = int(time.time())
    claims = {"iss": "stockpot-pipeline", "aud": "stockpot-api", "sub": "pipeline", "iat": now, "exp": now + 300}
    token = jwt.encode(claims | {"jti": uuid.uuid4().hex}, key, "EdDSA", {"typ": "service+jwt"})
    client = people.anonymous()
    client.headers["Authorization"] = f"Bearer {token}"
    return client


@pytest.fixture
def exported(app):
    """Lay a file and its manifest into the store and describe the run as the pipeline would."""

    def lay(code: str, report_id: str, content: bytes = b"a,b\n1,2\n", day: str = DAYS[-1]) -> dict:
        import hashlib

        stem = f"exports/{code}/day={day}/{code}-{day}"
        get_store().put(f"{stem}.csv", io.BytesIO(content), media_type="text/csv")
        get_store().put(f"{stem}.manifest.json", io.BytesIO(b"{}"), media_type="application/json")
        return {
            "report_id": report_id,
            "business_day": day,
            "status": "succeeded",
            "format": "csv",
            "row_count": 1,
            "object_key": f"{stem}.csv",
            "manifest_key": f"{stem}.manifest.json",
            "sha256": hashlib.sha256(content).hexdigest(),
            "load_id": "load-1",
        }

    return lay
