"""One restaurant, end to end, as people meet it: `stockpot demo`, a real browser, a real pipeline, a real restart.

The tests share one demo and run in the order written: each goes on where the one before ended, as a working day does.
"""

from __future__ import annotations

import csv
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.chromium import camera_flags, film_of, running
from tests.e2e.pages import LogInPage, OrderPage, ScanPage
from tests.running_stack import RunningStack, own_stack

pytestmark = [pytest.mark.slow, pytest.mark.pipeline, pytest.mark.timeout(1200)]

PLACE = "Riverside"
UNITS, NET_SALES = Decimal(49574), Decimal("817860.05")
SHOTS = Path(__file__).parents[1] / "artifacts"


@dataclass
class Story:
    """What the scan began, for the tests that follow it."""

    item: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    movement_id: str = ""
    order_id: str = ""
    received: Decimal = Decimal(0)


@pytest.fixture(scope="module")
def story() -> Story:
    return Story()


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningStack]:
    """A demo started from an empty home."""
    with own_stack("demo") as demo:
        demo.start()
        yield demo


def eventually(question: Callable[[], Any], seconds: float, what: str) -> Any:
    """The first true answer; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.1)
    return pytest.fail(f"not within {seconds} s: {what}")


def item_of(client: httpx.Client, item_id: str) -> dict[str, Any]:
    item: dict[str, Any] = client.get(f"/api/inventory/{item_id}").raise_for_status().json()
    return item


def _changed(client: httpx.Client, before: dict[str, Any]) -> dict[str, Any] | None:
    """The item once its balance is another than before."""
    now = item_of(client, before["id"])
    return None if now["on_hand"] == before["on_hand"] else now


def balances_that_differ(demo: RunningStack) -> list[dict[str, Any]]:
    """Items whose rows, balance and last day in the marts do not say the same, straight from the tables."""
    return demo.query(
        """
        with legs as (
            select from_item_id as item_id, -quantity as quantity from stock_movements where from_item_id is not null
            union all
            select to_item_id, quantity from stock_movements where to_item_id is not null
        ), folded as (
            select item_id, sum(quantity) as quantity from legs group by item_id
        ), last_day as (
            select distinct on (inventory_item_id) inventory_item_id::text as item_id, on_hand
              from marts.fct_stock_on_hand_daily order by inventory_item_id, business_day desc
        )
        select i.id, i.on_hand, f.quantity as folded, d.on_hand as last_day
          from inventory_items i
          left join folded f on f.item_id = i.id
          left join last_day d on d.item_id = i.id::text
         where i.on_hand <> coalesce(f.quantity, 0)
            or i.on_hand <> coalesce(d.on_hand, 0)
        """,
        role="WAREHOUSE_URL",
    )


class TestTheMorningAfter:
    """What stands there when `make demo` is up."""

    def test_a_year_of_sales_is_in_the_marts_to_the_cent(self, demo: RunningStack) -> None:
        sold = demo.query("select sum(quantity) as quantity, sum(net_sales) as net_sales from marts.fct_sales")

        assert sold == [{"quantity": UNITS, "net_sales": NET_SALES}]

    def test_movements_balances_and_the_last_day_agree_for_every_item(self, demo: RunningStack) -> None:
        items = demo.query("select count(*) as n from inventory_items", role="WAREHOUSE_URL")

        assert items[0]["n"] > 100
        assert balances_that_differ(demo) == []

    def test_each_role_has_a_login_and_the_operator_sees_one_place(self, demo: RunningStack) -> None:
        seen = {}
        for role in ("admin", "manager", "operator", "analyst"):
            with demo.api(role) as client:
                places = client.get("/api/locations").raise_for_status().json()["items"]
                seen[role] = {place["name"] for place in places}

        assert seen["operator"] == {PLACE}
        assert len(seen["manager"]) == 3

    def test_the_ledger_reconciles_and_the_audit_chain_verifies(self, demo: RunningStack) -> None:
        reconciled = demo.command("reconcile", "--json")
        audited = demo.command("audit", "verify", "--json")

        assert reconciled.returncode == 0, reconciled.stdout + reconciled.stderr
        assert audited.returncode == 0, audited.stdout + audited.stderr


class TestOneScan:
    """An operator uses some mozzarella; the rest happens by itself."""

    def test_the_camera_reads_the_code_and_the_stock_falls(
        self, demo: RunningStack, story: Story, playwright: Any, tmp_path: Path
    ) -> None:
        with demo.api("operator") as client:
            _choose_item(client, story)
            before = Decimal(story.item["on_hand"])
            taken = before - Decimal(story.item["reorder_point"]) + 1

            film = film_of(story.code, tmp_path / "code.mjpeg")
            with running(playwright, *camera_flags(film)) as browser:
                scan = _log_in(browser, demo, "operator")
                scan.choose("Use").start_camera()
                scan.wait_for_product(story.item["product"]["name"])
                scan.set_amount(f"{taken.normalize():f}", story.item["unit"])
                _shot(scan.page, "scan")
                said = scan.confirm()

            after = eventually(lambda: _changed(client, story.item), 10, f"the stock falls after {said!r}")
            assert Decimal(after["on_hand"]) == before - taken
            assert after["is_below_reorder"]
            assert story.item["product"]["name"] in said
            movements = client.get("/api/stock-movements", params={"item_id": story.item["id"], "limit": 1}).json()
            story.movement_id = movements["items"][0]["id"]

    def test_one_alert_one_draft_order_and_one_mail_follow_within_two_seconds(
        self, demo: RunningStack, story: Story
    ) -> None:
        with demo.api("manager") as client:
            alerts = eventually(lambda: _alerts(client, story), 10, "an alert")
            order = client.get(f"/api/purchase-orders/{alerts[0]['purchase_order_id']}").raise_for_status().json()
            story.order_id = order["id"]

        lines = [line for line in order["lines"] if line["product"]["id"] == story.item["product"]["id"]]
        mails = eventually(lambda: _mails_about(demo, story), 10, "a mail")
        delays = demo.query(
            "select extract(epoch from a.opened_at - m.recorded_at) as seconds from alerts a, stock_movements m "
            "where a.id = %s and m.id = %s",
            alerts[0]["id"],
            story.movement_id,
            role="WAREHOUSE_URL",
        )
        assert len(alerts) == 1
        assert order["status"] == "draft"
        assert len(lines) == 1
        assert lines[0]["suggestion"]
        assert len(mails) == 1
        assert 0 <= delays[0]["seconds"] <= 2

    def test_the_manager_approves_sends_and_receives_the_order(
        self, demo: RunningStack, story: Story, playwright: Any
    ) -> None:
        with demo.api("manager") as client, running(playwright) as browser:
            before = Decimal(item_of(client, story.item["id"])["on_hand"])
            scan = _log_in(browser, demo, "manager")
            order = OrderPage(scan.page, demo.url).open_id(story.order_id)
            assert order.why(story.item["product"]["name"])
            _shot(scan.page, "order")
            if order.status == "draft" and order.act("submitted").count():
                order.act("submitted").click()
                order.wait_for_status("submitted")
            order.approve().send().receive()

            after = item_of(client, story.item["id"])
            story.received = Decimal(after["on_hand"]) - before
            assert story.received > 0
            assert not after["is_below_reorder"]
            eventually(lambda: not _alerts(client, story), 5, "the alert is resolved")


class TestTheNextRun:
    """The pipeline takes it from there."""

    def test_the_run_succeeds_and_the_marts_hold_the_scan(self, demo: RunningStack, story: Story) -> None:
        run = demo.command("pipeline")

        assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-2000:]
        legs = demo.query(
            "select kind, quantity_delta from marts.fct_stock_movements where movement_id::text = %s", story.movement_id
        )
        assert [leg["kind"] for leg in legs] == ["consumption"]
        assert balances_that_differ(demo) == []
        unknown = demo.query(
            "select count(*) as n from marts.fct_stock_on_hand_daily where load_id not in (select load_id from marts.loads)"
        )
        assert unknown == [{"n": 0}]

    def test_the_order_is_in_the_marts_as_received(self, demo: RunningStack, story: Story) -> None:
        lines = demo.query(
            "select status, packs_ordered, packs_received from marts.fct_purchase_order_lines "
            "where purchase_order_id::text = %s",
            story.order_id,
        )

        assert lines
        assert all(line["status"] == "received" for line in lines)
        assert all(line["packs_received"] == line["packs_ordered"] for line in lines)

    def test_the_dashboard_shows_the_same_figure(
        self, demo: RunningStack, story: Story, playwright: Any, tmp_path: Path
    ) -> None:
        with demo.api("manager") as client, running(playwright) as browser:
            on_hand = Decimal(item_of(client, story.item["id"])["on_hand"])
            page = _sign_in_to_dashboards(browser, demo)
            page.get_by_role("link", name="Stock and value", exact=True).click()
            expect(page.get_by_text("What do we have, and what runs out?")).to_be_visible(timeout=60_000)
            expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible(timeout=60_000)
            _shot(page, "dashboard")
            with page.expect_download() as download:
                page.locator(".st-key-download-stock").get_by_role("button").click()
            download.value.save_as(tmp_path / "stock.csv")

        rows = list(csv.DictReader((tmp_path / "stock.csv").read_text(encoding="utf-8").splitlines()))
        shown = [
            Decimal(row["on_hand"])
            for row in rows
            if row["product"] == story.item["product"]["name"] and row["location"] == PLACE
        ]
        assert shown == [on_hand]

    def test_the_export_lies_in_the_store_and_its_manifest_fits(self, demo: RunningStack) -> None:
        manifests = sorted((demo.home / "objects" / "exports" / "stock_on_hand").rglob("*.manifest.json"))
        manifest = json.loads(manifests[-1].read_text())
        (file,) = manifest["files"]
        (data,) = manifests[-1].parent.glob(f"*{file['name'].rpartition('/')[2]}")

        assert manifest["rows"] == file["rows"] > 100
        assert data.stat().st_size == file["bytes"]
        assert hashlib.sha256(data.read_bytes()).hexdigest() == file["sha256"]

    def test_the_manager_has_the_link_by_mail_and_it_opens(self, demo: RunningStack) -> None:
        with demo.api("manager") as client:
            reports = client.get("/api/reports").raise_for_status().json()["items"]
            report = next(report for report in reports if report["code"] == "stock_on_hand")
            run_id = demo.query(
                "select id from report_runs where report_id = %s and status = 'succeeded' order by created_at desc limit 1",
                report["id"],
                role="WAREHOUSE_URL",
            )[0]["id"]
            run = client.get(f"/api/report-runs/{run_id}").raise_for_status().json()
            downloaded = httpx.get(httpx.URL(demo.url).join(run["download"]["url"]), timeout=30)

        assert downloaded.is_success
        assert hashlib.sha256(downloaded.content).hexdigest() == run["sha256"]
        assert any("/api/files/" in _text(mail) for mail in demo.mails())


class TestTheNextMorning:
    """Ctrl-C leaves nothing; starting again takes what is there."""

    def test_a_restart_leaves_no_process_and_is_quick(self, demo: RunningStack, story: Story) -> None:
        left = demo.stop()
        assert left == []
        demo.start(timeout=180)
        with demo.api("operator") as client:
            page = client.get("/api/stock-movements", params={"item_id": story.item["id"]}).raise_for_status().json()

        assert story.movement_id in [movement["id"] for movement in page["items"]]
        assert balances_that_differ(demo) == []
        assert demo.seconds_to_start < 120  # the figure of 30 s is measured on a quiet machine, not beside other tests


def _choose_item(client: httpx.Client, story: Story) -> None:
    """Riverside's mozzarella: an item with a reorder point, above it, that has an EAN-13."""
    page = client.get("/api/inventory", params={"q": "mozzarella", "limit": 50}).raise_for_status().json()
    items = [item for item in page["items"] if item["reorder_point"] is not None and not item["is_below_reorder"]]
    assert items, page
    story.item = items[0]
    product = client.get(f"/api/products/{story.item['product']['id']}").raise_for_status().json()
    codes = [code["code"].removeprefix("0") for code in product["barcodes"] if len(code["code"]) == 14]
    assert codes, product["barcodes"]
    story.code = next(code for code in codes if len(code) == 13)


def _log_in(browser: Browser, demo: RunningStack, role: str) -> ScanPage:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB", device_scale_factor=2)
    account = demo.login(role)
    scan = LogInPage(context.new_page(), demo.url).log_in(account["email"], account["password"])
    places = scan.page.get_by_label("Place", exact=True)
    if places.is_enabled():  # whoever sees one place only has no choice
        scan.choose_place(PLACE)
    return scan


def _sign_in_to_dashboards(browser: Browser, demo: RunningStack) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True).new_page()
    page.goto(demo.variables["STOCKPOT_DASHBOARDS_URL"])
    account = demo.login("analyst")
    page.get_by_label("E-mail").fill(account["email"], timeout=60_000)
    page.get_by_label("Password", exact=True).fill(account["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Signed in as")).to_be_attached(timeout=60_000)
    return page


def _alerts(client: httpx.Client, story: Story) -> list[dict[str, Any]]:
    page = client.get("/api/alerts", params={"kind": "low_stock", "limit": 200}).raise_for_status().json()
    wanted = (story.item["product"]["id"], story.item["location_id"])
    return [
        alert
        for alert in page["items"]
        if (alert["product"]["id"], alert["location_id"]) == wanted and alert["resolved_at"] is None
    ]


def _text(path: Path) -> str:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = message.get_body(("plain", "html"))
    return f"{message['subject']}\n{body.get_content() if body else ''}"


def _mails_about(demo: RunningStack, story: Story) -> list[Path]:
    """Mails to the manager that name the product and were written after the demo was loaded."""
    manager = demo.login("manager")["email"]
    name = story.item["product"]["name"]
    return [
        path
        for path in demo.mails()
        if manager in path.read_text(errors="replace") and name in _text(path).split("\n", 1)[0]
    ]


def _shot(page: Page, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")
