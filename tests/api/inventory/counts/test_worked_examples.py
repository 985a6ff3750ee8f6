"""The arithmetic of counting, with the sums written out. Rice costs 0.002 a gram, lemons 0.50 each."""

from __future__ import annotations

from decimal import Decimal

import psycopg
from fastapi.testclient import TestClient

from api.domain.ids import uuid7
from tests.api.inventory.counts.conftest import Pantry, ago


class TestASaleDuringACount:
    def test_what_was_sold_after_counting_is_no_variance(self, pantry: Pantry):
        """10,000 g on the books. At 60 minutes ago 9,800 g are counted; 30 minutes ago 500 g are sold.

        Expected as of the moment of counting 10,000, so the variance is −200 g, worth −200 × 0.002 = −0.40. After
        posting 10,000 − 500 − 200 = 9,300 g are on hand: what was counted less what was sold since.
        """
        count = pantry.start()
        pantry.send(count, pantry.line("Rice", "9800", at=ago(minutes=60)))
        pantry.post("sale", "Rice", "500", ago(minutes=30))
        row = pantry.row(count, "Rice")
        assert (row["expected"], row["counted"], row["variance"]) == ("10000", "9800", "-200")
        assert row["variance_value"] == "-0.4"
        pantry.approve(count)
        assert pantry.on_hand("Rice") == Decimal(9300)
        assert pantry.corrections("Rice") == [("lost", Decimal(200))]

    def test_what_was_sold_before_counting_is_expected_to_be_gone(self, pantry: Pantry):
        """500 g are sold 90 minutes ago, 9,500 g are counted an hour ago: 10,000 − 500 − 9,500 = 0."""
        count = pantry.start()
        pantry.post("sale", "Rice", "500", ago(minutes=90))
        pantry.send(count, pantry.line("Rice", "9500", at=ago(minutes=60)))
        assert pantry.row(count, "Rice")["variance"] == "0"

    def test_a_sale_that_arrives_late_is_taken_into_account_when_posting(self, pantry: Pantry):
        """The preview says −500 g. Before approval a device that was offline sends 500 g sold before the counting.

        Then 9,500 were expected and 9,500 were counted: nothing is corrected, and 9,500 g stay on hand.
        """
        count = pantry.start()
        pantry.send(count, pantry.line("Rice", "9500", at=ago(minutes=60)))
        assert pantry.row(count, "Rice")["variance"] == "-500"
        pantry.post("sale", "Rice", "500", ago(minutes=90))
        (row,) = [item for item in pantry.approve(count)["items"] if item["counted"] is not None]
        assert (row["expected"], row["variance"], row["movement_id"]) == ("9500", "0", None)
        assert pantry.on_hand("Rice") == Decimal(9500)


class TestTwoPeopleCountOneItem:
    def test_their_lines_add_up(self, pantry: Pantry, colleague: TestClient):
        """20 lemons in the front and 15 at the back: 35 of 36, so −1, worth −0.50."""
        count = pantry.start()
        pantry.send(count, pantry.line("Lemons", "20", at=ago(minutes=60), device_id="phone-1"))
        pantry.send(count, pantry.line("Lemons", "15", at=ago(minutes=60), device_id="phone-2"), by=colleague)
        row = pantry.row(count, "Lemons")
        assert (row["counted"], row["expected"], row["variance"], row["variance_value"]) == ("35", "36", "-1", "-0.5")
        assert len({line["counted_by"] for line in row["lines"]}) == 2

    def test_the_kitchen_takes_from_the_part_that_is_counted_already(self, pantry: Pantry, colleague: TestClient):
        """36 lemons; 20 are counted in front an hour ago, then 4 of those are used, then 15 are counted at the back.

        Measured as of the first of the two moments: 20 + 15 = 35 of 36, so −1. What is really there afterwards is
        16 + 15 = 31, and 36 − 4 − 1 = 31. The 4 that left in between are named, for whoever knows better.
        """
        count = pantry.start()
        pantry.send(count, pantry.line("Lemons", "20", at=ago(minutes=60)))
        pantry.post("consumption", "Lemons", "4", ago(minutes=45))
        pantry.send(count, pantry.line("Lemons", "15", at=ago(minutes=30)), by=colleague)
        row = pantry.row(count, "Lemons")
        assert (row["expected"], row["counted"], row["variance"], row["moved_meanwhile"]) == ("36", "35", "-1", "-4")
        assert [flag["code"] for flag in row["flags"]] == ["moved_meanwhile"]
        pantry.approve(count)
        assert pantry.on_hand("Lemons") == Decimal(31)

    def test_three_parts_at_three_moments_count_what_moved_between_them_once(
        self, pantry: Pantry, colleague: TestClient
    ):
        """10 + 10 + 16 lemons at 60, 40 and 20 minutes ago; 1 leaves after the first part, 2 after the second.

        All parts are measured as of 60 minutes ago: 36 of 36. Afterwards 36 − 1 − 2 = 33 are there.
        """
        count = pantry.start()
        pantry.send(count, pantry.line("Lemons", "10", at=ago(minutes=60)))
        pantry.post("consumption", "Lemons", "1", ago(minutes=50))
        pantry.send(count, pantry.line("Lemons", "10", at=ago(minutes=40)), by=colleague)
        pantry.post("consumption", "Lemons", "2", ago(minutes=30))
        pantry.send(count, pantry.line("Lemons", "16", at=ago(minutes=20)))
        row = pantry.row(count, "Lemons")
        assert (row["variance"], row["moved_meanwhile"]) == ("0", "-3")
        pantry.approve(count)
        assert pantry.on_hand("Lemons") == Decimal(33)


class TestARecount:
    def test_the_latest_round_counts_and_the_history_stays(self, pantry: Pantry):
        """First 30 lemons are counted (−6). The second look finds 36: 36 − 36 = 0, nothing is corrected."""
        count = pantry.start()
        pantry.send(count, pantry.line("Lemons", "30", at=ago(minutes=60)))
        pantry.submit(count)
        row = pantry.row(count, "Lemons")
        body = {"id": str(uuid7()), "count_item_ids": [row["id"]], "reason": "6 missing?"}
        assert pantry.desk.post(f"/api/counts/{count}/recounts", json=body).status_code == 201
        row = pantry.row(count, "Lemons")
        assert (row["round"], row["counted"], row["is_recount_due"]) == (2, None, True)
        refused = pantry.counter.post(f"/api/counts/{count}/submit")
        assert (refused.status_code, refused.json()["code"]) == (409, "recount_outstanding")
        pantry.send(count, pantry.line("Lemons", "36", at=ago(minutes=10), round=2))
        posted = pantry.approve(count)
        row = pantry.row(count, "Lemons")
        assert (row["counted"], row["variance"], [line["round"] for line in row["lines"]]) == ("36", "0", [1, 2])
        assert [(each["round"], each["reason"]) for each in posted["recounts"]] == [(2, "6 missing?")]
        assert pantry.corrections("Lemons") == []


class TestZero:
    def test_a_variance_of_zero_is_recorded_and_leaves_no_row_in_the_ledger(self, pantry: Pantry):
        """10,000 g expected, 10,000 g counted."""
        count = pantry.start()
        pantry.send(count, pantry.line("Rice", "10000"))
        pantry.approve(count)
        row = pantry.row(count, "Rice")
        assert (row["counted"], row["variance"], row["variance_value"], row["movement_id"]) == ("10000", "0", "0", None)
        assert pantry.corrections("Rice") == []

    def test_a_count_of_nothing_is_a_count(self, pantry: Pantry):
        """36 lemons on the books, none on the shelf: −36, worth −18.00. An item without a line stays as it is."""
        count = pantry.start()
        pantry.send(count, pantry.line("Lemons", "0"))
        totals = pantry.approve(count)["totals"]
        assert (totals["variance_value"], totals["loss_value"], totals["gain_value"]) == ("-18", "-18", "0")
        assert (pantry.on_hand("Lemons"), pantry.on_hand("Rice")) == (Decimal(0), Decimal(10000))


class TestSeveralUnits:
    def test_the_entries_of_a_line_add_up_in_the_stock_unit(self, pantry: Pantry):
        """2 cases of 12 + 3 each + 1 dozen = 24 + 3 + 12 = 39 lemons; 39 − 36 = +3, worth 1.50."""
        count = pantry.start()
        (line,) = pantry.send(count, pantry.line("Lemons", ("2", "case"), ("3", "each"), ("1", "dozen")))
        assert line["quantity"] == "39"
        assert line["entries"][0] == {"quantity": "2", "unit": "case"}
        row = pantry.row(count, "Lemons")
        assert (row["variance"], row["variance_value"]) == ("3", "1.5")

    def test_weight_beside_pieces(self, pantry: Pantry):
        """A case of butter is 20 each and an each is 250 g: 2 case + 3 each + 450 g = 10,000 + 750 + 450 = 11,200 g."""
        pantry.keep("Butter", area="Cold room", cases=5000)
        with psycopg.connect(pantry.url, autocommit=True) as sql:
            sql.execute(
                "insert into product_units (product_id, unit, numerator) values (%s, 'each', 250)",
                [pantry.products["Butter"]],
            )
        count = pantry.start()
        (line,) = pantry.send(count, pantry.line("Butter", ("2", "case"), ("3", "each"), ("450", "g")))
        assert line["quantity"] == "11200"
