"""A headline of several currencies: their total in the reporting currency, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import polars as pl
import psycopg
import pytest

from dashboards import in_all, queries
from tests.dashboards.conftest import issue_claim
from tests.dbt_project.house import key
from tests.dbt_project.warehouse import BuiltHouse, rows

DAY = date(2026, 11, 22)
TWO = {"EUR": Decimal(100), "USD": Decimal(50)}


class TestText:
    @pytest.fixture
    def answer(self, monkeypatch: pytest.MonkeyPatch) -> list[pl.DataFrame | None]:
        answers: list[pl.DataFrame | None] = []
        monkeypatch.setattr(in_all.parts, "ask_if_there", lambda *_: answers[0])
        return answers

    @staticmethod
    def _totals(currency: str, amount: Decimal | None) -> pl.DataFrame:
        return pl.DataFrame({"currency": [currency], "net_sales": [amount]}, schema_overrides=queries.currencies.TOTALS)

    def test_it_is_the_total_of_what_cannot_be_added(self, answer: list[pl.DataFrame | None]):
        answer.append(self._totals("EUR", Decimal(1146)))
        assert in_all.in_all(TWO, "net_sales", ["place"], DAY, DAY) == "EUR 1,146 in all"

    def test_a_missing_rate_is_no_smaller_sum(self, answer: list[pl.DataFrame | None]):
        answer.append(self._totals("EUR", None))
        assert in_all.in_all(TWO, "net_sales", ["place"], DAY, DAY) == "no rate for a total in EUR"

    def test_one_currency_needs_no_total(self, answer: list[pl.DataFrame | None]):
        assert in_all.in_all({"EUR": Decimal(100)}, "net_sales", ["place"], DAY, DAY) is None
        assert in_all.stock_in_all({}, ["place"]) is None
        assert answer == []

    @pytest.mark.parametrize("totals", [None, pl.DataFrame(schema={"currency": pl.String})], ids=["older", "unchosen"])
    def test_no_currency_to_report_in_is_nothing_to_say(self, answer: list[pl.DataFrame | None], totals: pl.DataFrame):
        answer.append(totals)
        assert in_all.stock_in_all(TWO, ["place"]) is None


@pytest.mark.pipeline
class TestQueries:
    """Over the small house, where Harbour is made to keep yen of unknown worth on one day."""

    PLACES = tuple(str(key("location", code)) for code in ("RIV", "HAR"))

    @pytest.fixture
    def day(self, analyst: BuiltHouse) -> date:
        queries.read_as(queries.ReadingRight(issue_claim(analyst.analyst_url, None) or "", None))
        return rows(analyst.url, "select max(business_day) from marts.fct_sales where location_id = %s", self.PLACES[1])[0][0]  # fmt: skip

    @pytest.fixture
    def unknown(self, analyst: BuiltHouse, day: date) -> Iterator[None]:
        where = "where location_id = %s and business_day = %s"
        set_rate = (
            f"update marts.fct_location_days set rate = %s, reporting_net_sales = net_sales * %s {where}".encode()
        )
        with psycopg.connect(analyst.url, autocommit=True) as connection:
            connection.execute(set_rate, [None, None, self.PLACES[1], day])
            yield
            connection.execute(set_rate, [1, 1, self.PLACES[1], day])

    def test_one_currency_is_worth_itself(self, analyst: BuiltHouse, day: date):
        sold = rows(analyst.url, "select sum(net_sales) from marts.fct_sales where business_day = %s", day)[0][0]
        stock = rows(
            analyst.url,
            "select sum(value) from marts.fct_inventory_value_daily as v where business_day ="
            " (select max(business_day) from marts.fct_inventory_value_daily as own where own.location_id = v.location_id)",
        )[0][0]

        totals = queries.reporting_totals(self.PLACES, day, day)
        assert totals.select("currency", "net_sales").rows() == [("USD", sold)]
        assert queries.reporting_stock(self.PLACES).rows() == [("USD", stock)]

    @pytest.mark.usefixtures("unknown")
    def test_a_day_without_a_rate_leaves_no_total(self, day: date):
        assert queries.reporting_totals(self.PLACES, day, day)["net_sales"].to_list() == [None]
        assert queries.reporting_totals(self.PLACES[:1], day, day)["net_sales"][0] > 0
