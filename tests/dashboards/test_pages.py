"""The pages on real marts: what they ask, what they answer, and whom."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from dashboards import session
from dashboards.metrics import money_text
from dashboards.streamlit_app import PAGES
from tests.dashboards.conftest import OpenPage
from tests.dashboards.service import FakeService
from tests.dbt_project.house import key
from tests.dbt_project.warehouse import BuiltHouse

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def titles(app: AppTest) -> list[str]:
    return [title.value for title in app.title]


class TestEveryPage:
    @pytest.mark.parametrize("name", PAGES)
    def test_it_asks_a_question_and_shows_how_fresh_its_answer_is(self, open_page: OpenPage, name: str):
        app = open_page(name)
        assert titles(app)[0].endswith("?")
        head = app.caption[0].value
        assert "Ledger as known at" in head
        assert "sales up to" in head
        assert app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart"), "no plot"
        assert app.get("download_button")
        assert app.dataframe

    @pytest.mark.parametrize("name", [name for name in PAGES if name != "reports"])
    def test_every_figure_explains_itself(self, open_page: OpenPage, name: str):
        app = open_page(name)
        assert len(app.metric) == 4
        assert all("Explain this number" in metric.help for metric in app.metric)

    def test_an_address_carries_the_filters(self, app: AppTest, open_page: OpenPage):
        app.query_params["location"] = "Harbour"
        app.query_params["period"] = "90 days"
        open_page("overview")
        assert app.selectbox(key="location").value == "Harbour"
        assert app.selectbox(key="period").value == "90 days"


class TestOverview:
    def test_yesterdays_sales_are_the_tills(self, open_page: OpenPage, analyst: BuiltHouse):
        lines = analyst.house.rows["order_lines"]
        last = max(line["business_day"] for line in lines)
        sold = sum((line["line_total"] for line in lines if line["business_day"] == last), Decimal(0))
        assert figures(open_page("overview"))[f"Sold on {last:%a %d %b}"] == money_text({"USD": sold})


class TestSales:
    def test_the_period_counts_the_days_in_it(self, open_page: OpenPage, analyst: BuiltHouse):
        app = open_page("sales")
        app.selectbox(key="period").select("7 days").run()
        lines = analyst.house.rows["order_lines"]
        last = max(line["business_day"] for line in lines)
        week = [line for line in lines if (last - line["business_day"]).days < 7]
        shown = figures(app)
        assert shown["Net sales"] == money_text({"USD": sum((line["line_total"] for line in week), Decimal(0))})
        assert shown["Units sold"] == f"{sum(line['quantity'] for line in week):,}"
        assert shown["Not on the menu"] == "0 of 3"

    def test_what_was_taken_from_stock_is_what_the_recipes_say(self, open_page: OpenPage):
        app = open_page("sales")
        used = app.dataframe[1].value
        assert list(used["By the recipes"]) == list(used["Taken from stock"])


class TestStock:
    def test_every_item_is_listed_with_how_long_it_lasts(self, open_page: OpenPage, analyst: BuiltHouse):
        table = open_page("stock").dataframe[0].value
        assert len(table) == len(analyst.house.on_hand)
        assert set(table["Location"]) == {"Riverside", "Harbour"}
        assert all(table["Lasts"].str.contains(r"day|out|longer"))

    def test_what_is_below_its_reorder_point_is_counted(self, open_page: OpenPage):
        app = open_page("stock")
        assert figures(app)["Below reorder point"] == "2 of 18"  # the basil of both houses


class TestPurchasing:
    def test_the_share_never_stands_without_its_sample(self, open_page: OpenPage):
        shown = figures(open_page("purchasing"))
        for label in ("On time and in full", "On time", "In full"):
            assert " % of " in shown[label]

    def test_what_invoices_ask_beyond_the_orders_is_listed(self, open_page: OpenPage, analyst: BuiltHouse):
        """The house is billed everything that was ordered, what came or not, at what was paid: each difference once."""
        app = open_page("purchasing")
        app.selectbox(key="period").select("90 days").run()
        assert not app.exception
        tables = [table.value for table in app.dataframe]
        (shown,) = (table for table in tables if "Over agreed" in table)
        paid = {row["purchase_order_line_id"]: row["price"] for row in analyst.house.rows["purchase_order_receipts"]}
        differing = [
            row
            for row in analyst.house.rows["purchase_order_lines"]
            if row["id"] in paid and (paid[row["id"]] != row["price"] or row["packs_ordered"] > row["packs_received"])
        ]
        assert 0 < len(shown) <= len(differing)
        assert (shown["Goods came"] <= shown["Known on"]).all()
        (listed,) = (table for table in tables if "Change" in table)
        assert set(listed["Change"]) == {"+10.0 %"}


class TestWhoMaySee:
    def test_without_a_session_there_is_a_sign_in_form_and_no_figure(self, app: AppTest):
        app.run()
        assert titles(app) == ["Sign in to see the figures"]
        assert not app.metric

    def test_a_wrong_password_says_so(self, app: AppTest):
        app.run()
        app.text_input[0].input("ana@example.com")
        app.text_input[1].input("wrong")
        app.button[0].click().run()
        assert [error.value for error in app.error] == ["E-mail or password is wrong."]

    def test_the_right_password_opens_the_page(self, app: AppTest, service: FakeService):
        service.admit("fresh")
        service.passwords["ana@example.com", "right"] = "fresh"
        app.run()
        app.text_input[0].input("ana@example.com")
        app.text_input[1].input("right")
        app.button[0].click().run()
        assert titles(app) == ["How is the house today?"]

    def test_a_person_of_one_location_sees_that_location_alone(self, open_page: OpenPage, service: FakeService):
        service.admit("token", locations=[str(key("location", "HAR"))])
        app = open_page("stock")
        assert set(app.dataframe[0].value["Location"]) == {"Harbour"}
        assert [box.label for box in app.selectbox] == ["Period", "Follow one item", "Category in the table"]

    def test_another_location_in_the_address_shows_nothing_of_it(
        self, app: AppTest, service: FakeService, open_page: OpenPage
    ):
        service.admit("token", locations=[str(key("location", "HAR"))])
        app.query_params["location"] = "Riverside"
        assert set(open_page("stock").dataframe[0].value["Location"]) == {"Harbour"}

    def test_a_person_of_no_location_sees_none(self, open_page: OpenPage, service: FakeService):
        service.admit("token", locations=[])
        app = open_page("stock")
        assert not app.dataframe
        assert "Nothing is in stock here yet" in app.info[0].value

    def test_somebody_who_may_not_read_reports_is_told(self, open_page: OpenPage, service: FakeService):
        service.admit("token", scope="inventory.scan")
        app = open_page("overview")
        assert "may not read reports" in app.error[0].value
        assert not app.metric

    def test_a_revoked_session_ends_at_the_next_click_and_says_so(self, open_page: OpenPage, service: FakeService):
        app = open_page("overview")
        service.people.clear()
        app.run()
        assert titles(app) == ["Sign in to see the figures"]
        assert "has ended" in app.warning[0].value
        assert app.text_input[0].value == "token@example.com"
        assert not app.metric

    def test_the_way_over_the_operators_page_leads_back_with_the_filters(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("STOCKPOT_PUBLIC_URL", "http://127.0.0.1:8000/")
        streamlit = SimpleNamespace(
            context=SimpleNamespace(url="http://127.0.0.1:8501/waste"),
            query_params=SimpleNamespace(to_dict=lambda: {"period": "90 days"}),
        )
        monkeypatch.setattr("dashboards.session.st", streamlit)
        way = session.way_over_operators_page()
        assert way is not None
        assert parse_qs(urlsplit(way).query) == {"next": ["http://127.0.0.1:8501/waste?period=90+days"]}
        assert way.startswith("http://127.0.0.1:8000/login?")

    def test_a_right_that_was_taken_away_is_gone_at_the_next_click(self, open_page: OpenPage, service: FakeService):
        app = open_page("overview")
        assert app.session_state["stockpot_view"].places.height == 2
        service.admit("token", locations=[str(key("location", "HAR"))])
        app.run()
        assert app.session_state["stockpot_view"].places["name"].to_list() == ["Harbour"]

    def test_the_operators_session_is_found_again_when_the_page_is_loaded_anew_and_signed_out_everywhere(
        self, app: AppTest, service: FakeService, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("dashboards.session.browser_token", lambda: "cookie")
        service.admit("cookie")
        app.run()
        assert titles(app) == ["How is the house today?"]
        next(button for button in app.button if button.label == "Sign out").click().run()
        assert service.ended == ["cookie"]
        assert titles(app) == ["Sign in to see the figures"]
        assert not app.warning

    def test_an_ended_access_token_is_renewed_without_asking(self, app: AppTest, service: FakeService):
        from dashboards.session import KEPT, KeptSession

        service.admit("next")
        service.refreshes["kept"] = "next"
        app.session_state[KEPT] = KeptSession("ended", "kept", "csrf")
        app.run()
        assert titles(app) == ["How is the house today?"]
        assert app.session_state[KEPT].access == "next"

    def test_sign_out_ends_the_session_at_the_service(self, open_page: OpenPage, service: FakeService):
        app = open_page("overview")
        next(button for button in app.button if button.label == "Sign out").click().run()
        assert service.ended == ["token"]
        assert titles(app) == ["Sign in to see the figures"]


class TestTrouble:
    def test_a_service_that_does_not_answer_is_said(self, app: AppTest, monkeypatch: pytest.MonkeyPatch):
        from dashboards.session import KEPT, KeptSession

        monkeypatch.setenv("STOCKPOT_API_URL", "http://127.0.0.1:9")
        app.session_state[KEPT] = KeptSession("token", "", "csrf")
        app.run()
        assert "does not answer" in app.error[0].value

    def test_before_the_first_publication_it_says_what_to_do(self, open_page: OpenPage, service: FakeService):
        service.claim = lambda _: None
        app = open_page("overview")
        assert titles(app) == ["No figures yet"]
        assert "stockpot pipeline" in app.info[0].value

    def test_a_warehouse_that_is_away_is_said(self, open_page: OpenPage, monkeypatch):
        monkeypatch.setenv("READER_URL", "postgresql://stockpot_reader:x@127.0.0.1:9/stockpot")
        assert "does not answer" in open_page("overview").error[0].value
