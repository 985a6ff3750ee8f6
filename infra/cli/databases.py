"""`migrate` and `sql`: the schema, and questions to the marts."""

from __future__ import annotations

from typing import Annotated, Literal

import psycopg
import typer

from infra.cli.output import Json, answer_csv, answer_json, answer_table, note
from infra.local.errors import CannotRunError
from infra.local.home import Home
from infra.local.stack import databases_running, run_migrations

STATEMENT_SECONDS = 120


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(migrate)
    app.command()(sql)


def migrate(
    direction: Annotated[Literal["up", "down", "current"], typer.Argument(help="Which way to go.")] = "up",
    to: Annotated[str | None, typer.Option(help="Revision; by default `head` going up, one step going down.")] = None,
) -> None:
    """Bring the operational schema up to date, take steps back (`down --to base`), or say where it stands.

    Runs Alembic as the role stockpot_owner (DATABASE_OWNER_URL). Going down loses what the dropped tables held.
    """
    commands = {"up": ["upgrade", to or "head"], "down": ["downgrade", to or "-1"], "current": ["current"]}
    with databases_running(Home.from_environment(), note) as environment:
        said = run_migrations(environment, *commands[direction])
    print(said.strip() or {"up": "the schema is up to date", "down": "done", "current": "(no revision)"}[direction])


def sql(
    query: Annotated[str, typer.Argument(help="One SQL statement.")],
    *,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Answer with CSV on standard output.")] = False,
) -> None:
    """Ask the marts as the read-only analyst: stockpot sql "select sum(net_sales) from marts.fct_sales".

    The role can read the schema `marts` and nothing else; a statement may take two minutes.
    """
    with databases_running(Home.from_environment(), note) as environment:
        columns, rows = ask(environment.variables["ANALYST_URL"], query)
    if as_json:
        answer_json([dict(zip(columns, row, strict=True)) for row in rows])
    elif as_csv:
        answer_csv(columns, rows)
    else:
        answer_table(columns, rows)


def ask(url: str, query: str) -> tuple[list[str], list[tuple[object, ...]]]:
    """The column names and rows of a read-only query."""
    options = f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_SECONDS}s"
    try:
        with psycopg.connect(url, options=options) as connection:
            cursor = connection.execute(query.encode())
            if cursor.description is None:
                return [], []
            return _distinct([column.name for column in cursor.description]), cursor.fetchall()
    except psycopg.Error as error:
        raise CannotRunError(str(error).strip().splitlines()[0]) from error


def _distinct(names: list[str]) -> list[str]:
    """`sum, sum` becomes `sum, sum_2`: a JSON object must not lose a column."""
    return [
        name if names.index(name) == place else f"{name}_{names[: place + 1].count(name)}"
        for place, name in enumerate(names)
    ]
