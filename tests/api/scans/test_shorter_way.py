"""Batches of plain scans go the shorter way, write just what the longer one writes, and give way where they must."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.domain.ids import uuid7
from api.scans import service
from tests.api.scans.conftest import RICE, Shelf

OTHER = "5000119309242"
WRITTEN = """
select m.kind, m.from_item_id is null, m.quantity, m.unit, m.entered_quantity, m.entered_unit, m.value, m.currency,
       m.occurred_at, m.actor_id, m.device_id, m.source, m.reason_code, m.lot_id, m.content,
       replace(m.reference, %(code)s, 'CODE'), m.product_id = %(product)s::uuid,
       o.type, o.payload - 'movement_id' - 'product_id' - 'item_ids' - 'occurred_at',
       (o.payload ->> 'occurred_at')::timestamptz = m.occurred_at, o.payload ->> 'movement_id' = m.id::text,
       o.payload -> 'item_ids' = to_jsonb(array_remove(array[m.from_item_id, m.to_item_id], null)),
       o.payload ->> 'product_id' = m.product_id::text
  from unnest(%(ids)s::uuid[]) with ordinality as w(id, n)
  join stock_movements m on m.id = w.id
  join outbox_events o on o.subject_id = m.id
 order by w.n
"""
CONTENT = 14


@pytest.fixture
def ways(monkeypatch) -> list[bool]:
    """Of each batch that was sent, whether it went the shorter way."""
    taken: list[bool] = []
    settle = service._settle_plainly

    async def noting(*arguments: Any) -> bool:
        taken.append(await settle(*arguments))
        return taken[-1]

    monkeypatch.setattr(service, "_settle_plainly", noting)
    return taken


@pytest.fixture
def long_way(monkeypatch) -> Callable[[], None]:
    """From now on every batch goes the longer way."""

    async def never(*_: Any) -> bool:
        return False

    return lambda: monkeypatch.setattr(service, "_settle_plainly", never)


def batch(shelf: Shelf, code: str) -> list[dict[str, Any]]:
    """Deliveries, use and waste of one product, in packs and in grams, one of them dated ahead of the clock."""
    more = {"device_id": 'tab "7\\', "unit": None}
    return [
        shelf.scan(code, "receive", quantity="2.5"),
        shelf.scan(code, "issue", **more),
        shelf.scan(code, "issue", quantity="125.5", unit="g"),
        shelf.scan(code, "waste", quantity="0.25", reason_code="spoiled"),
        shelf.scan(code, "issue", quantity="30"),
    ]


class TestPlainBatch:
    def test_it_writes_what_the_longer_way_writes(self, shelf: Shelf, sql, ways, long_way):
        """2.5 kg come, 1 kg, 125.5 g, 0.25 kg and 30 kg go at 4 a gram: 10,000 + 2,500 - 31,375.5 g are left."""
        shelf.add("Brown rice", f"0{OTHER}")
        shelf.one(OTHER, action="receive", quantity="10")
        sql.execute(
            "update inventory_items set avg_cost = 4 where product_id = any (%s)", [list(shelf.products.values())]
        )
        sent = batch(shelf, RICE)
        short = shelf.send(*sent)
        assert ways == [True, True]
        long_way()
        twins = [{**scan, "id": str(uuid7()), "code": OTHER} for scan in sent]
        long = shelf.send(*twins)
        assert {answer["on_hand"] for answer in short} == {"-18875.5"}
        for one, other in zip(short, long, strict=True):
            assert one["movement_id"] == one["id"]
            assert other["movement_id"] == other["id"]
            alike = one["product"]["name"], other["product"]["name"]
            assert alike == ("Basmati rice", "Brown rice")
            hidden = {"id", "movement_id", "product"}
            assert {k: v for k, v in one.items() if k not in hidden} == {
                k: v for k, v in other.items() if k not in hidden
            }
        written = [
            sql.execute(
                WRITTEN, {"ids": [scan["id"] for scan in scans], "code": code, "product": shelf.products[name]}
            ).fetchall()
            for scans, code, name in ((sent, RICE, "Basmati rice"), (twins, OTHER, "Brown rice"))
        ]
        assert len(written[0]) == 5
        without_content = [[row[:CONTENT] + row[CONTENT + 1 :] for row in rows] for rows in written]
        assert without_content[0] == without_content[1]
        assert all(len(row[CONTENT]) == 32 for rows in written for row in rows)
        audited = "select details -> 'scan_ids' from audit_intents where details -> 'scan_ids' ? %s"
        for scans in (sent, twins):
            assert sql.execute(audited, [scans[0]["id"]]).fetchall() == [([scan["id"] for scan in scans],)]

    def test_goods_scanned_ahead_of_the_clock_are_dated_now(self, shelf: Shelf, sql, ways):
        scan = shelf.scan(occurred_at="2999-01-01T00:00:00Z")
        shelf.send(scan)
        assert ways[-1]
        dated = "select occurred_at <= recorded_at from stock_movements where id = %s"
        assert sql.execute(dated, [scan["id"]]).fetchone() == (True,)

    def test_reorder_tells_that_the_product_fell_below_its_point(self, shelf: Shelf, sql, ways):
        point = "update inventory_items set reorder_point = 9500 where product_id = %s"
        sql.execute(point, [shelf.products["Basmati rice"]])
        assert [answer["reorder"] for answer in shelf.send(shelf.scan(), shelf.scan(quantity="0"))] == [True, None]
        assert shelf.one(action="receive", quantity="5")["reorder"] is False
        assert ways[-2:] == [False, True]


class TestGivesWay:
    """Each of these is answered as ever, by the longer way."""

    def test_to_a_scan_that_was_posted_before(self, shelf: Shelf, ways):
        scan = shelf.scan()
        answers = [shelf.send(scan)[0], *shelf.send(scan, shelf.scan())]
        assert [answer["status"] for answer in answers] == ["posted", "duplicate", "posted"]
        assert ways[-2:] == [True, False]

    def test_to_one_id_twice(self, shelf: Shelf, ways):
        scan = shelf.scan()
        assert [answer["status"] for answer in shelf.send(scan, scan)] == ["posted", "duplicate"]
        assert ways[-1] is False

    def test_to_a_count_among_them(self, shelf: Shelf, ways):
        answers = shelf.send(shelf.scan(), shelf.scan(action="count", quantity="3"))
        assert [answer["on_hand"] for answer in answers] == ["3000", "3000"]
        assert ways[-1] is False

    def test_to_lots(self, shelf: Shelf, ways):
        shelf.add("Cream", f"0{OTHER}", tracks_lots=True)
        shelf.one(OTHER, action="receive", lot="L1", expires_on="2027-01-01")
        assert shelf.one(OTHER)["status"] == "posted"
        assert ways[-2:] == [False, False]

    def test_to_stock_that_may_not_go_below_zero(self, shelf: Shelf, barred, ways):
        barred()
        answers = shelf.send(shelf.scan(quantity="7"), shelf.scan(quantity="7"))
        assert [answer["status"] for answer in answers] == ["posted", "rejected"]
        assert shelf.one(quantity="3")["on_hand"] == "0"
        assert ways[-2:] == [False, True]

    def test_to_a_period_whose_books_are_closed(self, shelf: Shelf, sql, ways):
        sql.execute(
            "update inventory_items set books_closed_until = '2026-11-20T13:00Z' where product_id = %s",
            [shelf.products["Basmati rice"]],
        )
        early, late = shelf.scan(), shelf.scan(occurred_at="2026-11-20T13:00:00Z")
        assert [answer["status"] for answer in shelf.send(early, late)] == ["rejected", "posted"]
        assert shelf.one(occurred_at="2026-11-20T13:00:00Z")["status"] == "posted"
        assert ways[-2:] == [False, True]

    def test_to_a_balance_that_does_not_fit(self, shelf: Shelf, ways):
        answers = shelf.send(shelf.scan(action="receive", quantity="999999999999", unit="g"), shelf.scan())
        assert [answer["status"] for answer in answers] == ["rejected", "posted"]
        assert ways[-1] is False
