"""Which figures look wrong, each with its arithmetic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from api.inventory.counts.flags import Evidence, flags

NOW = datetime(2026, 11, 22, 22, tzinfo=UTC)


def codes(counted: str, expected: str, **more: Any) -> list[str]:
    evidence = Evidence(unit="each", counted=Decimal(counted), expected=Decimal(expected), measured_at=NOW, **more)
    return [flag.code for flag in flags(evidence)]


def weekly(last: str, mean: str, deviation: str = "0", came: str = "0") -> dict[str, Any]:
    """Counted a week ago, since then so much a day was used."""
    return {
        "last_count": Decimal(last),
        "last_counted_at": NOW - timedelta(days=7),
        "usage_mean": Decimal(mean),
        "usage_deviation": Decimal(deviation),
        "came_otherwise": Decimal(came),
    }


class TestAgainstTheLastCount:
    @pytest.mark.parametrize(
        ("counted", "found"), [("0", "zero"), ("20", "half"), ("80", "double"), ("21", None), ("79", None)]
    )
    def test_zero_half_and_double_of_forty(self, counted: str, found: str | None):
        assert codes(counted, "50", last_count=Decimal(40)) == ([found] if found else [])

    def test_nothing_where_something_is_expected(self):
        assert codes("0", "3") == ["zero"]
        assert codes("0", "0") == []

    def test_what_the_books_explain_to_five_per_cent_is_no_surprise(self):
        """40 then, 20 now; 21 are expected, since 19 were sold: 1 ÷ 21 < 5 %."""
        assert codes("20", "21", last_count=Decimal(40)) == []
        assert codes("20", "21.1", last_count=Decimal(40)) == ["half"]


class TestUnits:
    @pytest.mark.parametrize(
        ("counted", "found"),
        [
            ("36", "unit_confusion"),
            ("34.3", "unit_confusion"),
            ("34.1", "double"),
            ("0.25", "unit_confusion"),
            ("0.263", "half"),
            ("1.6", None),
        ],
    )
    def test_a_count_that_misses_by_the_factor_of_a_case(self, counted: str, found: str | None):
        """3 expected, 12 to a case: 36 ± 5 % is 34.2 to 37.8, and 3 ÷ 12 = 0.25 ± 5 % is up to 0.2625.

        Beside it, an item without a last count is compared with what is expected: 6 or more, 1.5 or less.
        """
        assert codes(counted, "3", packs={"case": Fraction(12)}) == ([found] if found else [])

    def test_it_says_which_unit_was_meant(self):
        evidence = Evidence(
            unit="g", counted=Decimal(9), expected=Decimal(9000), measured_at=NOW, packs={"kg": Fraction(1000)}
        )
        (flag,) = flags(evidence)
        assert flag.detail == "About one in 1000 of what is expected: was kg entered as g?"


class TestUsage:
    def test_the_band_of_what_is_usually_used(self):
        """100 a week ago + 50 received − 10 × 7 days = 80. Deviation 1: 3 × √7 ≈ 7.94, so 72.06 to 87.94."""
        known = weekly("100", "10", "1", came="50")
        assert codes("73", "60", **known) == []
        assert codes("72", "60", **known) == ["unexpected_usage"]
        assert codes("88", "60", **known) == ["unexpected_usage"]

    def test_the_band_is_never_narrower_than_a_tenth_of_the_usage(self):
        """100 − 10 × 7 = 30, no deviation at all: a tenth of 70 is 7, so 23 to 37."""
        known = weekly("100", "10")
        assert codes("37", "50", **known) == ["half"]  # of the last count, and within the band
        assert codes("38", "50", **known) == ["half", "unexpected_usage"]

    def test_it_is_said_in_words(self):
        evidence = Evidence(
            unit="each", counted=Decimal(88), expected=Decimal(60), measured_at=NOW, **weekly("100", "10", "1", "50")
        )
        (flag,) = flags(evidence)
        assert flag.detail == (
            "Outside 72.063 each to 87.937 each: 100 each at the last count, 50 each came since, and about 10 each a day "
            "is used (7 days)."
        )

    def test_without_a_last_count_or_any_use_there_is_no_band(self):
        assert codes("88", "60", usage_mean=Decimal(10)) == []
        assert codes("88", "60", last_count=Decimal(60), last_counted_at=NOW - timedelta(days=7)) == []
