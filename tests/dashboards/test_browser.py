"""The dashboards in a real browser: sign in, visit every page; accessible, upright on a tablet, and no name ever runs.

One server and one tour for the whole file: each page is opened once and looked at in every way, the tests read the notes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, Request, expect

from dashboards.streamlit_app import PAGES
from infra.local.postgres import PostgresServer, create_database
from infra.local.processes import free_port
from tests.conftest import ROOT
from tests.dashboards.conftest import issue_claim
from tests.dashboards.service import running_service
from tests.dbt_project.warehouse import BuiltHouse
from tests.e2e.conftest import browser, playwright  # noqa: F401 - fixtures

pytestmark = [pytest.mark.pipeline, pytest.mark.slow, pytest.mark.e2e]

DESK, TABLET = {"width": 1280, "height": 900}, {"width": 820, "height": 1180}
SHOTS = ROOT / "tests" / "artifacts"
RUNS = (
    '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>'
    "![x](http://elsewhere.invalid/x.png)[click](javascript:window.hurt=1)"
)
HOSTILE = (
    "update marts.dim_product set name = name || %(runs)s, category = category || %(runs)s",
    "update marts.dim_supplier set name = name || %(runs)s",
    "update marts.dim_menu_item set name = name || %(runs)s, category = category || %(runs)s",
    "update marts.dim_location set name = name || %(runs)s where code = 'HAR'",
    "update marts.fct_sales set item_name = item_name || %(runs)s",
    "update marts.fct_waste set reason_code = reason_code || %(runs)s",
    "update marts.fct_purchase_order_lines set number = number || %(runs)s",
    "update marts.dim_lineage set description = description || %(runs)s",
    "update marts.dim_lineage set parent = parent || %(runs)s where child = 'fct_actual_vs_theoretical'",
)
OURS = '[data-testid="stMainBlockContainer"]'
NOT_OURS = (
    "canvas",  # a table is drawn by Streamlit's grid, which keeps its cells for readers in a table of its own inside it
    '[data-testid="stElementToolbar"]',  # the buttons that Streamlit lays over a table or plot
    '[data-testid="stMermaidChart"]',  # an image with our description as its name; what is in it is Mermaid's
    '[data-testid="stVegaLiteChart"]',  # likewise Vega's: an image with our description, and a table of it in the page
)
GRAVE = {"serious", "critical"}


@dataclass
class Notes:
    """What was seen of a page."""

    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)
    sideways: int = 0
    is_hurt: bool = False
    names: list[str] = field(default_factory=list)


@dataclass
class Tour:
    """One person's way through all pages."""

    pages: dict[str, Notes] = field(default_factory=dict)
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    period_after_sign_in: str = ""


@pytest.fixture(scope="module")
def hostile(published: BuiltHouse, postgres: PostgresServer, worker_number: int) -> dict[str, str]:
    """The published house once more, with texts that would run if a page let them: its URLs by role."""
    name = f"stockpot_hostile_{worker_number}"
    template = published.url.rpartition("/")[2].partition("?")[0]
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as connection:
        create_database(connection, name, template)
    with psycopg.connect(postgres.url("stockpot_pipeline", name)) as connection:
        for statement in HOSTILE:
            connection.execute(statement.encode(), {"runs": RUNS})
    return {role: postgres.url(role, name) for role in ("analyst", "stockpot_reader")}


@pytest.fixture(scope="module")
def address(hostile: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The running dashboards, with a manager who may sign in."""
    port = free_port()
    flags = ["--server.address", "127.0.0.1", "--server.port", str(port), "--server.headless", "true"]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboards" / "streamlit_app.py"), *flags]
    log = tmp_path_factory.mktemp("dashboards") / "log"
    with running_service() as service, log.open("wb") as out:
        service.claim = lambda locations: issue_claim(hostile["analyst"], locations)
        service.admit("manager", name=f"Mo {RUNS}", may_edit=True)
        service.passwords["mo@example.com", "right"] = "manager"
        variables = {"READER_URL": hostile["stockpot_reader"], "STOCKPOT_API_URL": service.url}
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **variables}, stdout=out, stderr=out)
        try:
            _wait_until_alive(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_alive(url: str, process: subprocess.Popen[bytes], log: Any) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/_stcore/health", timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"the dashboards did not start:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="module")
def tour(address: str, browser: Browser) -> Tour:  # noqa: F811 - the fixture
    """Sign in at a deep link, then every page in turn."""
    tour = Tour()
    page = browser.new_context(viewport=DESK, locale="en-GB").new_page()
    page.on("request", lambda request: tour.hosts.add(_host(request)))
    page.on("pageerror", lambda error: tour.complaints.append(f"{error}"))
    page.on("dialog", lambda dialog: (tour.complaints.append(dialog.message), dialog.dismiss()))
    page.goto(f"{address}/waste?period=90+days")
    page.get_by_role("textbox", name="E-mail").fill("mo@example.com")
    page.get_by_role("textbox", name="Password").fill("right")
    page.get_by_role("button", name="Sign in").click()
    for name in ["waste", *(name for name in PAGES if name != "waste")]:
        if name != "waste":
            path = "" if name == "overview" else name
            before = page.locator("h1").inner_text()
            page.locator(f'[data-testid="stSidebarNav"] a[href$="/{path}"]').click()
            expect(page.locator("h1")).not_to_have_text(before, timeout=20_000)
        tour.pages[name] = _look(page, name)
        if name == "waste":
            tour.period_after_sign_in = page.get_by_role("combobox", name="Period").input_value()
    page.context.close()
    return tour


def _look(page: Any, name: str) -> Notes:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="run uv sync: axe-playwright-python")
    begun = time.monotonic()
    expect(page.locator(f'{OURS} [data-testid="stVegaLiteChart"] :is(canvas, svg)').first).to_be_visible(timeout=20_000)
    notes = Notes(time.monotonic() - begun)
    expect(page.locator('[data-testid="stStatusWidget"]')).to_have_count(0, timeout=20_000)
    page.screenshot(path=SHOTS / f"dashboards-{name}.png")
    page.set_viewport_size(TABLET)
    found = axe.Axe().run(page, {"include": [[OURS]], "exclude": [[each] for each in NOT_OURS]})
    grave = [each for each in found.response["violations"] if each["impact"] in GRAVE]
    notes.faults = [f"{each['id']}: {node['html'][:160]}" for each in grave for node in each["nodes"]]
    notes.sideways = page.locator('[data-testid="stMain"]').evaluate("main => main.scrollWidth - main.clientWidth")
    notes.is_hurt = page.evaluate("() => 'hurt' in window")
    notes.names = page.locator(f'{OURS} [role="graphics-document"], {OURS} canvas[role="img"]').evaluate_all(
        "all => all.map(each => each.getAttribute('aria-label') || '')"
    )
    page.set_viewport_size(DESK)
    return notes


def _host(request: Request) -> str:
    return request.url.split("/")[2].partition(":")[0] if "://" in request.url else request.url.partition(":")[0]


class TestEveryPage:
    @pytest.mark.parametrize("name", PAGES)
    def test_axe_finds_nothing_grave_in_what_is_ours(self, tour: Tour, name: str):
        assert tour.pages[name].faults == []

    @pytest.mark.parametrize("name", PAGES)
    def test_every_plot_is_described_to_those_who_cannot_see_it(self, tour: Tour, name: str):
        assert tour.pages[name].names
        assert all(len(said) > 10 for said in tour.pages[name].names)

    @pytest.mark.parametrize("name", PAGES)
    def test_a_tablet_need_not_scroll_sideways(self, tour: Tour, name: str):
        assert tour.pages[name].sideways == 0

    @pytest.mark.parametrize("name", PAGES)
    def test_a_name_that_would_run_does_not(self, tour: Tour, name: str):
        assert not tour.pages[name].is_hurt

    def test_nothing_is_fetched_from_elsewhere(self, tour: Tour):
        assert tour.hosts <= {"127.0.0.1", "data", "blob"}

    def test_the_browser_does_not_complain(self, tour: Tour):
        assert tour.complaints == []


class TestAddress:
    def test_a_link_with_filters_survives_the_sign_in(self, tour: Tour):
        assert tour.period_after_sign_in == "90 days"
