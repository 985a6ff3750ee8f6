"""Logging in and out, and sessions that end while somebody works."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.kitchen import Kitchen
from tests.e2e.pages import LogInPage, StockPage

DASHBOARDS = "http://127.0.0.1:8501"


def access_cookie(kitchen: Kitchen) -> str:
    """The service's port stands in its name."""
    return f"stockpot_access_{kitchen.base_url.rpartition(':')[2]}"


class TestLogIn:
    def test_a_wrong_password_is_answered_in_words_and_nothing_else_happens(
        self, kitchen: Kitchen, visit: Callable[..., Visit]
    ):
        account = kitchen.person()
        window = visit()
        page = LogInPage(window.page, kitchen.base_url).open()
        page.try_with(account.email, "not the password")
        assert page.problem() == "Email and password do not match. Check both and try again."
        expect(window.page.get_by_label("Password")).to_be_focused()
        assert [cookie["name"] for cookie in window.context.cookies()] == []

    def test_it_leads_to_the_page_that_was_wanted(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        account = kitchen.person()
        page = visit().page
        page.goto(f"{kitchen.base_url}/stock?q=rice")
        page.wait_for_url("**/login?next=*")
        LogInPage(page, kitchen.base_url).try_with(account.email, account.password)
        page.wait_for_url("**/stock?q=rice")
        expect(page.get_by_label("Search items")).to_have_value("rice")

    def test_it_never_leads_to_another_site(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        account = kitchen.person()
        page = visit().page
        page.goto(f"{kitchen.base_url}/login?next=//evil.example/")
        LogInPage(page, kitchen.base_url).try_with(account.email, account.password)
        expect(page.locator("#scan[data-ready]")).to_be_attached()
        assert page.url == f"{kitchen.base_url}/"

    def test_it_leads_back_to_the_dashboards_and_at_once_while_a_session_is_open(
        self, kitchen: Kitchen, visit: Callable[..., Visit]
    ):
        account = kitchen.person("analyst")
        page, wanted = visit().page, f"{DASHBOARDS}/waste?period=90+days"
        page.route(f"{DASHBOARDS}/**", lambda route: route.fulfill(body="dashboards"))
        page.goto(f"{kitchen.base_url}/login?{urlencode({'next': wanted})}")
        LogInPage(page, kitchen.base_url).try_with(account.email, account.password)
        page.wait_for_url(wanted)
        page.context.clear_cookies(name=access_cookie(kitchen))
        page.goto(f"{kitchen.base_url}/login?{urlencode({'next': wanted})}")
        page.wait_for_url(wanted)

    def test_the_email_survives_a_reload_and_the_password_does_not(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        page = visit().page
        LogInPage(page, kitchen.base_url).open()
        expect(page.get_by_label("Email")).to_be_focused()
        page.get_by_label("Email").fill("ana@example.com")
        page.get_by_label("Password").fill("half a passw")
        page.reload()
        expect(page.get_by_label("Email")).to_have_value("ana@example.com")
        expect(page.get_by_label("Password")).to_be_empty()
        expect(page.get_by_label("Password")).to_be_focused()


class TestLogOut:
    def test_it_ends_the_session_and_asks_again(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        window = visit()
        window.log_in(kitchen.person()).log_out()
        assert window.context.request.get(f"{kitchen.base_url}/api/auth/me").status == 401
        window.page.goto(f"{kitchen.base_url}/stock")
        window.page.wait_for_url("**/login*")


class TestSilentRefresh:
    def test_an_ended_access_token_is_renewed_without_a_word(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        window = visit()
        window.log_in(kitchen.person())
        window.context.clear_cookies(name=access_cookie(kitchen))
        StockPage(window.page, kitchen.base_url).open()
        assert access_cookie(kitchen) in {cookie["name"] for cookie in window.context.cookies()}

    def test_two_tabs_renew_once(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        window = visit()
        window.log_in(kitchen.person())
        second = window.context.new_page()
        second.goto(f"{kitchen.base_url}/stock")
        expect(second.locator("#list .state")).to_be_visible()
        renewals: list[int] = []
        window.context.on(
            "response", lambda reply: renewals.append(reply.status) if reply.url.endswith("/api/auth/refresh") else None
        )
        window.context.clear_cookies(name=access_cookie(kitchen))
        ask = "Promise.allSettled([1, 2, 3].map(() => dispatchEvent(new Event('online'))))"
        for page in (window.page, second):
            page.evaluate(ask)
        StockPage(second, kitchen.base_url).open()
        StockPage(window.page, kitchen.base_url).open()
        assert renewals == [200]

    def test_without_any_token_the_page_asks_to_log_in_again(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        window = visit()
        window.log_in(kitchen.person())
        window.context.clear_cookies()
        window.page.goto(f"{kitchen.base_url}/stock")
        window.page.wait_for_url("**/login?*why=ended*")
        expect(window.page.get_by_text("Your session has ended")).to_be_visible()
