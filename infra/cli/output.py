"""How commands speak: progress for people on stderr, answers on stdout, JSON where a program reads them."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Answer with JSON on standard output, for programs.")]

progress_console = Console(stderr=True, highlight=False, soft_wrap=True)
# Into a file or a pipe a table is as wide as it needs to be: a cut value would be a wrong answer.
answer_console = Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)


def step(sentence: str) -> None:
    """Say what is being done now."""
    progress_console.print(f"[bold green]›[/] {_plain(sentence)}")


def note(sentence: str) -> None:
    """Say something that is worth knowing."""
    progress_console.print(f"  {_plain(sentence)}")


def answer_json(answer: Any) -> None:
    """Print the answer for a program: decimals, times and ids become strings."""
    print(json.dumps(answer, indent=2, default=str, ensure_ascii=False))


def answer_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None) -> None:
    """Print the answer for a person."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    answer_console.print(table)


def answer_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print the answer for a spreadsheet."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def answer_fields(fields: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one thing's fields."""
    if as_json:
        answer_json(fields)
    else:
        width = max(len(name) for name in fields)
        for name, value in fields.items():
            print(f"{name:<{width}}  {value}")


def _cell(value: object) -> str:
    """A value for people: nothing for null, and decimals without the zeros that say nothing."""
    if value is None:
        return ""
    if isinstance(value, Decimal) and value.is_finite():
        whole, _, decimals = format(value, "f").partition(".")
        return f"{whole}.{decimals.rstrip('0')}".removesuffix(".")
    return _plain(value)


def _plain(value: object) -> str:
    """Text in which brackets are brackets, not markup."""
    return str(value).replace("[", "\\[")
