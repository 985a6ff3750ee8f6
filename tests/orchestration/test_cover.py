"""Days of cover and the probability of a stockout, as worked examples."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from orchestration.lib.cover import days_of_cover, next_delivery_day, stock_cover, stockout_probabilities
from orchestration.lib.forecasting import FORECAST_SCHEMA

ORIGIN = date(2026, 11, 21)  # a Saturday


def forecast(*demands: float, spread: float = 0.0, product: str = "flour") -> pl.DataFrame:
    """A forecast for the days after ORIGIN whose quantiles lie `spread` (as a share) around each demand."""
    return pl.DataFrame(
        [
            {
                "location_id": "RIV",
                "product_id": product,
                "origin_day": ORIGIN,
                "target_day": ORIGIN + timedelta(days=ahead),
                "horizon": ahead,
                "model": "blend",
                "mean": demand,
                "p10": demand * (1 - spread),
                "p50": demand,
                "p80": demand * (1 + spread * 0.66),
                "p90": demand * (1 + spread),
                "mase": 0.7,
            }
            for ahead, demand in enumerate(demands, start=1)
        ],
        schema=FORECAST_SCHEMA,
    )


def stock(on_hand: float, arriving: float = 0.0, days: int = 3, product: str = "flour") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "location_id": ["RIV"],
            "product_id": [product],
            "on_hand": [on_hand],
            "arriving": [arriving],
            "next_delivery_on": [ORIGIN + timedelta(days=days + 1)],
        }
    )


class TestNextDeliveryDay:
    def test_the_first_delivery_weekday_after_the_lead_time(self):
        sunday = date(2026, 11, 22)
        assert next_delivery_day(sunday, 1, {2, 4}) == date(2026, 11, 24)  # Monday is no delivery day, Tuesday is

    def test_an_order_after_the_cut_off_counts_as_tomorrows(self):
        monday = date(2026, 11, 23)
        assert next_delivery_day(monday, 1, {2, 4}) == date(2026, 11, 24)
        assert next_delivery_day(monday, 1, {2, 4}, is_after_cutoff=True) == date(2026, 11, 26)

    def test_a_supplier_without_weekdays_delivers_every_day(self):
        assert next_delivery_day(date(2026, 11, 22), 2, set()) == date(2026, 11, 24)


class TestDaysOfCover:
    @pytest.mark.parametrize(
        ("on_hand", "expected"),
        [
            (10.0, 1.0),  # exactly the first day's demand
            (25.0, 1.75),  # the first day's 10 and three quarters of the second day's 20
            (30.0, 2.0),
            (0.0, 0.0),
            (-4.0, 0.0),
        ],
    )
    def test_it_is_where_cumulative_demand_meets_on_hand(self, on_hand: float, expected: float):
        cover = days_of_cover(stock(on_hand), forecast(10, 20, 0, 30))
        assert cover["days_of_cover"].item() == pytest.approx(expected)

    def test_a_closed_day_prolongs_it(self):
        cover = days_of_cover(stock(45.0), forecast(10, 20, 0, 30))
        assert cover["days_of_cover"].item() == pytest.approx(3.5)

    def test_what_outlasts_the_forecast_is_longer_than_known(self):
        assert days_of_cover(stock(61.0), forecast(10, 20, 0, 30))["days_of_cover"].item() is None

    def test_an_item_without_forecast_is_unknown(self):
        assert days_of_cover(stock(5.0, product="salt"), forecast(10))["days_of_cover"].item() is None


class TestStockoutProbability:
    def probability(self, on_hand: float, arriving: float = 0.0, days: int = 3) -> float:
        risk = stockout_probabilities(stock(on_hand, arriving, days), forecast(10, 10, 10, 10, spread=0.4))
        return float(risk["stockout_probability"].item())

    def test_plenty_is_no_risk_and_far_too_little_is_certain(self):
        assert self.probability(100) == 0
        assert self.probability(10) == 1

    def test_stock_of_the_expected_demand_is_about_even(self):
        assert self.probability(30) == pytest.approx(0.5, abs=0.1)

    def test_more_on_hand_never_raises_it(self):
        risks = [self.probability(on_hand) for on_hand in (24, 27, 30, 33, 36)]
        assert risks == sorted(risks, reverse=True)
        assert risks[0] > risks[-1]

    def test_what_arrives_before_counts_like_what_is_there(self):
        assert self.probability(20, arriving=10) == self.probability(30)

    def test_a_later_delivery_is_a_higher_risk(self):
        assert self.probability(30, days=2) < self.probability(30, days=4)

    def test_nothing_on_hand_is_out_already(self):
        risk = stockout_probabilities(stock(0.0), forecast(0, 0, 0, 0))
        assert risk["stockout_probability"].item() == 1

    def test_the_same_input_gives_the_same_answer(self):
        assert self.probability(31) == self.probability(31)

    def test_an_item_that_sells_on_few_days_keeps_its_small_risk(self):
        rarely = forecast(1, 1, 1, product="truffle").with_columns(
            p10=pl.lit(0.0), p50=pl.lit(0.0), p80=pl.lit(0.0), p90=pl.lit(5.0)
        )
        risk = stockout_probabilities(stock(12.0, product="truffle"), rarely)["stockout_probability"].item()
        assert 0 < risk < 0.1


class TestStockCover:
    def test_it_gives_one_row_per_item_with_everything_an_alert_says(self):
        row = stock_cover(stock(25.0), forecast(10, 20, 30, 40)).row(0, named=True)
        assert row == {
            "location_id": "RIV",
            "product_id": "flour",
            "on_hand": 25.0,
            "days_of_cover": 1.75,
            "next_delivery_on": date(2026, 11, 25),
            "expected_demand": 60.0,
            "stockout_probability": 1.0,
        }

    def test_nothing_in_gives_nothing_out(self):
        empty = stock(1.0).clear()
        assert stock_cover(empty, forecast(1)).is_empty()
