"""The dashboards' arithmetic, without a browser."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest

from dashboards import metrics
from dashboards.metrics import Period
from dashboards.stock_view import foreseen_balance, with_cover, with_left
from orchestration.lib import cover


class TestPeriod:
    def test_both_ends_count_and_the_one_before_is_as_long(self):
        week = Period.ending(date(2026, 11, 22), 7)
        assert week == Period(date(2026, 11, 16), date(2026, 11, 22))
        assert week.days == 7
        assert week.before == Period(date(2026, 11, 9), date(2026, 11, 15))


class TestChange:
    def test_it_is_relative_to_before(self):
        assert metrics.change(Decimal(110), Decimal(100)) == Decimal("0.1")
        assert metrics.change_text(Decimal(95), Decimal(100)) == "-5.0 %"

    def test_nothing_before_is_no_change(self):
        assert metrics.change_text(Decimal(5), Decimal(0)) is None


class TestSignedPercent:
    @pytest.mark.parametrize(("relative", "text"), [(Decimal("-0.0512"), "−5.1 %"), (0.25, "+25.0 %"), (0.0, "+0.0 %")])
    def test_the_sign_is_always_told(self, relative: Decimal | float, text: str):
        assert metrics.signed_percent(relative) == text


class TestDaysOfCover:
    CASES = ((10.0, 1.0), (25.0, 1.75), (45.0, 3.5), (61.0, None), (0.0, 0.0), (-4.0, 0.0))
    DEMAND = (10.0, 20.0, 0.0, 30.0)

    @pytest.mark.parametrize(("on_hand", "expected"), CASES)
    def test_the_page_and_the_alerts_say_when_cumulative_demand_meets_what_is_there(
        self, on_hand: float, expected: float | None
    ):
        keys = {"location_id": ["L"], "product_id": ["P"]}
        days = [date(2026, 1, 1) + timedelta(days=ahead) for ahead in range(4)]
        forecast = pl.DataFrame({"target_day": days, "mean": self.DEMAND}).with_columns(
            location_id=pl.lit("L"), product_id=pl.lit("P")
        )
        stock = pl.DataFrame({**keys, "on_hand": [on_hand]})
        assert cover.days_of_cover(stock, forecast)["days_of_cover"].item() == expected
        (row,) = with_cover(stock.with_columns(product=pl.lit("Flour")), forecast).iter_rows(named=True)
        assert row["days_of_cover"] == expected
        assert row["is_urgent"] is (expected is not None and expected < metrics.URGENT_DAYS)


class TestTexts:
    @pytest.mark.parametrize(
        ("quantity", "unit", "text"),
        [
            ("12400", "g", "12.4 kg"),
            ("350", "g", "350 g"),
            ("1000", "ml", "1 l"),
            ("-2", "each", "−2 each"),
            ("0.25", "each", "0.3 each"),
            ("1234567", "each", "1,234,567 each"),
            ("99.96", "g", "100.0 g"),
        ],
    )
    def test_quantities_are_said_as_a_cook_says_them(self, quantity: str, unit: str, text: str):
        assert metrics.quantity_text(Decimal(quantity), unit) == text

    def test_money_of_two_currencies_is_never_added(self):
        rows = [("USD", Decimal("10.50")), ("GBP", Decimal(700)), ("USD", Decimal("1000.00"))]
        assert metrics.money_text(metrics.by_currency(rows)) == "USD 1,011 · GBP 700"
        assert metrics.money_text({}) == "0"

    @pytest.mark.parametrize(
        ("amount", "text"),
        [("0.36", "USD 0.36"), ("-5.125", "USD −5.13"), ("10.49", "USD 10"), ("0", "USD 0")],
    )
    def test_a_little_money_is_not_nothing(self, amount: str, text: str):
        assert metrics.money_text({"USD": Decimal(amount)}) == text

    def test_a_share_names_its_sample(self):
        assert metrics.percent_text(metrics.rate(5, 6), 6) == "83 % of 6"
        assert metrics.percent_text(metrics.rate(0, 0), 0) == "nothing due"

    @pytest.mark.parametrize(
        ("days", "text"),
        [(None, "longer than foreseen"), (0.0, "out"), (0.4, "less than a day"), (1.9, "1 day"), (3.2, "3 days")],
    )
    def test_cover_is_said_in_days(self, days: float | None, text: str):
        assert metrics.cover_text(days) == text

    def test_an_axis_has_no_needless_thousands(self):
        assert metrics.plot_unit("g", 5000) == (1000.0, "kg")
        assert metrics.plot_unit("g", 500) == (1.0, "g")
        assert metrics.plot_unit("each", 5000) == (1.0, "each")


class TestStockView:
    def stock(self, *places: str) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "location_id": list(places),
                "location": [f"{place} house" for place in places],
                "product_id": ["flour"] * len(places),
                "product": ["Flour"] * len(places),
                "on_hand": [Decimal(15)] * len(places),
                "unit": ["g"] * len(places),
            }
        )

    def forecast(self, place: str) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "location_id": [place, place],
                "product_id": ["flour", "flour"],
                "target_day": [date(2026, 1, 1), date(2026, 1, 2)],
                "mean": [Decimal(10), Decimal(10)],
                "p10": [Decimal(8), Decimal(8)],
                "p90": [Decimal(12), Decimal(12)],
            }
        )

    def test_what_runs_out_first_stands_first_and_what_is_not_foreseen_last(self):
        listed = with_cover(self.stock("A", "B"), self.forecast("B"))
        assert listed["location_id"].to_list() == ["B", "A"]
        assert listed["days_of_cover"].to_list() == [1.5, None]
        assert with_left(listed)["left"].to_list() == ["15 g, 1 day", "15 g, longer than foreseen"]
        assert listed["name"].to_list() == ["Flour, B house", "Flour, A house"]

    def test_one_location_needs_no_name_behind_the_product(self):
        assert with_cover(self.stock("A"), self.forecast("A"))["name"].to_list() == ["Flour"]

    def test_nothing_in_stock_is_an_empty_list(self):
        assert with_cover(self.stock("A").clear(), self.forecast("A")).is_empty()

    def test_the_foreseen_balance_falls_to_nothing_and_not_below(self):
        ahead = foreseen_balance(15.0, self.forecast("A"))
        assert ahead.select("low", "left", "high").rows() == [(3.0, 5.0, 7.0), (0.0, 0.0, 0.0)]
