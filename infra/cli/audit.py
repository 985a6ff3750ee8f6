"""`reconcile` and `audit verify`: prove that the balances and the audit trail say what happened."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import psycopg
import typer

from infra.cli.output import Json, answer_fields, note
from infra.local.home import Home
from infra.local.stack import databases_running

group = typer.Typer(help="The audit trail.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(reconcile)
    app.add_typer(group, name="audit")


@group.callback()
def _audit() -> None:
    """The audit trail."""


def reconcile(*, as_json: Json = False) -> int:
    """Compare each item's balance with the sum of its movements; repairs nothing.

    Exit code 1 when an item differs.
    """
    from api.ledger.reconcile import reconcile as compare

    with _ledger() as connection:
        report = compare(connection)
    return _answer(report, as_json=as_json)


@group.command()
def verify(*, as_json: Json = False) -> int:
    """Check the audit trail's chain from its first entry on; names the first entry that does not fit.

    Exit code 1 when the chain is broken.
    """
    from api.audit.verify import verify as check

    with _ledger() as connection:
        report = check(connection)
    return _answer(report, as_json=as_json)


@contextlib.contextmanager
def _ledger() -> Iterator[psycopg.Connection[Any]]:
    """A connection as the operational service has it."""
    with (
        databases_running(Home.from_environment(), note) as environment,
        psycopg.connect(environment.variables["DATABASE_URL"]) as connection,
    ):
        yield connection


def _answer(report: Any, *, as_json: bool) -> int:
    answer_fields(dataclasses.asdict(report), as_json=as_json)
    return 0 if report.ok else 1
