"""GS1 labels in the scan path, as worked examples."""

from __future__ import annotations

from tests.api.scans.conftest import Shelf

GTIN = "09501101530003"


class TestCatchWeight:
    def test_a_case_of_salmon_is_received_by_its_weight_with_lot_and_expiry(self, shelf: Shelf, sql):
        """01 GTIN, 3103 = 12,480 thousandths of a kilogram, 10 lot, 17 expiry with day 00 = 31 December 2026.

        Two cases of 12.480 kg and 11.905 kg: 12,480 g + 11,905 g = 24,385 g on hand; 500 g used: 23,885 g.
        """
        shelf.add("Salmon side", GTIN, pack="1", unit="case", tracks_lots=True)
        first = shelf.one(f"]C101{GTIN}310301248017261200" + "10NO-4711", "receive")
        assert (first["status"], first["quantity"], first["unit"]) == ("posted", "12480", "g")
        second = shelf.one(f"]d201{GTIN}310301190510NO-4712\x1d17270115", "receive")
        assert second["on_hand"] == "24385"
        assert shelf.one(f"]C101{GTIN}3103000500")["on_hand"] == "23885"
        lots = sql.execute(
            "select l.code, l.expires_on::text, m.entered_quantity::float, m.entered_unit from stock_movements m "
            "join lots l on l.id = m.lot_id where m.id = any(%s) order by 1",
            [[first["id"], second["id"]]],
        ).fetchall()
        assert lots == [("NO-4711", "2026-12-31", 12.48, "kg"), ("NO-4712", "2027-01-15", 11.905, "kg")]

    def test_a_weight_behind_a_lost_separator_is_asked(self, shelf: Shelf):
        shelf.add("Salmon side", GTIN, tracks_lots=True)
        code = f"]C101{GTIN}10NO-47113103012480"
        asked = shelf.one(code, "receive")
        assert (asked["status"], asked["error"]["field"]) == ("needs_input", "weight")
        answered = shelf.one(code, "receive", quantity="12.48", unit="kg", lot="NO-4711")
        assert (answered["status"], answered["quantity"]) == ("posted", "12480")

    def test_a_pallet_of_packs_counts_what_is_inside(self, shelf: Shelf):
        """02 = the pack inside, 37 = 24 of them, 1 kg each: 24 kg."""
        shelf.add("Flour", GTIN)
        assert shelf.one(f"]C102{GTIN}3724", "receive")["quantity"] == "24000"
        asked = shelf.one(f"]C102{GTIN}", "receive")
        assert (asked["status"], asked["error"]["field"]) == ("needs_input", "quantity")

    def test_a_label_that_contradicts_itself_is_refused(self, shelf: Shelf):
        shelf.add("Salmon side", GTIN)
        result = shelf.one(f"]C101{GTIN}31030124803102012480", "receive")
        assert (result["status"], result["error"]["code"]) == ("rejected", "contradictory_label")

    def test_a_digital_link_is_received_like_the_label(self, shelf: Shelf):
        shelf.add("Salmon side", GTIN, tracks_lots=True)
        code = f"https://id.example.com/01/{GTIN}/10/NO-4711?3103=012480&17=261200"
        assert shelf.one(code, "receive", symbology="qr")["quantity"] == "12480"
