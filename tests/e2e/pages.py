"""The operator's page as a person meets it: one class per page, one method per thing a person does.

Methods wait for what they say; figures are given as the page shows them, without the space between number and unit.
"""

from __future__ import annotations

import contextlib
import re
import time
from typing import Literal, Self

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

Mode = Literal["Receive", "Use", "Waste", "Count", "Transfer"]


def figure(text: str) -> str:
    """A figure without the no-break space between number and unit."""
    return text.replace("\u00a0", " ").strip()


_ENDS = {
    "Enter": {"key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13},
    "Tab": {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9},
}


def _press(character: str) -> dict[str, str | int]:
    """One key of a scanner, as the browser's protocol describes it."""
    code = f"Digit{character}" if character.isdigit() else f"Key{character.upper()}" if character.isalpha() else ""
    return {"key": character, "text": character, "code": code, "windowsVirtualKeyCode": ord(character.upper())}


class OperatorPage:
    """What every page has: the rail, the place, the person."""

    path = "/"

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.base_url = base_url.rstrip("/")

    def open(self) -> Self:
        self.page.goto(self.base_url + self.path)
        return self

    def choose_place(self, name: str) -> Self:
        self.page.get_by_label("Place", exact=True).select_option(label=name)
        return self

    def log_out(self) -> None:
        self.page.locator("#person summary").click()
        self.page.get_by_role("button", name="Log out").click()
        self.page.wait_for_url("**/login*")

    def problem(self) -> str:
        """The sentence that says what went wrong."""
        alert = self.page.get_by_role("alert").locator("visible=true").first
        expect(alert).to_be_visible()
        return alert.inner_text()


class LogInPage(OperatorPage):
    """Email and password in, the page that was wanted out."""

    path = "/login"

    def try_with(self, email: str, password: str) -> None:
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()

    def log_in(self, email: str, password: str) -> ScanPage:
        """Log in and arrive at the scan page."""
        self.open()
        self.try_with(email, password)
        scan = ScanPage(self.page, self.base_url)
        scan.wait_until_ready()
        return scan


class ScanPage(OperatorPage):
    """The camera, the bench and the last ten."""

    path = "/"

    def open(self) -> Self:
        super().open()
        self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        expect(self.page.locator("#scan[data-ready]")).to_be_attached(timeout=20_000)

    def choose(self, mode: Mode) -> Self:
        if mode == "Transfer":
            self.page.locator("#more summary").click()
        self.page.locator("#modes").get_by_role("radio", name=mode).check(force=True)
        return self

    def start_camera(self) -> Self:
        """Start the camera unless it was allowed before and started by itself."""
        button = self.page.get_by_role("button", name="Start camera")
        expect(self.page.locator("#viewfinder[data-decoder]").or_(button).first).to_be_attached()
        with contextlib.suppress(PlaywrightTimeoutError):  # it is gone where the camera starts by itself
            button.click(timeout=2_000)
        expect(self.page.locator("#viewfinder[data-decoder]")).to_be_attached(timeout=20_000)
        return self

    @property
    def decoder(self) -> str | None:
        """`wasm` or `server`, once the camera runs."""
        return self.page.locator("#viewfinder").get_attribute("data-decoder")

    def type_code(self, code: str) -> Self:
        """Type a code and look it up; on a phone what lies on the bench is put aside first, for room."""
        aside = self.page.get_by_role("button", name="Put it aside")
        if aside.is_visible():
            aside.click()
        self.page.get_by_label("Code", exact=True).fill(code)
        self.page.get_by_role("button", name="Look up").click()
        return self

    def wedge(self, code: str, *, end: str | None = "Enter", milliseconds_per_key: int = 4) -> Self:
        """Type as a scanner does: fast, with Enter or Tab at the end, or nothing.

        The keys carry the times of a scanner's own clock, so that a busy machine does not make it a slow typist.
        """
        devtools = self.page.context.new_cdp_session(self.page)
        began = time.time()
        for number, key in enumerate([*code, *([end] if end else [])]):
            text = {"Enter": "\r", "Tab": ""}.get(key, key)
            physical = {
                "key": key,
                "code": key if len(key) > 1 else f"Digit{key}" if key.isdigit() else f"Key{key.upper()}",
            }
            at = {"timestamp": began + number * milliseconds_per_key / 1000}
            virtual = {"windowsVirtualKeyCode": {"Enter": 13, "Tab": 9}.get(key) or ord(key.upper())}
            devtools.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": text, **physical, **virtual, **at})
            devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **physical, **virtual, **at})
        devtools.detach()
        return self

    def wait_for_product(self, name: str) -> Self:
        expect(self.page.locator("#product")).to_have_text(name, timeout=20_000)
        return self

    @property
    def about(self) -> str:
        """Pack and stock: `5 kg a pack · 41.25 kg left`."""
        return figure(self.page.locator("#panel .about").inner_text())

    def set_amount(self, amount: str, unit: str | None = None) -> Self:
        """So many packs, or of `unit` (`kg`, `g`, `pcs`)."""
        if unit is not None:
            self.page.get_by_label("Unit").select_option(label=unit)
        self.page.get_by_label("Quantity").fill(amount)
        return self

    def choose_reason(self, reason: str) -> Self:
        self.page.get_by_role("radio", name=reason).check(force=True)
        return self

    @property
    def action(self) -> str:
        """What the primary button says that it will do."""
        return figure(self.page.locator("#confirm").inner_text())

    def confirm(self) -> str:
        """Do it and give what the page says afterwards, such as `Used 10 kg · Basmati rice\\n31.25 kg left`."""
        self.page.locator("#confirm").click()
        message = self.message
        expect(message).to_be_visible(timeout=15_000)
        return figure(message.inner_text())

    @property
    def message(self) -> Locator:
        """What became of the scan: posted, kept, unknown or refused."""
        return self.page.locator("#panel .message")

    @property
    def last(self) -> Locator:
        """The last scans, newest first."""
        return self.page.locator("#last li")

    def undo_last(self) -> Self:
        """Reverse the newest scan that still can be."""
        rows = self.page.locator("#last li.reversed")
        before = rows.count()
        self.page.locator("#last").get_by_role("button", name=re.compile("^Undo")).first.click()
        expect(rows).to_have_count(before + 1, timeout=15_000)
        return self

    @property
    def backlog(self) -> Locator:
        """How many scans wait, shown only when some do."""
        return self.page.locator("#backlog")


class ListPage(OperatorPage):
    """A list that loads, or says why it is empty."""

    def open(self) -> Self:
        super().open()
        self.wait_until_loaded()
        return self

    def wait_until_loaded(self) -> None:
        loaded = self.page.locator("#list:not([aria-busy])")
        expect(loaded.locator("table, .state").first).to_be_visible(timeout=20_000)

    @property
    def rows(self) -> Locator:
        return self.page.locator("#list tbody tr")

    def row(self, text: str) -> Locator:
        return self.rows.filter(has_text=text).first


class StockPage(ListPage):
    """What there is, and what runs out."""

    path = "/stock"

    def search(self, text: str) -> Self:
        self.page.get_by_label("Search items").fill(text)
        return self

    def only_below_reorder(self) -> Self:
        self.page.get_by_role("checkbox", name="Below reorder point").check(force=True)
        return self

    def on_hand(self, name: str) -> str:
        """The figure beside an item, such as `41.25 kg`."""
        return figure(self.row(name).locator("td.big").inner_text())

    def open_item(self, name: str) -> ItemPage:
        self.row(name).get_by_role("link").first.click()
        return ItemPage(self.page, self.base_url)


class MenuPage(ListPage):
    """What each item of the menu costs and leaves."""

    path = "/menu"

    def search(self, text: str) -> Self:
        self.page.get_by_label("Search the menu").fill(text)
        return self

    def at_average_cost(self) -> Self:
        self.page.get_by_role("checkbox", name="At this place's average cost").check(force=True)
        return self


class ItemPage(ListPage):
    """One item and its movements."""

    def figure(self, title: str) -> str:
        """A figure of the head, by its title: `On hand`, `Reorder at`, …"""
        entry = self.page.locator("#record .figures > div").filter(has=self.page.get_by_text(title, exact=True))
        return figure(entry.locator("dd").inner_text())


class CountsPage(ListPage):
    """Count sheets, and a new one."""

    path = "/counts"

    def start(self) -> CountPage:
        """A sheet of every area, as the form offers it."""
        self.page.locator("#start summary").click()
        self.page.get_by_role("button", name="Start", exact=True).click()
        return CountPage(self.page, self.base_url).wait_until_ready()

    def open_count(self, number: str) -> CountPage:
        self.row(number).get_by_role("link").first.click()
        return CountPage(self.page, self.base_url).wait_until_ready()


class CountPage(OperatorPage):
    """One sheet: counting along the shelves, and the review."""

    def wait_until_ready(self) -> Self:
        expect(self.page.locator("#count[data-ready]")).to_be_attached(timeout=20_000)
        return self

    @property
    def number(self) -> str:
        return self.page.locator("#count-title").inner_text()

    def wait_for_item(self, name: str) -> Self:
        expect(self.page.locator("#item-name")).to_have_text(name)
        return self

    def type_line(self, **quantities: str) -> Self:
        """Type into the fields of the units with the keyboard alone, and press Enter."""
        for unit, quantity in quantities.items():
            field = self.page.locator(f".units input[name={unit}]")
            field.focus()
            self.page.keyboard.type(quantity, delay=50)
        self.page.keyboard.press("Enter")
        return self

    def shelf(self, name: str) -> Locator:
        """The item among the others on the sheet."""
        return self.page.locator("#shelf button").filter(has_text=name)

    @property
    def unsent(self) -> Locator:
        return self.page.locator("#unsent")

    def act(self, name: str) -> Self:
        self.page.locator(f"#acts [data-act={name}]").click()
        return self

    def reviewed(self, name: str) -> list[str]:
        """Counted, expected, variance and value of an item."""
        cells = self.page.locator("#review tbody tr").filter(has_text=name).locator("td.number")
        return [figure(cell) for cell in cells.all_inner_texts()]

    def wait_for_status(self, word: str) -> Self:
        expect(self.page.locator("#head .tag")).to_have_text(word, timeout=15_000)
        return self


class OrdersPage(ListPage):
    """Orders to suppliers."""

    path = "/orders"

    def with_status(self, title: str) -> Self:
        self.page.get_by_role("radio", name=title, exact=True).check(force=True)
        self.wait_until_loaded()
        return self

    def open_order(self, text: str) -> OrderPage:
        """Open the first order whose row holds `text`: a number, a supplier or a status."""
        self.row(text).get_by_role("link").first.click()
        order = OrderPage(self.page, self.base_url)
        order.wait_until_shown()
        return order


class OrderPage(OperatorPage):
    """One order and what can be done with it."""

    def open_id(self, order_id: str) -> Self:
        self.page.goto(f"{self.base_url}/orders/{order_id}")
        self.wait_until_shown()
        return self

    def wait_until_shown(self) -> None:
        expect(self.page.locator("#order-title")).to_be_visible(timeout=20_000)

    @property
    def status(self) -> str:
        """`draft`, `submitted`, `approved`, `sent`, `partially_received`, `received`, `closed` or `cancelled`."""
        return self.page.locator("#record .tag[data-status]").first.get_attribute("data-status") or ""

    def wait_for_status(self, status: str) -> Self:
        expect(self.page.locator(f"#record .tag[data-status='{status}']")).to_be_visible(timeout=15_000)
        return self

    def line(self, product: str) -> Locator:
        return self.page.locator("#record tbody tr").filter(has_text=product)

    def why(self, product: str) -> list[str]:
        """The arithmetic of a suggested line, a sentence each."""
        details = self.line(product).locator("details.why")
        details.locator("summary").click()
        return [figure(text) for text in details.locator("li").all_inner_texts()]

    def act(self, status: str) -> Locator:
        """The button that leads to this status (`approved`, `sent`, …), or `receive`."""
        return self.page.locator(f"#acts button[data-act='{status}']")

    def approve(self) -> Self:
        self.act("approved").click()
        return self.wait_for_status("approved")

    def send(self) -> Self:
        self.act("sent").click()
        return self.wait_for_status("sent")

    def cancel(self) -> Self:
        self.act("cancelled").click()
        self.page.locator("dialog[open] button[value=yes]").click()
        return self.wait_for_status("cancelled")

    def receive(self, packs: dict[str, str] | None = None) -> Self:
        """Book a delivery: everything that is open, or these packs by product name and nothing of the others."""
        self.act("receive").click()
        if packs is not None:
            self.page.get_by_role("button", name="Set all to 0").click()
            for product, count in packs.items():
                box = self.page.get_by_label(f"Packs of {product} that came")
                box.fill(count)
                box.blur()
        self.page.locator("#receive-button").click()
        if packs is None:
            return self.wait_for_status("received")
        expect(self.page.locator("#receive-button")).to_have_count(0, timeout=15_000)
        return self

    def invoice(self, number: str, prices: dict[str, str]) -> Self:
        """Enter what an invoice asks per pack, by product name, and book the difference."""
        self.act("invoice").click()
        self.page.get_by_label("Invoice number").fill(number)
        for product, price in prices.items():
            box = self.page.get_by_label(f"Price of a pack of {product} that came")
            box.fill(price)
            box.blur()
        self.page.locator("#invoice-button").click()
        expect(self.page.locator("#invoice-button")).to_have_count(0, timeout=15_000)
        return self


class AlertsPage(ListPage):
    """What wants attention."""

    path = "/alerts"

    def acknowledge(self, product: str) -> Self:
        self.page.get_by_role("button", name=f"Mark {product} as seen").click()
        expect(self.row(product).get_by_text("seen", exact=True)).to_be_visible()
        return self

    @property
    def failed_runs(self) -> Locator:
        """The part about runs of the pipeline; hidden while there is none to show."""
        return self.page.get_by_role("region", name="Runs of the pipeline")

    def open_order_of(self, product: str) -> OrderPage:
        self.row(product).get_by_role("link", name="Open its order").click()
        order = OrderPage(self.page, self.base_url)
        order.wait_until_shown()
        return order
