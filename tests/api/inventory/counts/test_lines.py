"""Lines: stored whole or not at all, never twice, and replaced by nobody but whoever counted them."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest
from fastapi.testclient import TestClient

from api.domain.ids import uuid7
from tests.api.inventory.counts.conftest import Pantry, ago


def post(pantry: Pantry, count: str, *lines, by: TestClient | None = None):
    return (by or pantry.counter).post(f"/api/counts/{count}/lines", json={"lines": list(lines)})


def problems(reply) -> dict[str, str]:
    assert reply.status_code == 422, reply.text
    return {problem["field"]: problem["code"] for problem in reply.json()["errors"]}


class TestAdd:
    def test_every_bad_line_is_named_in_one_answer_and_nothing_is_stored(self, pantry: Pantry):
        """Four lines, three of them bad: a unit that does not fit, a clock in the future, an item of nowhere."""
        count = pantry.start()
        reply = post(
            pantry,
            count,
            pantry.line("Rice", "9000"),
            pantry.line("Rice", ("1", "g"), ("2", "litres")),
            pantry.line("Lemons", "3", at=ago(hours=-1)),
            pantry.line("Rice", "1", item_id=str(uuid7())),
        )
        assert problems(reply) == {
            "lines.1.entries.1.unit": "unconvertible_unit",
            "lines.2.counted_at": "impossible_moment",
            "lines.3.item_id": "unknown_item",
        }
        assert reply.json()["detail"] == "3 of 4 lines cannot be stored; none was."
        assert pantry.read(count)["counted_count"] == 0

    def test_the_same_lines_again_are_known(self, pantry: Pantry):
        count, line = pantry.start(), pantry.line("Rice", "9000")
        first, again = pantry.send(count, line), pantry.send(count, line)
        assert (first[0]["status"], again[0]["status"]) == ("stored", "duplicate")
        assert pantry.row(count, "Rice")["counted"] == "9000"

    def test_a_retry_after_the_sheet_was_submitted_is_still_answered(self, pantry: Pantry):
        count, line = pantry.start(), pantry.line("Rice", "9000")
        pantry.send(count, line)
        pantry.submit(count)
        assert pantry.send(count, line)[0]["status"] == "duplicate"
        reply = post(pantry, count, line, pantry.line("Rice", "1"))
        assert (reply.status_code, reply.json()["code"]) == (409, "count_not_open")

    def test_an_id_with_other_content_is_a_conflict(self, pantry: Pantry, colleague: TestClient):
        count, line = pantry.start(), pantry.line("Rice", "9000")
        pantry.send(count, line)
        other = post(pantry, count, line | {"entries": [{"quantity": "1"}]})
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
        assert post(pantry, count, line, by=colleague).json()["code"] == "idempotency_conflict"

    def test_the_lines_of_one_batch_for_one_item_add_up(self, pantry: Pantry):
        count = pantry.start()
        pantry.send(count, *[pantry.line("Lemons", "1") for _ in range(5)])
        assert pantry.row(count, "Lemons")["counted"] == "5"

    def test_a_product_found_on_the_shelf_is_added_to_the_sheet(self, pantry: Pantry):
        """Beans were never kept in the cold room: 3 kg found there are 3,000 g where nothing was expected."""
        pantry.keep("Beans", area="Dry store")
        count = pantry.start(area_ids=[str(pantry.areas["Cold room"])])
        found = pantry.line("Beans", ("3", "kg")) | {
            "item_id": None,
            "product_id": str(pantry.products["Beans"]),
            "area_id": str(pantry.areas["Cold room"]),
        }
        pantry.send(count, found)
        row = pantry.read(count)["items"][-1]
        assert (row["product"]["name"], row["is_found"], row["expected"], row["variance"]) == (
            "Beans",
            True,
            "0",
            "3000",
        )
        pantry.approve(count)
        assert pantry.on_hand("Beans") == Decimal(0)  # that of the dry store, which was not counted

    def test_an_area_that_the_sheet_does_not_cover_is_refused(self, pantry: Pantry):
        count = pantry.start(area_ids=[str(pantry.areas["Cold room"])])
        assert problems(post(pantry, count, pantry.line("Rice", "1"))) == {"lines.0.area_id": "area_not_on_sheet"}

    def test_a_moment_long_before_the_sheet_is_a_wrong_clock(self, pantry: Pantry):
        reply = post(pantry, pantry.start(), pantry.line("Rice", "1", at=ago(days=3)))
        assert problems(reply) == {"lines.0.counted_at": "impossible_moment"}

    def test_a_round_that_nobody_asked_for_is_refused(self, pantry: Pantry):
        reply = post(pantry, pantry.start(), pantry.line("Rice", "1", round=2))
        assert problems(reply) == {"lines.0.round": "round_ahead"}

    def test_a_late_line_of_an_earlier_round_is_history(self, pantry: Pantry):
        """A device that was offline while a recount was asked for sends its 7 of the first round: they do not count."""
        count = pantry.start()
        pantry.send(count, pantry.line("Lemons", "29"))
        body = {"id": str(uuid7()), "count_item_ids": [pantry.row(count, "Lemons")["id"]]}
        assert pantry.desk.post(f"/api/counts/{count}/recounts", json=body).status_code == 201
        pantry.send(count, pantry.line("Lemons", "7", round=1), pantry.line("Lemons", "36", round=2))
        assert pantry.row(count, "Lemons")["counted"] == "36"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"entries": []},
            {"entries": [{"quantity": "-1"}]},
            {"entries": [{"quantity": "NaN"}]},
            {"item_id": None},
            {"product_id": "019ab000-0000-7000-8000-000000000001"},
            {"id": "4b7a2f4e-0c6e-4b0e-8f6b-0d8f5c1e2a3b"},
            {"counted_at": "2026-11-22T10:00:00"},
        ],
        ids=["no entries", "negative", "NaN", "no item", "item and product", "not a UUIDv7", "no time zone"],
    )
    def test_what_makes_no_sense_is_refused(self, pantry: Pantry, wrong):
        reply = post(pantry, pantry.start(), pantry.line("Rice", "1") | wrong)
        assert (reply.status_code, reply.json()["code"]) == (422, "invalid")

    def test_a_sum_beyond_twelve_digits_is_refused(self, pantry: Pantry):
        reply = post(pantry, pantry.start(), pantry.line("Rice", ("999999999999", "kg")))
        assert problems(reply) == {"lines.0.entries": "out_of_range"}


class TestReplace:
    def path(self, count: str, line: dict[str, str]) -> str:
        return f"/api/counts/{count}/lines/{line['id']}"

    def test_its_author_replaces_it_and_the_trail_keeps_what_stood(self, pantry: Pantry, sql: psycopg.Connection):
        count = pantry.start()
        (line,) = pantry.send(count, pantry.line("Lemons", "63"))
        body = {"entries": [{"quantity": "3", "unit": "case"}]}
        reply = pantry.counter.patch(self.path(count, line), json=body, headers={"If-Match": '"1"'})
        assert (reply.status_code, reply.json()["quantity"], reply.json()["version"]) == (200, "36", 2)
        assert pantry.row(count, "Lemons")["counted"] == "36"
        (details,) = sql.execute(
            "select details from audit_intents where action = 'count_line.replaced' and subject_id = %s", [count]
        ).fetchone()
        assert details["before"]["quantity"] == "63"

    def test_a_stale_edit_and_one_without_a_version_are_refused(self, pantry: Pantry):
        count = pantry.start()
        (line,) = pantry.send(count, pantry.line("Lemons", "63"))
        edit = lambda value, **more: pantry.counter.patch(  # noqa: E731
            self.path(count, line), json={"entries": [{"quantity": value}]}, **more
        )
        assert edit("36", headers={"If-Match": '"1"'}).status_code == 200
        stale = edit("35", headers={"If-Match": '"1"'})
        assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
        assert edit("35").status_code == 428
        assert pantry.row(count, "Lemons")["counted"] == "36"

    def test_a_withdrawn_line_counts_nothing_and_stays(self, pantry: Pantry):
        count = pantry.start()
        first, _ = pantry.send(count, pantry.line("Lemons", "36"), pantry.line("Lemons", "20"))
        pantry.counter.patch(self.path(count, first), json={"is_withdrawn": True}, headers={"If-Match": '"1"'})
        row = pantry.row(count, "Lemons")
        assert (row["counted"], len(row["lines"])) == ("20", 2)

    def test_somebody_elses_line_is_not_touched(self, pantry: Pantry, colleague: TestClient):
        count = pantry.start()
        (line,) = pantry.send(count, pantry.line("Lemons", "36"))
        reply = colleague.patch(self.path(count, line), json={"is_withdrawn": True}, headers={"If-Match": '"1"'})
        assert (reply.status_code, reply.json()["code"]) == (403, "not_your_line")

    def test_a_unit_that_does_not_fit_leaves_the_line_as_it_was(self, pantry: Pantry):
        count = pantry.start()
        (line,) = pantry.send(count, pantry.line("Lemons", "36"))
        body = {"entries": [{"quantity": "1", "unit": "l"}], "is_withdrawn": True}
        reply = pantry.counter.patch(self.path(count, line), json=body, headers={"If-Match": '"1"'})
        assert problems(reply) == {"entries.0.unit": "unconvertible_unit"}
        assert pantry.row(count, "Lemons")["lines"][0]["is_withdrawn"] is False

    def test_of_a_submitted_sheet_no_line_changes(self, pantry: Pantry):
        count = pantry.start()
        (line,) = pantry.send(count, pantry.line("Lemons", "36"))
        pantry.submit(count)
        reply = pantry.counter.patch(self.path(count, line), json={"is_withdrawn": True}, headers={"If-Match": '"1"'})
        assert (reply.status_code, reply.json()["code"]) == (409, "count_not_open")
        missing = pantry.counter.patch(
            f"/api/counts/{count}/lines/{uuid7()}", json={"is_withdrawn": True}, headers={"If-Match": '"1"'}
        )
        assert missing.status_code == 404
