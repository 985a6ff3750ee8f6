"""Puts the command groups together and turns expected obstacles into one line and exit code 2."""

from __future__ import annotations

import sys

import psycopg
import typer
from dotenv import load_dotenv

from infra.cli import (
    audit,
    benchmarks,
    codes,
    databases,
    demo,
    explain,
    exports,
    imports,
    people,
    pipeline,
    programs,
    quarantine,
    stack,
    stock,
)
from infra.local.errors import CannotRunError

EPILOG = (
    "State lives under STOCKPOT_HOME (default: var). A file .env in the current folder is read; variables that are set "
    "win over it, and both win over the embedded defaults. Exit codes: 0 all well, 1 problems found, 2 could not run."
)


def main() -> None:
    """Run one command and end the process with its exit code."""
    load_dotenv(".env", override=False)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code; expected obstacles become one line on stderr and 2."""
    try:
        app(arguments, prog_name="stockpot")
    except (CannotRunError, psycopg.OperationalError) as obstacle:
        print(f"stockpot: {str(obstacle).strip().splitlines()[0]}", file=sys.stderr)
        return 2
    except SystemExit as end:
        # Typer ends an interrupted command with 1, which here would say that it found problems.
        interrupted = isinstance(end.__context__, typer.Abort)
        return 130 if interrupted else int(end.code or 0)
    return 0


def _end(code: int | None, **_: object) -> None:
    """What a command returns is its exit code."""
    raise typer.Exit(code or 0)


app = typer.Typer(
    name="stockpot",
    help="Restaurant inventory: scan, count, receive and order over an immutable stock ledger.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    result_callback=_end,
)
GROUPS = (
    stack, demo, pipeline, programs, databases, people, imports, quarantine, codes, stock, explain, exports,
    audit, benchmarks,
)  # fmt: skip
for group in GROUPS:
    group.register(app)
