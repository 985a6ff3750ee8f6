"""Submitting, approving, posting in one transaction, cancelling; and that what was posted stays."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from fastapi.testclient import TestClient

from api.domain.ids import uuid7
from tests.api.inventory.counts.conftest import Pantry, ago


def approve(client: TestClient, count: str, version: int):
    return client.post(f"/api/counts/{count}/approve", headers={"If-Match": f'"{version}"'})


@pytest.fixture
def submitted(pantry: Pantry) -> str:
    """A sheet with 200 g of rice and one lemon missing."""
    count = pantry.start()
    pantry.send(count, pantry.line("Rice", "9800", at=ago(minutes=5)), pantry.line("Lemons", "35", at=ago(minutes=5)))
    pantry.submit(count)
    return count


class TestSubmit:
    def test_an_empty_sheet_is_not_submitted(self, pantry: Pantry):
        reply = pantry.counter.post(f"/api/counts/{pantry.start()}/submit")
        assert (reply.status_code, reply.json()["code"]) == (409, "nothing_counted")

    def test_asking_twice_changes_nothing(self, pantry: Pantry, submitted: str):
        assert pantry.submit(submitted)["version"] == 2


class TestApprove:
    def test_it_posts_corrections_with_their_document_and_value(self, pantry: Pantry, submitted: str, sql):
        """−200 g × 0.002 − 1 × 0.50 = −0.90."""
        reply = approve(pantry.desk, submitted, 2)
        assert (reply.status_code, reply.json()["status"]) == (200, "posted")
        assert reply.json()["totals"]["variance_value"] == "-0.9"
        row = pantry.row(submitted, "Rice")
        movement = pantry.desk.get("/api/stock-movements", params={"item_id": str(pantry.items["Rice"])}).json()[
            "items"
        ]
        (posted,) = [each for each in movement if each["id"] == row["movement_id"]]
        assert (posted["kind"], posted["quantity"], posted["source"], posted["reference"]) == (
            "count_correction",
            "200",
            "count",
            reply.json()["number"],
        )
        heard = sql.execute("select type from outbox_events where subject_id = %s order by id", [submitted]).fetchall()
        assert [kind for (kind,) in heard] == ["count.submitted.v1", "count.posted.v1"]

    def test_what_was_reviewed_is_what_is_approved(self, pantry: Pantry, submitted: str):
        """Between reading and approving somebody asked for a recount and it was submitted again."""
        body = {"id": str(uuid7()), "count_item_ids": [pantry.row(submitted, "Rice")["id"]]}
        assert pantry.desk.post(f"/api/counts/{submitted}/recounts", json=body).json()["version"] == 3
        early = approve(pantry.desk, submitted, 3)
        assert (early.status_code, early.json()["code"]) == (409, "count_not_submitted")
        pantry.send(submitted, pantry.line("Rice", "10000", at=ago(minutes=1)))
        pantry.submit(submitted)
        stale = approve(pantry.desk, submitted, 2)
        assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
        assert pantry.desk.post(f"/api/counts/{submitted}/approve").status_code == 428
        assert pantry.corrections("Rice") == []

    def test_whoever_counted_needs_a_second_pair_of_eyes(self, pantry: Pantry, people):
        count = pantry.start()
        pantry.send(count, pantry.line("Rice", "9800", at=ago(minutes=5)), by=pantry.desk)
        pantry.submit(count)
        own = approve(pantry.desk, count, 2)
        assert (own.status_code, own.json()["code"]) == (403, "own_count")
        alone = people.bearer(people.create("admin"))
        pantry.send(second := pantry.start(), pantry.line("Lemons", "36", at=ago(minutes=5)), by=alone)
        pantry.submit(second)
        assert approve(alone, second, 2).status_code == 200

    def test_an_operator_may_not_approve(self, pantry: Pantry, submitted: str):
        assert approve(pantry.counter, submitted, 2).status_code == 403

    def test_more_than_one_chunk_is_one_transaction(self, pantry: Pantry, sql: psycopg.Connection):
        """501 lemons crates with one each on the books and none on the shelf: 501 corrections of −1, or none at all."""
        sql.execute(
            "with made as (insert into products (sku, name, stock_unit)"
            "  select 'crate-' || %(place)s || n, 'Crate ' || n, 'each' from generate_series(1, 501) n returning id)"
            " insert into inventory_items (product_id, location_id, area_id, currency)"
            "  select id, %(place)s, null, 'USD' from made",
            {"place": pantry.place.id},
        )
        count = pantry.start(area_ids=[None])
        items = pantry.read(count)["items"]
        lines = [pantry.line("Rice", "1", at=ago(minutes=5)) | {"item_id": item["item_id"]} for item in items]
        pantry.send(count, *lines[:500])
        pantry.send(count, *lines[500:])
        pantry.submit(count)
        sql.execute("update locations set allows_negative = false where id = %s", [pantry.place.id])
        # One of the 501 was sold on since it was counted, so that it would end below zero.
        last = max(item["item_id"] for item in items)
        pantry.items["sold"] = UUID(last)
        (pantry.products["sold"],) = sql.execute(
            "select product_id from inventory_items where id = %s", [last]
        ).fetchone()
        pantry.post("receipt", "sold", "3", ago(minutes=9))
        pantry.post("sale", "sold", "3", ago(minutes=3))
        refused = approve(pantry.desk, count, 2)
        assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
        assert sql.execute(
            "select count(*) from stock_movements m join inventory_items i on i.id = m.to_item_id"
            " where i.location_id = %s and m.kind = 'count_correction'",
            [pantry.place.id],
        ).fetchone() == (0,)
        pantry.post("receipt", "sold", "2", ago(minutes=2))
        posted = approve(pantry.desk, count, 2)
        assert (posted.status_code, posted.json()["totals"]["varying_items"]) == (200, 501)


class TestPosted:
    def test_it_takes_no_more_lines_recounts_or_cancelling(self, pantry: Pantry, submitted: str):
        approve(pantry.desk, submitted, 2)
        lines = {"lines": [pantry.line("Rice", "1")]}
        body = {"id": str(uuid7()), "count_item_ids": [pantry.row(submitted, "Rice")["id"]]}
        for path, sent in (("lines", lines), ("recounts", body), ("submit", None), ("cancel", None)):
            reply = pantry.desk.post(f"/api/counts/{submitted}/{path}", json=sent)
            assert (reply.status_code, reply.json()["code"]) == (409, "count_not_open"), path
        again = approve(pantry.desk, submitted, 3)
        assert (again.status_code, again.json()["code"]) == (409, "count_not_submitted")

    @pytest.mark.parametrize(
        "attempt",
        [
            "update counts set note = 'x' where id = %s",
            "update count_items set counted = 1, variance = 1 - expected where count_id = %s",
            "update count_lines set quantity = 1 where count_id = %s",
            "delete from count_lines where count_id = %s",
        ],
    )
    def test_the_database_keeps_it_as_it_is(self, pantry: Pantry, submitted: str, sql, attempt: str):
        approve(pantry.desk, submitted, 2)
        with pytest.raises(psycopg.errors.RestrictViolation):
            sql.execute(attempt, [submitted])

    def test_its_undo_is_the_reversal_of_its_movements(self, pantry: Pantry, submitted: str):
        approve(pantry.desk, submitted, 2)
        movement = pantry.row(submitted, "Rice")["movement_id"]
        assert pantry.desk.post(f"/api/stock-movements/{movement}/reverse").status_code == 201
        assert pantry.on_hand("Rice") == Decimal(10000)
        assert pantry.row(submitted, "Rice")["variance"] == "-200"


class TestCancel:
    def test_whoever_made_it_gives_it_up_and_nothing_is_posted(self, pantry: Pantry, submitted: str):
        for _ in range(2):
            assert pantry.counter.post(f"/api/counts/{submitted}/cancel").json()["status"] == "cancelled"
        assert pantry.corrections("Rice") == []
        assert approve(pantry.desk, submitted, 3).json()["code"] == "count_not_submitted"

    def test_a_colleague_may_not(self, pantry: Pantry, colleague: TestClient, submitted: str):
        assert colleague.post(f"/api/counts/{submitted}/cancel").status_code == 403


class TestRecount:
    def test_only_what_was_counted_is_counted_again_and_only_managers_ask(self, pantry: Pantry):
        count = pantry.start()
        row = pantry.row(count, "Rice")
        body = {"id": str(uuid7()), "count_item_ids": [row["id"], str(uuid7())]}
        reply = pantry.desk.post(f"/api/counts/{count}/recounts", json=body)
        assert [problem["field"] for problem in reply.json()["errors"]] == ["count_item_ids.0", "count_item_ids.1"]
        assert pantry.counter.post(f"/api/counts/{count}/recounts", json=body).status_code == 403

    def test_asking_twice_with_one_id_asks_once(self, pantry: Pantry, submitted: str):
        body = {"id": str(uuid7()), "count_item_ids": [pantry.row(submitted, "Rice")["id"]]}
        first, again = (pantry.desk.post(f"/api/counts/{submitted}/recounts", json=body) for _ in range(2))
        assert (first.status_code, first.json()) == (again.status_code, again.json())
        assert pantry.row(submitted, "Rice")["round"] == 2
