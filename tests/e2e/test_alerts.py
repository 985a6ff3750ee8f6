"""A scan that takes an item below its reorder point, until somebody has seen what came of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import expect

from api.core.database import transaction
from api.domain.ids import uuid7
from api.identity.bootstrap import create_user
from tests.e2e.conftest import Visit
from tests.e2e.kitchen import PASSWORD, Account, Kitchen
from tests.e2e.pages import AlertsPage

RUN = "http://127.0.0.1:3000/runs/1"


@pytest.mark.usefixtures("worker")
class TestAlert:
    def test_it_says_how_it_stands_leads_to_its_order_and_can_be_marked_as_seen(
        self, kitchen: Kitchen, visit: Callable[..., Visit]
    ):
        kitchen.product("Basmati rice")
        kitchen.sold_by(kitchen.supplier(), "Basmati rice")
        kitchen.scan("Basmati rice", "receive", "8")
        kitchen.set_reorder_point("Basmati rice", "20000", "60000")
        window = visit()
        window.log_in(kitchen.person("manager"))
        alerts = AlertsPage(window.page, kitchen.base_url).open()
        expect(window.page.get_by_text("Nothing wants attention")).to_be_visible()

        kitchen.scan("Basmati rice", "issue", "5")
        asked = {"location_id": kitchen.place["id"]}
        kitchen.wait_for(lambda: kitchen.ask("GET", "/api/alerts", params=asked)["items"])
        alerts.open()
        expect(alerts.row("Basmati rice")).to_contain_text("15\u00a0kg left, reorder at 20\u00a0kg")
        alerts.acknowledge("Basmati rice")

        order = alerts.open_order_of("Basmati rice")
        assert order.status == "draft"
        assert order.why("Basmati rice")[:2] == [
            "The par level is 60 kg.",
            "On hand 15 kg, on order 0 g: together 15 kg.",
        ]


def everywhere(role: str) -> Account:
    """Somebody who holds a role in every restaurant."""
    account = Account(f"{role}-{secrets.token_hex(5)}@example.com", "Mo Everywhere")
    with transaction() as session:
        create_user(session, email=account.email, name=account.name, password=PASSWORD, role=role)
    return account


def tell(kitchen: Kitchen, outcome: dict[str, str]) -> None:
    """Tell how a run ended, as the pipeline does."""
    account = everywhere("admin")
    with httpx.Client(base_url=kitchen.base_url, timeout=20) as client:
        session = client.post("/api/auth/login", json={"email": account.email, "password": account.password}).json()
        client.cookies.clear()
        client.headers["Authorization"] = f"Bearer {session['access_token']}"
        answer = client.post("/api/alerts/pipeline", json=outcome)
    assert answer.is_success, answer.text


class TestFailedRun:
    def test_whoever_runs_the_house_sees_why_until_the_job_succeeds(
        self, kitchen: Kitchen, visit: Callable[..., Visit]
    ):
        job = f"nightly-{secrets.token_hex(4)}"
        outcome = {"job": job, "run_id": str(uuid7()), "day": "2026-11-23"}
        failed = {"status": "failed", "step": "sales_gate", "error": "<b>3 rows</b> without a till", "url": RUN}
        tell(kitchen, outcome | failed)
        window = visit()
        window.log_in(everywhere("manager"))
        alerts = AlertsPage(window.page, kitchen.base_url).open()
        shown = alerts.failed_runs.get_by_role("row").filter(has_text=job)
        expect(shown).to_contain_text("sales_gate: <b>3 rows</b> without a till")
        expect(shown.get_by_text("Run failed")).to_be_visible()
        expect(shown.get_by_role("link", name=f"Open the run of {job}")).to_have_attribute("href", RUN)

        tell(kitchen, outcome | {"status": "succeeded"})
        alerts.open()
        expect(alerts.failed_runs.get_by_text(job)).to_have_count(0)
        window.page.get_by_role("radio", name="All").check()
        expect(shown).to_contain_text("A later run succeeded")

    def test_a_manager_of_one_place_sees_no_such_part(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        tell(kitchen, {"job": "other", "run_id": str(uuid7()), "day": "2026-11-23", "status": "failed"})
        window = visit()
        window.log_in(kitchen.person("manager"))
        alerts = AlertsPage(window.page, kitchen.base_url).open()
        expect(window.page.get_by_text("Nothing wants attention")).to_be_visible()
        expect(alerts.failed_runs).to_have_count(0)
