"""What was sent and never loaded is not kept for ever; what loaded a row is the record of where it came from."""

from __future__ import annotations

import psycopg
import pytest

from api.worker import keep_house
from tests.api.imports.test_endpoints import send, two_rows


@pytest.fixture
def sent(manager) -> dict[str, str]:
    """Three imports: one loaded, one left alone long ago, one left alone just now."""
    ids = {name: send(manager, two_rows()).json()["id"] for name in ("loaded", "left", "fresh")}
    assert manager.post(f"/api/imports/{ids['loaded']}/apply").status_code == 200
    return ids


class TestKeepHouse:
    def test_an_import_left_alone_for_a_month_is_forgotten(self, sent, sql: psycopg.Connection):
        old = [sent["loaded"], sent["left"]]
        sql.execute("update imports set created_at = now() - interval '31 days' where id = any (%s::uuid[])", [old])
        keep_house()
        kept = sql.execute("select id::text from imports where id = any (%s::uuid[])", [list(sent.values())])
        assert {row[0] for row in kept} == {sent["loaded"], sent["fresh"]}
