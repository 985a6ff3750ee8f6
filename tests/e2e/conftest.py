"""A running service, a browser and a kitchen for tests that look at the page as a person does.

The service is `uvicorn` in a process of its own on this worker's database. Without a Chromium these tests are skipped with
the reason on a person's machine and fail in CI, where a skipped browser test would be a hole nobody sees.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from infra.local.processes import free_port
from infra.local.services import serving
from tests.api.conftest import forget_everything
from tests.conftest import ROOT, Database, environment_for
from tests.e2e import chromium
from tests.e2e.kitchen import PASSWORD, Account, Kitchen
from tests.e2e.pages import LogInPage, ScanPage

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
HERE = Path(__file__).parent
OUTSIDE = re.compile(r"Failed to load resource")  # the console's echo of answers that the page itself explains


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything below this folder drives a browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


# ------------------------------------------------------------------ the service


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """This process speaks to the same database as the service: it makes the accounts."""
    from api.config import get_settings

    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        get_settings.cache_clear()
        forget_everything()
        yield
    get_settings.cache_clear()
    forget_everything()


@pytest.fixture(scope="session")
def service_environment(
    database: Database, redis_url: str, key_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The variables of the running service and of every process beside it, such as the worker."""
    home = tmp_path_factory.mktemp("service")
    base_url = f"http://127.0.0.1:{free_port()}"
    urls = {"STOCKPOT_PUBLIC_URL": base_url, "STOCKPOT_API_URL": base_url}
    return environment_for(database, redis_url, home, key_folder) | urls


@pytest.fixture(scope="session")
def base_url(service_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running service."""
    url = service_environment["STOCKPOT_PUBLIC_URL"]
    log = tmp_path_factory.mktemp("log") / "api.log"
    command = serving(int(url.rpartition(":")[2]), 1)
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **service_environment}, stdout=out, stderr=out)
        try:
            _wait_until_alive(url, process, log)
            yield url
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_alive(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/healthz", timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"the service did not start:\n{log.read_text()[-4000:]}")


@pytest.fixture
def worker(base_url: str, service_environment: dict[str, str]) -> Iterator[None]:
    """The worker beside the service: alerts, draft orders and mail."""
    command = [sys.executable, "-m", "api.worker"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **service_environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield
    is_alive = process.poll() is None
    process.terminate()
    process.wait(20)
    assert is_alive, "the worker had stopped by itself"


# ------------------------------------------------------------------ kitchens


@pytest.fixture(scope="module")
def manager_client(base_url: str, service_environment: dict[str, str]) -> Iterator[httpx.Client]:
    """A program of a manager of every place, signed in as programs do."""
    from api.core.database import transaction
    from api.identity.bootstrap import create_user, ensure_builtin_roles

    email = f"manager-{secrets.token_hex(5)}@example.com"
    with _environment(service_environment), httpx.Client(base_url=base_url, timeout=20) as client:
        with transaction() as session:
            ensure_builtin_roles(session)
        with transaction() as session:
            create_user(session, email=email, name="Mo Manager", password=PASSWORD, role="manager")
        reply = client.post("/api/auth/login", json={"email": email, "password": PASSWORD})
        assert reply.is_success, reply.text
        client.cookies.clear()
        client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        yield client


@pytest.fixture
def kitchen(base_url: str, manager_client: httpx.Client, service_environment: dict[str, str]) -> Iterator[Kitchen]:
    """A place of this test's own."""
    from api.domain.ids import uuid7

    with _environment(service_environment):
        body = {"id": str(uuid7()), "code": secrets.token_hex(5).upper(), "name": "Riverside"}
        place = {**body, "time_zone": "America/New_York", "currency": "USD"}
        reply = manager_client.post("/api/locations", json=place)
        assert reply.is_success, reply.text
        yield Kitchen(base_url, manager_client, reply.json())


# ------------------------------------------------------------------ the browser


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright's loop runs in this thread while the fixture lives; no longer than a module, for others need loops too."""
    with sync_playwright() as playwright:
        if chromium.find_chromium(playwright) is None:
            reason = "no Chromium here: install chromium or Google Chrome, or run `playwright install chromium`"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser without a camera."""
    with chromium.running(playwright) as browser:
        yield browser


@pytest.fixture
def browser_with_camera(playwright: Playwright, tmp_path: Path) -> Iterator[Callable[[str], Browser]]:
    """Start a browser whose camera looks at this EAN-13."""
    with ExitStack() as stack:

        def start(code: str) -> Browser:
            film = chromium.film_of(code, tmp_path / f"{code}.mjpeg")
            return stack.enter_context(chromium.running(playwright, *chromium.camera_flags(film)))

        yield start


class Visit:
    """One person's browser window; complaints of the browser's console are kept, and fail the test at its end."""

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        self.context = context
        self.base_url = base_url
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(f"{error}"))
        self.page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        if message.type == "error" and not OUTSIDE.search(message.text):
            self.complaints.append(message.text)

    def log_in(self, account: Account) -> ScanPage:
        return LogInPage(self.page, self.base_url).log_in(account.email, account.password)


@pytest.fixture
def visit(base_url: str, browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Open a window: `visit()` at a desk, `visit(**PHONE)` in a hand, `visit(browser=…)` in another browser."""
    visits: list[Visit] = []

    def open_window(*, browser: Browser = browser, **options: Any) -> Visit:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **options})
        visits.append(Visit(context, base_url))
        return visits[-1]

    yield open_window
    for one in visits:
        one.context.close()
    complaints = [complaint for one in visits for complaint in one.complaints]
    assert complaints == [], "the browser complained"
