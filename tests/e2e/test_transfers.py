"""Goods between two restaurants and what was thrown away, as the page shows them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from api.domain.ids import uuid7
from tests.e2e.conftest import Visit
from tests.e2e.kitchen import Kitchen


def sent(kitchen: Kitchen, packs: str = "2") -> dict[str, Any]:
    """A draft for packs of rice, 5 kg each, from a second restaurant to this one."""
    kitchen.product("Basmati rice")
    body = {"code": secrets.token_hex(5), "name": "Hillside", "time_zone": "Europe/London"}
    other = kitchen.ask("POST", "/api/locations", json=body | {"currency": kitchen.place["currency"]})
    line = {"product_id": kitchen.products["Basmati rice"]["id"], "quantity": f"{int(packs) * 5}", "unit": "kg"}
    ends = {"from_location_id": other["id"], "to_location_id": kitchen.place["id"]}
    return kitchen.ask("POST", "/api/transfers", json={"id": str(uuid7()), "lines": [line], **ends})


class TestTransfer:
    def test_it_is_shipped_received_short_and_the_rest_booked_as_lost(
        self, kitchen: Kitchen, visit: Callable[..., Visit]
    ):
        kitchen.ask("POST", f"/api/transfers/{sent(kitchen)['id']}/ship")
        window = visit()
        window.log_in(kitchen.person("manager"))
        page = window.page
        page.goto(f"{kitchen.base_url}/transfers")
        page.get_by_role("link", name="Hillside").click()
        expect(page.locator(".record-head [data-status]")).to_have_attribute("data-status", "in_transit")
        page.get_by_role("button", name="Receive", exact=True).click()
        came = page.get_by_label("How much Basmati rice came, in kg")
        expect(came).to_have_value("10")
        came.fill("7")
        page.get_by_role("button", name="Put away what came").click()
        expect(page.locator(".record-head [data-status]")).to_have_attribute("data-status", "partially_received")
        assert kitchen.on_hand("Basmati rice") == 10_000  # seven on the shelf, three on the road
        page.get_by_role("button", name="The rest is lost").click()
        page.get_by_role("button", name="Book the rest as lost").click()
        expect(page.locator(".record-head [data-status]")).to_have_attribute("data-status", "received")
        expect(page.locator("tbody tr")).to_contain_text("3\u00a0kg lost")
        assert kitchen.on_hand("Basmati rice") == 7_000


class TestWaste:
    def test_it_is_listed_with_its_reason_and_taken_back(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        kitchen.product("Basmati rice")
        kitchen.scan("Basmati rice", "receive", "2")
        (item,) = kitchen.items(location_id=kitchen.place["id"])
        body = {"id": str(uuid7()), "item_id": item["id"], "quantity": "1.5", "unit": "kg", "reason_code": "spilled"}
        window = visit()
        window.log_in(kitchen.person("manager"))
        kitchen.ask("POST", "/api/waste", json=body)
        page = window.page
        page.goto(f"{kitchen.base_url}/waste")
        row = page.locator("tbody tr")
        expect(row).to_contain_text("1.5\u00a0kg")
        expect(row).to_contain_text("Spilled")
        page.get_by_role("button", name="Undo Basmati rice").click()
        expect(row).to_contain_text("taken back")
        assert kitchen.on_hand("Basmati rice") == 10_000
