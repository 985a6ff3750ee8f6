"""`demo`: a whole restaurant group at work, from an empty folder to dashboards."""

from __future__ import annotations

import json
import secrets
from typing import Annotated

import typer

from infra.cli.checks import run_checks
from infra.cli.output import answer_table, note, step
from infra.cli.pipeline import NIGHTLY, run_job
from infra.cli.stack import run_stack
from infra.local.errors import CannotRunError
from infra.local.home import Home
from infra.local.marks import read_marks, set_mark
from infra.local.pipeline import Dagster
from infra.local.stack import Stack, urls

ADMIN_EMAIL = "admin@stockpot.example"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(demo)


def demo(
    *, once: Annotated[bool, typer.Option("--once", help="Check that every part answers, stop, and exit 0.")] = False
) -> int:
    """Start everything, load the demo restaurant, run the pipeline once, and stay up until Ctrl-C.

    What is already loaded stays; a second start takes seconds. Passwords: STOCKPOT_HOME/demo-logins.json.
    """
    failed: list[str] = []

    def show(stack: Stack) -> bool:
        _fill(stack)
        _invite(stack)
        if once:
            step("Asking every part")
            failed.extend(run_checks(stack.environment.variables, note))
        else:
            step("Running until Ctrl-C")
        return not once

    code = run_stack(Home.from_environment(), work=show)
    if once and not code and not failed:
        step("Every part answered; everything is stopped again")
    return 1 if failed else code


def _fill(stack: Stack) -> None:
    """Load the restaurant and run the pipeline, each unless the database says that it is done."""
    variables = stack.environment.variables
    owner_url = variables["DATABASE_OWNER_URL"]
    marks = read_marks(owner_url)
    if marks.get("demo") != "loaded":
        step("Loading the demo restaurant: products, suppliers, recipes, a year of sales")
        _load(stack)
        set_mark(owner_url, "demo", "loaded")
    if marks.get("pipeline") != "done":
        step("Running the nightly pipeline")
        outcome = run_job(Dagster(variables["STOCKPOT_DAGSTER_URL"]), NIGHTLY)
        if outcome["status"] != "SUCCESS":
            raise CannotRunError(f"the pipeline failed at {outcome['failed_steps']}: see {stack.home.folder('log')}")
        set_mark(owner_url, "pipeline", "done")


def _load(stack: Stack) -> None:
    from infra.cli.people import ensure_admin
    from infra.demo.client import LoadError
    from infra.demo.load import load

    admin = _admin_login(stack.home)
    ensure_admin(stack.environment, admin["email"], admin["password"])
    api_url = stack.environment.variables["STOCKPOT_API_URL"]
    try:
        load(api_url, admin["email"], admin["password"], stack.home.path, note)
    except LoadError as error:
        raise CannotRunError(f"the demo restaurant was not loaded: {error}") from error


def _admin_login(home: Home) -> dict[str, str]:
    """The administrator's account: as kept in the home, else a new random password, kept before it is used."""
    logins = read_logins(home)
    if "admin" not in logins:
        logins["admin"] = {"email": ADMIN_EMAIL, "password": secrets.token_urlsafe(12)}
        home.logins_file.touch(mode=0o600)
        home.logins_file.write_text(json.dumps(logins, indent=2) + "\n", encoding="utf-8")
    return logins["admin"]


def read_logins(home: Home) -> dict[str, dict[str, str]]:
    """The demo accounts by role, empty before the first demo."""
    if not home.logins_file.exists():
        return {}
    logins: dict[str, dict[str, str]] = json.loads(home.logins_file.read_text(encoding="utf-8"))
    return logins


def _invite(stack: Stack) -> None:
    """Print where to look and how to log in."""
    answer_table(["open", "address"], urls(stack.environment.variables).items())
    logins = read_logins(stack.home)
    answer_table(
        ["log in as", "email", "password"],
        [[role, login.get("email"), login.get("password")] for role, login in logins.items()],
        title=f"also in {stack.home.logins_file}",
    )
