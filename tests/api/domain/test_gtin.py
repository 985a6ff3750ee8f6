"""Check digits and the one form a GTIN is kept in."""

from __future__ import annotations

import pytest

from api.domain.gtin import BadCheckDigit, expand_upc_e, looks_like_gtin, normalise_gtin


class TestNormalise:
    @pytest.mark.parametrize(
        ("code", "kept"),
        [
            ("96385074", "00000096385074"),
            ("036000291452", "00036000291452"),
            ("5000119309235", "05000119309235"),
            ("10012345678902", "10012345678902"),
        ],
    )
    def test_every_length_becomes_fourteen_digits(self, code, kept):
        assert normalise_gtin(code) == kept

    def test_a_wrong_check_digit_is_named(self):
        with pytest.raises(BadCheckDigit, match="should be 5"):
            normalise_gtin("5000119309236")

    @pytest.mark.parametrize("code", ["", "123", "12345678901", "٥٠٠٠١١٩٣٠٩٢٣٥", "3.17E+12"])
    def test_other_texts_are_no_gtin(self, code):
        assert not looks_like_gtin(code)
        with pytest.raises(ValueError, match="digits"):
            normalise_gtin(code)


class TestUpcE:
    @pytest.mark.parametrize(("short", "long"), [("01234565", "012345000065"), ("04252614", "042100005264")])
    def test_it_expands_to_its_upc_a(self, short, long):
        assert expand_upc_e(short) == long

    def test_what_is_none_is_refused(self):
        with pytest.raises(ValueError, match="UPC-E"):
            expand_upc_e("96385074")
