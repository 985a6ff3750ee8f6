"""Two restaurants that keep dollars and yen, reported in euros by a person's rates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from ingestion.exchange_rates.load import load_rates
from tests.conftest import Database
from tests.dbt_project.house import PRODUCTS, build_house, create_raw, fill_raw, key
from tests.dbt_project.warehouse import dbt, rows

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]
DAYS = 4
ENDS = ("id", "from_item_id", "to_item_id")  # what tells whose money a row names


class TestTotals:
    def test_a_total_over_currencies_is_at_each_days_rate_or_unknown(
        self, clone_database: Callable[[str], Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        """1 EUR is 1.25 USD on all days, and 1 JPY 0.006 EUR from the third: before that nobody knows what the yen are worth."""
        url, house = clone_database("currencies").pipeline_url, build_house(days=DAYS)
        third = house.today - timedelta(days=2)
        harbour = {key("location", "HAR"), *(key("item", "HAR", sku) for sku in PRODUCTS)}
        for table in ("locations", "inventory_items", "stock_movements"):
            for row in house.rows[table]:
                row["currency"] = "JPY" if harbour & set(map(row.get, ENDS)) else "USD"
        with psycopg.connect(url) as connection:
            create_raw(connection)
            fill_raw(connection, house.rows)
            connection.execute("drop table raw_exchange_rates.rates")  # the load makes its own
        (tmp_path / "rates.csv").write_text(
            f"base,quote,valid_from,rate\nEUR,USD,2020-01-01,1.25\nJPY,EUR,{third},0.006\n"
        )
        assert load_rates(tmp_path, url).problems == ()

        monkeypatch.setenv("REPORTING_CURRENCY", "EUR")
        dbt(url, tmp_path, "run", "--select", "+fct_location_days")

        found = rows(
            url,
            "select currency, business_day >= %s, reporting_currency, count(*) > 0,"
            " bool_and(rate is null), bool_and(reporting_stock_value = round(stock_value * %s, 6)),"
            " bool_and(reporting_net_sales = round(net_sales * %s, 6))"
            " from marts_build.fct_location_days where currency = %s group by 1, 2, 3 order by 2",
            third, Decimal("0.8"), Decimal("0.8"), "USD",
        )  # fmt: skip
        assert found == [("USD", False, "EUR", True, False, True, True), ("USD", True, "EUR", True, False, True, True)]
        yen = rows(
            url,
            "select business_day >= %s, bool_and(rate is null), bool_and(reporting_stock_value is null),"
            " bool_and(reporting_stock_value = round(stock_value * 0.006, 6))"
            " from marts_build.fct_location_days where currency = 'JPY' group by 1 order by 1",
            third,
        )
        assert yen == [(False, True, True, None), (True, False, False, True)]
