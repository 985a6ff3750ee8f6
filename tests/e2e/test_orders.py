"""Orders: approve, send, receive, cancel."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.kitchen import Kitchen
from tests.e2e.pages import OrderPage, OrdersPage


def ordered(kitchen: Kitchen) -> dict:
    """A draft for four bags of rice and two of flour."""
    kitchen.product("Basmati rice")
    kitchen.product("Strong flour")
    supplier = kitchen.supplier()
    kitchen.sold_by(supplier, "Basmati rice", price="12.35")
    kitchen.sold_by(supplier, "Strong flour", price="7.10")
    return kitchen.order(supplier, {"Basmati rice": "4", "Strong flour": "2"})


class TestOrder:
    def test_approve_send_and_receive_everything(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        draft = ordered(kitchen)
        window = visit()
        window.log_in(kitchen.person("manager", "Mia Chef"))
        order = OrdersPage(window.page, kitchen.base_url).open().open_order(draft["number"])
        expect(order.act("approved")).to_have_text("Approve $63.60")
        order.approve().send()
        order.receive()
        assert kitchen.on_hand("Basmati rice") == Decimal(20_000)
        assert kitchen.on_hand("Strong flour") == Decimal(10_000)
        expect(order.line("Basmati rice")).to_contain_text("4 of 4")

    def test_a_part_first_and_the_rest_later(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        draft = ordered(kitchen)
        window = visit()
        window.log_in(kitchen.person("manager"))
        order = OrderPage(window.page, kitchen.base_url).open_id(draft["id"]).approve().send()
        order.receive({"Basmati rice": "3"}).wait_for_status("partially_received")
        assert kitchen.on_hand("Basmati rice") == Decimal(15_000)
        assert kitchen.on_hand("Strong flour") == Decimal(0)
        order.receive()
        assert kitchen.on_hand("Basmati rice") == Decimal(20_000)

    def test_an_operator_asks_for_approval_and_cannot_give_it(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        draft = ordered(kitchen)
        window = visit()
        window.log_in(kitchen.person("operator"))
        order = OrderPage(window.page, kitchen.base_url).open_id(draft["id"])
        expect(order.act("approved")).to_have_count(0)
        order.act("submitted").click()
        order.wait_for_status("submitted")

    def test_cancelling_asks_once(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        draft = ordered(kitchen)
        window = visit()
        window.log_in(kitchen.person("manager"))
        order = OrderPage(window.page, kitchen.base_url).open_id(draft["id"])
        order.act("cancelled").click()
        window.page.get_by_role("button", name="Go back").click()
        order.wait_for_status("draft")
        order.cancel()

    def test_what_somebody_else_did_meanwhile_is_shown(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        draft = ordered(kitchen)
        window = visit()
        window.log_in(kitchen.person("manager"))
        order = OrderPage(window.page, kitchen.base_url).open_id(draft["id"])
        kitchen.ask("PATCH", f"/api/purchase-orders/{draft['id']}/status", json={"status": "cancelled"})
        order.act("approved").click()
        order.wait_for_status("cancelled")
        assert "This is how it stands now." in order.problem()


class TestInvoice:
    def test_what_it_asks_beyond_the_order_is_booked_and_can_be_taken_back(
        self, kitchen: Kitchen, visit: Callable[..., Visit]
    ):
        """Four bags of rice at 12.35 were 49.40; the invoice asks 13.35 a bag, so they cost 4.00 more."""
        draft = ordered(kitchen)
        window = visit()
        window.log_in(kitchen.person("manager"))
        order = OrderPage(window.page, kitchen.base_url).open_id(draft["id"]).approve().send().receive()
        assert kitchen.value("Basmati rice") == Decimal("49.4")
        order.invoice("INV-2041", {"Basmati rice": "13,35"})
        expect(order.line("Basmati rice")).to_contain_text("invoice: $4.00 more")
        assert kitchen.value("Basmati rice") == Decimal("53.4")
        order.invoice("INV-2041 corrected", {"Basmati rice": "12.35"})
        expect(order.line("Basmati rice")).not_to_contain_text("invoice:")
        assert kitchen.value("Basmati rice") == Decimal("49.4")

    def test_an_invoice_without_a_number_or_a_difference_says_so(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        draft = ordered(kitchen)
        window = visit()
        window.log_in(kitchen.person("manager"))
        order = OrderPage(window.page, kitchen.base_url).open_id(draft["id"]).approve().send().receive()
        order.act("invoice").click()
        window.page.locator("#invoice-button").click()
        assert "Say which invoice it is" in order.problem()
        window.page.get_by_label("Invoice number").fill("INV-1")
        window.page.locator("#invoice-button").click()
        expect(window.page.locator("#order-problem")).to_contain_text("Nothing differs")

    def test_who_may_not_approve_enters_none(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        draft = ordered(kitchen)
        manager, operator = visit(), visit()
        manager.log_in(kitchen.person("manager"))
        OrderPage(manager.page, kitchen.base_url).open_id(draft["id"]).approve().receive()
        operator.log_in(kitchen.person("operator"))
        order = OrderPage(operator.page, kitchen.base_url).open_id(draft["id"])
        expect(order.line("Basmati rice")).to_contain_text("4 of 4")
        expect(order.act("invoice")).to_have_count(0)
