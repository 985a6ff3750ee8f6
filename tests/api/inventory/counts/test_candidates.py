"""What should be counted next: below zero, overdue for its class, or by class."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from api.inventory.counts.candidates import classes
from tests.api.inventory.counts.conftest import Pantry, ago


def numbered(*values: str) -> dict[UUID, Decimal]:
    return {UUID(int=number): Decimal(value) for number, value in enumerate(values)}


class TestClasses:
    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            (("50", "30", "15", "4", "1"), "AABCC"),  # 50 → 80 % is full; 15 → 95 % is full
            (("90", "8", "2"), "ABC"),  # the item that crosses 80 % is still an A
            (("0", "5", "0"), "CAC"),
            (("0", "0"), "CC"),
        ],
    )
    def test_usage_value_cumulated_to_80_95_and_100_per_cent(self, values: tuple[str, ...], expected: str):
        assert "".join(classes(numbered(*values)).values()) == "".join(
            kind for _, kind in sorted(zip(values, expected, strict=True), key=lambda each: -Decimal(each[0]))
        )


class TestList:
    def read(self, pantry: Pantry, **more: str):
        reply = pantry.counter.get("/api/counts/candidates", params={"location_id": str(pantry.place.id)} | more)
        assert reply.status_code == 200, reply.text
        return reply.json()["items"]

    def counted(self, pantry: Pantry, *names: str) -> None:
        count = pantry.start()
        pantry.send(count, *[pantry.line(name, "1", at=ago(minutes=1)) for name in names])
        pantry.approve(count)

    def test_below_zero_comes_first_and_each_says_why(self, pantry: Pantry):
        """Rice: 10,000 − 12,000 = −2,000 g."""
        pantry.post("sale", "Rice", "12000", ago(hours=5))
        first, second = self.read(pantry)
        assert (first["product"]["name"], first["on_hand"]) == ("Rice", "-2000")
        assert [reason["code"] for reason in first["reasons"]] == ["negative", "overdue"]
        assert first["reasons"][0]["detail"].startswith("-2000 g on hand")
        assert [reason["detail"] for reason in second["reasons"]] == ["Never counted."]

    def test_what_was_just_counted_is_not_overdue(self, pantry: Pantry):
        self.counted(pantry, "Rice")
        assert [each["product"]["name"] for each in self.read(pantry, reason="overdue")] == ["Lemons"]

    def test_overdue_depends_on_the_class(self, pantry: Pantry, sql):
        """Both were counted ten days ago: rice is an A (2,000 g × 0.002 = 4.00 used), due every 7 days, lemons are a C."""
        pantry.post("sale", "Rice", "2000", ago(hours=5))
        count = pantry.start()
        pantry.send(
            count, pantry.line("Rice", "8000", at=ago(minutes=1)), pantry.line("Lemons", "36", at=ago(minutes=1))
        )
        pantry.approve(count)
        sql.execute("alter table count_items disable trigger keep_posted")
        sql.execute(
            "update count_items set measured_at = %s where item_id = any (%s)",
            [ago(days=10), list(pantry.items.values())],
        )
        sql.execute("alter table count_items enable trigger keep_posted")
        (only,) = self.read(pantry, reason="overdue")
        assert (only["product"]["name"], only["abc_class"], only["usage_value"]) == ("Rice", "A", "4")
        assert only["reasons"][0]["detail"] == "Last counted 10 days ago; class A is counted every 7 days."

    def test_by_class(self, pantry: Pantry):
        pantry.post("sale", "Rice", "2000", ago(hours=5))
        (only,) = self.read(pantry, abc_class="A")
        assert only["product"]["name"] == "Rice"
        assert only["reasons"][-1]["detail"] == "Class A by the value used in the last 28 days."

    def test_pages_follow_each_other(self, pantry: Pantry):
        first = pantry.counter.get(
            "/api/counts/candidates", params={"location_id": str(pantry.place.id), "limit": 1}
        ).json()
        more = self.read(pantry, limit="1", cursor=first["next_cursor"])
        assert {first["items"][0]["item_id"], more[0]["item_id"]} == set(map(str, pantry.items.values()))
