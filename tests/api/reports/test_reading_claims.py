"""A claim says what its bearer may read now, and the warehouse shows exactly that."""

from __future__ import annotations

import psycopg
import pytest

from orchestration.lib.row_scope import protect

COUNT = "select location_id, count(*) from marts.fct_stock_on_hand_daily group by 1"


@pytest.fixture
def warehouse(marts, database):
    """The marts with the policies that publishing gives them."""
    with psycopg.connect(database.pipeline_url) as owner:
        protect(owner, "marts")


def read(database, claim):
    with psycopg.connect(database.reader_url) as reader:
        reader.execute("select row_scope.open(%s)", [claim])
        return dict(reader.execute(COUNT).fetchall())


class TestClaimReading:
    def test_somebody_of_one_location_reads_its_rows_alone(self, warehouse, database, people, place, marts):
        answer = people.bearer(people.create("analyst", place.id)).post("/api/reading-claims")
        assert answer.status_code == 200, answer.text
        assert answer.json()["locations"] == [str(place.id)]
        assert answer.json()["expires_in"] == 60
        assert answer.headers["cache-control"] == "no-store"
        assert read(database, answer.json()["claim"]) == {place.id: marts.rows_per_place}

    def test_somebody_of_every_location_reads_all(self, warehouse, database, analyst, place, other_place, marts):
        body = analyst.post("/api/reading-claims").json()
        assert body["locations"] is None
        found = read(database, body["claim"])
        assert {found[place.id], found[other_place.id]} == {marts.rows_per_place}

    def test_before_anything_is_published_it_is_409(self, analyst, fresh_database, monkeypatch):
        from api.config import get_settings

        monkeypatch.setenv("ANALYST_URL", fresh_database.analyst_url)
        get_settings.cache_clear()
        answer = analyst.post("/api/reading-claims")
        assert (answer.status_code, answer.json()["code"]) == (409, "mart_not_published")
