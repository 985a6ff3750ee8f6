"""Which digits of a label say what."""

from __future__ import annotations

import pytest

from api.domain.gtin import check_digit
from api.domain.label_patterns import BadPattern, LabelPattern


class TestPattern:
    @pytest.mark.parametrize(
        ("text", "measures"),
        [
            ("2{iiiii}{c}{wwwww}{k}", "weight"),
            ("21{iiiii}{pppp}{x}{k}", "price"),
            ("02{iiiii}{qqqqq}{k}", "quantity"),
        ],
    )
    def test_a_pattern_says_what_its_value_measures(self, text, measures):
        assert LabelPattern.of(text).measures == measures

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("2{iiiii}{wwwww}{k}", "13 digits"),
            ("5{iiiiii}{wwwww}{k}", "begins with 2"),
            ("2{iiiiii}{wwwwww}", "last place"),
            ("2{iiiiiiiiiii}{k}", "one value"),
            ("2{ii}{www}{pp}{iiii}{k}", "one value"),
            ("2{iii}{cc}{wwwwww}{k}", "value check"),
            ("2{iiiii}{z}{wwwww}{k}", "no field {z}"),
            ("2{iiiiw}{c}{wwwww}{k}", "digits and fields"),
            ("", "13 digits"),
        ],
    )
    def test_what_cannot_be_read_says_why(self, text, reason):
        with pytest.raises(BadPattern, match=reason):
            LabelPattern.of(text)


class TestRead:
    def test_the_value_is_taken_out_and_the_check_digit_made_anew(self):
        """2 12345 3 01250 k: item 12345, 1.250 kg. Its code without the weight is 2 12345 0 00000 k."""
        body = "2123453" + "01250"
        reading = LabelPattern.of("2{iiiii}{c}{wwwww}{k}").read(body + str(check_digit(body)))
        base = "212345000000"
        assert reading is not None
        assert (reading.value, reading.check) == ("01250", "3")
        assert reading.base == "0" + base + str(check_digit(base))

    def test_other_digits_are_another_label(self):
        assert LabelPattern.of("21{iiiii}{wwwww}{k}").read("2212345012504") is None
