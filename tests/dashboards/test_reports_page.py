"""The report explorer: what it shows of any mart, and what it asks the service to make."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards import report_words
from dashboards.queries import explorer
from tests.dashboards.conftest import OpenPage
from tests.dashboards.service import FakeService
from tests.dbt_project.house import key
from tests.dbt_project.warehouse import BuiltHouse

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

HARBOUR = str(key("location", "HAR"))


def labelled(elements: Iterable[Any], label: str) -> Any:
    return next(each for each in elements if each.label == label)


class TestExploring:
    def test_the_address_says_which_table_columns_and_filter(
        self, app: AppTest, open_page: OpenPage, analyst: BuiltHouse
    ):
        app.query_params["table"] = "fct_sales"
        app.query_params["columns-fct_sales"] = ["item_name", "net_sales"]
        open_page("reports")
        table = app.dataframe[0].value
        assert list(table.columns) == ["item_name", "net_sales"]
        lines = analyst.house.rows["order_lines"]
        month = [line for line in lines if (analyst.house.today - line["business_day"]).days < 28]
        assert f"of {len(month):,} rows" in app.subheader[0].value


class TestHavingItMade:
    def test_what_is_shown_becomes_a_report_with_its_schedule(self, open_page: OpenPage, service: FakeService):
        service.admit("token", may_edit=True)
        app = open_page("reports")
        labelled(app.text_input, "Name").input("Waste, every Monday")
        labelled(app.selectbox, "About").select("Harbour")
        labelled(app.selectbox, "How often").select("every Monday")
        labelled(app.multiselect, "Mail a link to").select("id-token")
        next(each for each in app.button if each.label == "Have it made").click().run()
        assert [each.value for each in app.success] == ["Waste, every Monday is made every Monday at 06\\:00."]
        (made,) = service.reports
        assert (made["code"], made["mart"], made["schedule"]) == ("waste_every_monday", "fct_waste", "0 6 * * 1")
        assert (made["location_id"], made["recipients"], made["format"]) == (HARBOUR, ["id-token"], "csv")
        assert "location" not in made["columns"]

    def test_a_refusal_is_said_in_the_services_words(self, open_page: OpenPage, service: FakeService):
        service.admit("token", may_edit=True)
        service.reports.append(report("Waste", "waste"))
        app = open_page("reports")
        labelled(app.text_input, "Name").input("Waste")
        next(each for each in app.button if each.label == "Have it made").click().run()
        assert [each.value for each in app.error] == ["Another report has this code."]

    def test_a_report_is_changed_as_it_was_read(self, open_page: OpenPage, service: FakeService):
        service.admit("token", may_edit=True)
        service.reports.append(report("Waste", "waste") | {"schedule": "0 6 * * 2,4"})
        app = open_page("reports")
        labelled(app.toggle, "Switched on").set_value(False)
        next(each for each in app.button if each.label == "Keep the change").click().run()
        assert (service.reports[0]["is_enabled"], service.reports[0]["version"]) == (False, 2)
        assert service.reports[0]["schedule"] == "0 6 * * 2,4"
        assert service.reports[0]["recipients"] == ["id-token", "id-other"]

    def test_it_can_be_held_back_from_now_on(self, open_page: OpenPage, service: FakeService):
        service.admit("token", may_edit=True)
        service.reports.append(report("Waste", "waste"))
        app = open_page("reports")
        doubts = [each for each in app.selectbox if each.label == "When a check has failed"]
        doubts[-1].select("hold")
        next(each for each in app.button if each.label == "Keep the change").click().run()
        assert service.reports[0]["on_failed_gate"] == "hold"

    def test_a_file_is_made_at_once(self, open_page: OpenPage, service: FakeService):
        service.reports.append(report("Waste", "waste"))
        app = open_page("reports")
        next(each for each in app.button if each.label == "Make it now").click().run()
        assert service.made == ["report-1"]
        assert "is being made" in app.success[0].value


class TestRuns:
    def test_a_file_that_was_made_can_be_fetched(self, app: AppTest, open_page: OpenPage, service: FakeService):
        service.runs.append(
            {"id": "1", "report_code": "waste", "business_day": "2026-11-21", "status": "succeeded", "row_count": 3}
            | {"format": "csv", "created_at": "2026-11-22T06:00:00Z", "error": None}
        )
        open_page("reports")
        labelled(app.selectbox, "File").select("1").run()
        (link,) = app.get("link_button")
        assert link.proto.url == f"{service.url}/file"

    @pytest.mark.parametrize(
        ("run", "said"),
        [
            ({"status": "succeeded", "gates": {"status": "good"}}, ("made", "", True)),
            (
                {"status": "succeeded", "gates": {"status": "stamped", "reasons": ["sales_gate: no duplicate lines"]}},
                ("made, with a note", "sales_gate: no duplicate lines", True),
            ),
            ({"status": "held", "gates": {"reasons": ["a gate", "another"]}}, ("held back", "a gate; another", False)),
            ({"status": "failed", "error": "no space"}, ("failed", "no space", False)),
            ({"status": "succeeded", "deleted_at": "2026-11-22T06:00:00Z"}, ("made, deleted since", "", False)),
        ],
        ids=["good", "stamped", "held", "failed", "deleted"],
    )
    def test_each_result_is_said_with_its_reason(self, run: dict[str, Any], said: tuple[str, str, bool]):
        assert (report_words.result(run), report_words.reason(run), report_words.has_file(run)) == said


class TestColumns:
    CATALOGUE = pl.DataFrame(
        {"mart": ["fct_waste", "fct_waste", "dim_location"], "column": ["location_id", "value", "location_id"]}
    ).with_columns(type=pl.Series(["uuid", "numeric", "uuid"]))

    def test_an_id_stands_with_the_name_that_it_stands_for(self):
        found = [column.name for column in explorer.explorable(self.CATALOGUE, "fct_waste")]
        assert found == ["location_id", "location", "value"]
        assert [column.name for column in explorer.explorable(self.CATALOGUE, "dim_location")] == ["location_id"]

    @pytest.mark.parametrize("name", ["value; drop table x", "Value", 'va"lue', "marts.x", ""])
    def test_only_a_plain_name_becomes_part_of_a_statement(self, name: str):
        with pytest.raises(ValueError, match="is no name"):
            explorer._name(name)


def report(name: str, code: str) -> dict[str, object]:
    shown = {
        "on_failed_gate": "stamp",
        "id": "report-1",
        "name": name,
        "code": code,
        "mart": "fct_waste",
        "columns": [],
        "filters": {},
    }
    return shown | {"format": "csv", "schedule": "0 6 * * *", "recipients": ["id-token", "id-other"], "is_enabled": True, "version": 1,
    }  # fmt: skip
