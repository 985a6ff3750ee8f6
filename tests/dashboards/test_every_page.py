"""Every page, walked through once by each kind of person: what it shows, and that nothing of another location is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from dashboards.streamlit_app import PAGES
from tests.dashboards.conftest import issue_claim
from tests.dashboards.service import FakeService, running_service
from tests.dashboards.walk import Page, forget_answers, walk
from tests.dbt_project.house import key
from tests.dbt_project.warehouse import BuiltHouse

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

HARBOUR, RIVERSIDE = str(key("location", "HAR")), str(key("location", "RIV"))
OF_RIVERSIDE = ("Riverside", "-RIV-", RIVERSIDE)
"""Its name, its code inside order numbers, its id."""


@dataclass(frozen=True)
class Walks:
    """What each person was shown."""

    manager: dict[str, Page]
    operator: dict[str, Page]
    analyst: dict[str, Page]


@pytest.fixture(scope="module")
def service(published: BuiltHouse) -> Iterator[FakeService]:
    with pytest.MonkeyPatch.context() as patch, running_service() as running:
        running.claim = lambda locations: issue_claim(published.analyst_url, locations)
        patch.setenv("READER_URL", published.reader_url)
        patch.setenv("STOCKPOT_API_URL", running.url)
        forget_answers()
        yield running
    forget_answers()


@pytest.fixture(scope="module")
def walks(service: FakeService) -> Walks:
    """A manager of every location, an operator of the Harbour, an analyst who looks at reports."""
    service.admit("manager", may_edit=True)
    service.admit("operator", locations=[HARBOUR], may_edit=True)
    service.admit("analyst", name="Ana Lyst")
    return Walks(walk("manager"), walk("operator"), walk("analyst", ["health", "reports"]))


class TestEveryPage:
    @pytest.mark.parametrize("name", PAGES)
    def test_it_asks_a_question_and_shows_how_fresh_its_answer_is(self, walks: Walks, name: str):
        page = walks.manager[name]
        assert page.titles[0].endswith("?")
        assert "Ledger as known at" in page.captions[0]
        assert "1 of 2 checks warned" in page.captions[0]
        assert page.errors == []

    @pytest.mark.parametrize("name", PAGES)
    def test_it_has_a_plot_a_table_and_a_file(self, walks: Walks, name: str):
        page = walks.manager[name]
        assert {"arrow_vega_lite_chart", "vega_lite_chart"} & page.kinds
        assert {"arrow_data_frame", "dataframe"} & page.kinds
        assert all(content.count(b"\n") > 1 for content in page.files.values())
        assert page.files

    @pytest.mark.parametrize("name", [name for name in PAGES if name != "reports"])
    def test_every_figure_explains_itself(self, walks: Walks, name: str):
        page = walks.manager[name]
        assert len(page.figures) == 4
        assert all("Explain this number" in each for each in page.helps)


class TestAnotherLocation:
    @pytest.mark.parametrize("name", PAGES)
    def test_nothing_of_it_is_in_any_element_or_file(self, walks: Walks, name: str):
        for text in OF_RIVERSIDE:
            assert not walks.operator[name].holds(text), text

    def test_the_search_finds_it_where_somebody_may_see_it(self, walks: Walks):
        found = {name: any(page.holds(text) for text in OF_RIVERSIDE) for name, page in walks.manager.items()}
        assert found == dict.fromkeys(PAGES, True)
        assert all(page.files for page in walks.operator.values())


class TestAnalyst:
    def test_somebody_who_may_only_read_is_offered_no_change(self, walks: Walks):
        assert walks.analyst["reports"].holds("may not define reports")
        assert not walks.manager["reports"].holds("may not define reports")
        assert walks.analyst["health"].figures.keys() == walks.manager["health"].figures.keys()
