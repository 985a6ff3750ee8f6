"""Loading the demo restaurant through the HTTP API, in at most a few minutes, with progress, and resumable."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from infra.demo import papers, sales
from infra.demo.client import Person
from infra.demo.finish import Finish
from infra.demo.history import History, People
from infra.demo.ids import fact_id
from infra.demo.plan import make_plan
from infra.demo.restaurant import TIME_ZONE, Restaurant
from infra.demo.setting import Builder, Setting

LOGINS = "demo-logins.json"
STATE = "demo-load.json"
NAMES = {"manager": "Morgan Reyes", "operator": "Olu Adeyemi", "analyst": "Ana Lindqvist"}
Progress = Callable[[str], None]


def load(
    api_url: str, admin_email: str, admin_password: str, home: Path, progress: Progress, *, days: int | None = None
) -> dict[str, Any]:
    """Load accounts, catalog, a year of history and what is dropped; again after an interruption, it goes on.

    `home` is STOCKPOT_HOME: accounts go to `demo-logins.json`, the till's file and suppliers' papers to `drop/`, and
    how far the load has come to `demo-load.json`. `days` takes the last days of the year alone. Answers figures of
    what is there.

    Raises:
        LoadError: the API refused something, or does not answer.
    """
    state = State(home / STATE)
    progress("planning a year of orders, deliveries, counts and waste around the sales")
    restaurant = Restaurant()
    plan = make_plan(restaurant, state.today, days)
    admin_login = {"email": admin_email, "password": admin_password}
    with ExitStack() as signed_in:
        admin = signed_in.enter_context(Person(api_url, admin_email, admin_password))
        setting = Builder(admin, restaurant, plan.first_day).build(progress)
        logins = _accounts(admin, admin_login, setting, home)
        manager, operator = (
            signed_in.enter_context(Person(api_url, logins[role]["email"], logins[role]["password"]))
            for role in ("manager", "operator")
        )
        people = People(admin, manager, operator)
        history = History(people, restaurant, setting, plan)
        history.play(progress, state.done_weeks, state.week_done)
        till = sales.drop(home / "drop" / "pos", state.today, days)
        Finish(people, restaurant, setting, plan, state.today).run(history, progress)
        sent = papers.drop(home / "drop", restaurant, plan, state.today, history.order_number)
    sold = list(sales.sales(state.today, days))
    progress(f"the till's {len(sold)} pizzas lie in {till.name}, suppliers' prices and invoices in {len(sent)} files")
    return {
        "products": len(setting.products),
        "menu_items": len(sales.menu()),
        "orders": len(plan.orders),
        "first_day": plan.first_day.isoformat(),
        "last_day": plan.last_day.isoformat(),
        "units": len(sold),
        "net_sales": str(sum(pizza.price for pizza in sold)),
    }


class State:
    """How far a load has come, and for which day it was planned: a load that goes on after midnight plans the same."""

    def __init__(self, path: Path) -> None:
        self._path = path
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        today = datetime.now(UTC).astimezone(ZoneInfo(TIME_ZONE)).date()
        self.today = date.fromisoformat(known.get("today", today.isoformat()))
        self.done_weeks = int(known.get("done_weeks", 0))
        self._write()

    def week_done(self, week: int) -> None:
        """A week's acts are all in the ledger."""
        self.done_weeks = week + 1
        self._write()

    def _write(self) -> None:
        content = {"today": self.today.isoformat(), "done_weeks": self.done_weeks}
        _replace(self._path, content)


def _accounts(admin: Person, admin_login: dict[str, str], setting: Setting, home: Path) -> dict[str, dict[str, str]]:
    """Logins for each role; passwords are random, and written down before they are used."""
    path = home / LOGINS
    logins: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    logins["admin"] = admin_login
    for role in NAMES:
        new = {"email": f"{role}@stockpot.example", "password": secrets.token_urlsafe(12)}
        logins.setdefault(role, new)
    _replace(path, logins)
    for role, name in NAMES.items():
        user_id = fact_id(datetime(2026, 1, 1, tzinfo=UTC), "user", role)
        location = {"location_id": setting.locations["RIV"]} if role == "operator" else {}
        admin.post("/api/auth/register", {"id": user_id, "name": name, "role": role, **logins[role], **location})
    return logins


def _replace(path: Path, content: Any) -> None:
    """Write a file at once, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    partial.replace(path)
