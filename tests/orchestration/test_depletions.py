"""Which days are posted, and what is remembered of them."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from orchestration.defs.depletion.theoretical_usage import theoretical_usage
from orchestration.lib.attributes import in_one_run
from orchestration.lib.depletions import days_to_post, post_days
from orchestration.lib.errors import ApiRefused, ApiUnreachable
from orchestration.lib.stockpot_api import StockpotApi
from tests.ingestion.conftest import Kitchen
from tests.orchestration.conftest import Service, execute

pytestmark = pytest.mark.pipeline


@pytest.fixture
def api(service: Service, key_folder: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The pipeline's session with the stand-in service, without waiting between tries."""
    monkeypatch.setenv("SERVICE_PRIVATE_KEY_FILE", str(key_folder / "service-private.pem"))
    with StockpotApi(service.url, pause=lambda _: None) as session:
        yield session


@pytest.fixture
def sold(kitchen: Kitchen) -> Kitchen:
    """Two pies on 1 November, one on the 2nd, as dbt gives them."""
    url = kitchen.pipeline_url
    execute(url, "create schema staging")
    execute(url, "create schema intermediate")
    execute(
        url,
        "create view staging.stg_operational__locations as select id as location_id, time_zone, day_cutoff from public.locations",
    )
    execute(
        url,
        "create table intermediate.int_item_sales_daily (location_id uuid, business_day date, item_code text, quantity numeric(18, 6))",
    )
    execute(
        url,
        "insert into intermediate.int_item_sales_daily select id, day, 'pie', quantity from public.locations,"
        " (values (date '2026-11-01', 2), ('2026-11-02', 1), (current_date + 1, 5)) as sold(day, quantity)",
    )
    return kitchen


def post(api: StockpotApi, kitchen: Kitchen) -> list[str]:
    outcomes = post_days(api, days_to_post(kitchen.pipeline_url), kitchen.pipeline_url, print)
    return [f"{each.day.business_day} {each.status}" for each in outcomes]


class TestPosting:
    def test_finished_days_are_posted_once(self, api: StockpotApi, sold: Kitchen, service: Service) -> None:
        assert post(api, sold) == ["2026-11-01 posted", "2026-11-02 posted"]
        assert post(api, sold) == []
        assert service.depletions[0]["sales"] == [{"menu_item_code": "pie", "quantity": "2"}]

    def test_a_day_whose_sales_changed_is_posted_again(self, api: StockpotApi, sold: Kitchen) -> None:
        post(api, sold)
        execute(
            sold.pipeline_url,
            "update intermediate.int_item_sales_daily set quantity = 3 where business_day = '2026-11-01'",
        )
        assert post(api, sold) == ["2026-11-01 posted"]

    def test_a_changed_recipe_posts_every_day_again(self, api: StockpotApi, sold: Kitchen) -> None:
        post(api, sold)
        sold.execute("insert into recipes (menu_item_id, effective_from) select id, '2026-01-01' from menu_items")
        assert post(api, sold) == ["2026-11-01 unchanged", "2026-11-02 unchanged"]

    def test_a_refused_day_does_not_stop_the_others_and_is_tried_again(
        self, api: StockpotApi, sold: Kitchen, service: Service
    ) -> None:
        service.refused = {"2026-11-01"}
        assert post(api, sold) == ["2026-11-01 refused", "2026-11-02 posted"]
        assert (
            "not enough flour" in sold.read("select error from quality.depletion_days where status = 'refused'")[0][0]
        )
        service.refused = set()
        assert post(api, sold) == ["2026-11-01 posted"]


class TestBackfill:
    def test_chosen_days_are_posted_whether_they_changed_or_not_and_others_are_not(
        self, api: StockpotApi, sold: Kitchen, service: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A backfill of 1 to 2 November after the night has posted both: each once more, and `unchanged`."""
        monkeypatch.setenv("STOCKPOT_API_URL", service.url)
        post(api, sold)
        days = {f"dagster/asset_partition_range_{end}": f"2026-11-0{day}" for end, day in (("start", 1), ("end", 2))}
        with dg.DagsterInstance.ephemeral() as instance:
            ranged = dg.materialize([in_one_run(theoretical_usage)], tags=days, instance=instance)
            single = dg.materialize([theoretical_usage], partition_key="2026-11-02", instance=instance)
            filled = instance.get_materialized_partitions(theoretical_usage.key)
        assert ranged.success
        assert single.success
        assert filled == {"2026-11-01", "2026-11-02"}
        posted = [body["business_day"] for body in service.depletions]
        assert posted == ["2026-11-01", "2026-11-02", "2026-11-01", "2026-11-02", "2026-11-02"]
        assert service.depletions[0] == service.depletions[2]
        assert sold.read("select distinct status from quality.depletion_days") == [("unchanged",)]


class TestService:
    def test_a_short_outage_is_waited_out(self, api: StockpotApi, service: Service) -> None:
        service.outages = 2
        assert api.reports() == service.reports

    def test_a_service_that_is_away_is_named(self, key_folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SERVICE_PRIVATE_KEY_FILE", str(key_folder / "service-private.pem"))
        with (
            StockpotApi("http://127.0.0.1:9", pause=lambda _: None) as away,
            pytest.raises(ApiUnreachable, match=r"127\.0\.0\.1:9"),
        ):
            away.reports()

    def test_a_problem_is_told_in_the_services_words(self, api: StockpotApi, service: Service) -> None:
        service.refused = {"2026-11-01"}
        with pytest.raises(ApiRefused, match="not enough flour") as refusal:
            api.post_depletion("x", "2026-11-01", [])
        assert (refusal.value.status, refusal.value.code) == (409, "insufficient_stock")
