"""The forecast and the days of cover, read from what dbt built."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestration.lib.cover import COVER_SCHEMA, cover_from_warehouse
from orchestration.lib.forecasting import FORECAST_SCHEMA, forecast_from_warehouse, read_usage
from tests.dbt_project.house import LOCATIONS, key
from tests.dbt_project.warehouse import BuiltHouse

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]


class TestForecastFromWarehouse:
    def test_it_foresees_every_used_product_of_every_location(self, built: BuiltHouse):
        forecast = forecast_from_warehouse(built.url, horizon=7)
        assert dict(forecast.schema) == FORECAST_SCHEMA
        used = {(str(key("location", code)), str(key("product", sku))) for (code, _, sku) in built.house.usage}
        assert set(forecast.select("location_id", "product_id").unique().iter_rows()) == used
        assert forecast.height == 7 * len(used)
        assert forecast["mase"].null_count() == 0

    def test_the_origin_is_the_last_day_that_is_over(self, built: BuiltHouse):
        _, origins = read_usage(built.url)
        assert set(origins) == {str(key("location", code)) for code in LOCATIONS}
        assert max(origins.values()) - built.house.today <= timedelta(days=0)


class TestCoverFromWarehouse:
    def test_every_foreseen_item_gets_its_cover_and_its_next_delivery(self, built: BuiltHouse):
        forecast = forecast_from_warehouse(built.url)
        cover = cover_from_warehouse(built.url, forecast)
        assert dict(cover.schema) == COVER_SCHEMA
        assert cover.height == forecast.select("location_id", "product_id").unique().height
        flour = cover.filter(product_id=str(key("product", "FLO"))).row(0, named=True)
        assert flour["next_delivery_on"].isoweekday() in {1, 4}  # the mill's delivery days
        on_hand = {str(key("location", code)): q for (code, sku), q in built.house.on_hand.items() if sku == "FLO"}
        assert flour["on_hand"] == pytest.approx(float(on_hand[flour["location_id"]]))
