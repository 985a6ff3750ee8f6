"""Reading codes: what is a GTIN, what a GS1 message, what a code of the house; and the traps in between."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from api.catalog.codes import read_code
from api.catalog.gs1.checks import read_date
from api.core.errors import Invalid

GTIN = "09501101530003"


class TestDigits:
    @pytest.mark.parametrize(
        ("text", "symbology", "key"),
        [
            ("96385074", "ean8", "00000096385074"),
            ("96385074", None, "00000096385074"),  # and not the field (96) of a message
            ("01234565", "upce", "00012345000065"),
            ("036000291452", None, "00036000291452"),
            ("]E05000119309235", None, "05000119309235"),
            ("]E496385074", None, "00000096385074"),
            ("5000119309235", "code128", "5000119309235"),  # a code of the house that looks like one
            ("]Q1TESTING", None, "TESTING"),
        ],
    )
    def test_the_symbology_says_what_digits_are(self, text, symbology, key):
        assert read_code(text, symbology).key == key

    def test_a_wrong_check_digit_names_the_field(self):
        with pytest.raises(Invalid) as refused:
            read_code("5000119309236", field="barcodes.0.code")
        assert (refused.value.code, refused.value.errors[0].field) == ("bad_check_digit", "barcodes.0.code")


class TestMessages:
    @pytest.mark.parametrize(
        "text",
        [
            f"]C101{GTIN}310300125017271231" + "10LOT7",
            f"]d201{GTIN}310300125017271231" + "10LOT7",
            f"01{GTIN}310300125010LOT7\x1d17271231",
            f"(01){GTIN}(3103)001250(17)271231(10)LOT7",
            f"https://id.gs1.org/01/{GTIN}/10/LOT7?17=271231&3103=001250",
            f"HTTPS://example.com/some/stem/01/{GTIN}/10/LOT7?3103=001250&17=271231&campaign=x",
        ],
    )
    def test_one_label_reads_the_same_in_every_form(self, text):
        read = read_code(text)
        assert read.key == GTIN
        assert read.gs1 is not None
        assert (read.gs1.lot, read.gs1.expires_on, read.gs1.weight_kg) == (
            "LOT7",
            date(2027, 12, 31),
            Decimal("1.250"),
        )
        assert not read.gs1.hides_date

    def test_pounds_are_pounds(self):
        read = read_code(f"]C101{GTIN}3202000250")
        assert read.gs1 is not None
        assert (read.gs1.weight, read.gs1.weight_unit) == (Decimal("2.50"), "lb")
        assert read.gs1.weight_kg == Decimal("1.133980925")

    def test_a_wrong_check_digit_inside_is_refused_although_the_parser_lets_it_pass(self):
        with pytest.raises(Invalid) as refused:
            read_code("]C10109501101530004")
        assert refused.value.code == "bad_check_digit"

    @pytest.mark.parametrize("tail", ["10LOT717271231", "10LOT73103001250"])
    def test_a_lot_that_may_have_swallowed_the_rest_says_so(self, tail):
        fields = read_code(f"]C101{GTIN}{tail}").gs1
        assert fields is not None
        assert (fields.hides_date, fields.hides_weight) == ("1727" in tail, "3103" in tail)

    def test_a_lot_that_is_too_long_leaves_the_gtin_and_everything_else_open(self):
        fields = read_code(f"]C101{GTIN}10LOT7-2026-47-A17271231" + "21SERIAL").gs1
        assert fields is not None
        assert (fields.gtin, fields.lot, fields.hides_date) == (GTIN, None, True)

    def test_a_separator_proves_that_the_digits_belong_to_the_lot(self):
        fields = read_code(f"]C101{GTIN}10LOT717271231\x1d21A").gs1
        assert fields is not None
        assert (fields.lot, fields.hides_date) == ("LOT717271231", False)

    def test_two_lots_contradict_each_other(self):
        fields = read_code(f"]C101{GTIN}10A\x1d10B").gs1
        assert fields is not None
        assert fields.contradiction == "(10) says both A and B"

    def test_day_zero_is_the_last_of_the_month(self):
        fields = read_code(f"]C101{GTIN}17280200").gs1
        assert fields is not None
        assert fields.expires_on == date(2028, 2, 29)

    @pytest.mark.parametrize(
        "text", ["(10)", "https://example.com/menu", "]C1", "01234", "٣" * 16, f"01{'٠' * 14}1712", "]C199\x1d"]
    )
    def test_what_is_no_message_is_a_code_of_the_house(self, text):
        assert read_code(text).key == (text.removeprefix("]C1") or text)


class TestCentury:
    @pytest.mark.parametrize(
        ("text", "today", "year"),
        [
            ("271231", date(2026, 11, 22), 2027),
            ("761231", date(2026, 11, 22), 2076),
            ("771231", date(2026, 11, 22), 1977),
            ("001231", date(2060, 1, 1), 2100),
            ("990101", date(2026, 1, 1), 1999),
        ],
    )
    def test_it_is_the_one_within_fifty_years(self, text, today, year):
        assert read_date(text, may_lack_day=True, today=today).year == year

    def test_today_is_the_default(self):
        now = datetime.now(UTC).date()
        assert read_date(now.strftime("%y%m%d"), may_lack_day=False) == now
