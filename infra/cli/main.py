"""Puts the command groups together and turns expected obstacles into one line and exit code 2."""

from __future__ import annotations

import os
import sys

import click
import psycopg
import typer
from dotenv import load_dotenv

from infra.cli import audit, benchmarks, codes, databases, demo, imports, people, pipeline, programs, stack
from infra.local.errors import CannotRunError

EPILOG = """\
State lives under STOCKPOT_HOME (default: var). A file .env in the current folder is read; variables that are set win
over it, and both win over the embedded defaults. Exit codes: 0 all well, 1 problems were found, 2 could not run.
"""

app = typer.Typer(
    name="stockpot",
    help="Restaurant inventory: scan, count, receive and order over an immutable stock ledger.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for group in (stack, demo, pipeline, programs, databases, people, imports, codes, audit, benchmarks):
    group.register(app)


def main() -> None:
    """Run one command and end the process with its exit code."""
    load_dotenv(".env", override=False)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; expected obstacles become one line on stderr and exit code 2."""
    try:
        code = app(arguments, standalone_mode=False)
    except (CannotRunError, psycopg.OperationalError) as obstacle:
        return _refuse(f"stockpot: {str(obstacle).strip().splitlines()[0]}")
    except click.exceptions.NoArgsIsHelpError as help_text:
        return _refuse(help_text.format_message())
    except click.ClickException as misuse:
        return _refuse(f"stockpot: {misuse.format_message()} (see --help)")
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader, such as head, has had enough
        code = 0
    return code if isinstance(code, int) else 0


def _refuse(sentence: str) -> int:
    """Say on stderr, in one line, why the command could not run."""
    print(sentence, file=sys.stderr)
    return 2
