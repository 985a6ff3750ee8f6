"""A scan that takes an item below its reorder point, until somebody has seen what came of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.kitchen import Kitchen
from tests.e2e.pages import AlertsPage


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
