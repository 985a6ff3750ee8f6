"""`quarantine`: rows of other systems' files that could not be loaded, and what becomes of them."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.output import Json, answer_fields, answer_json, answer_table, note
from infra.local.errors import CannotRunError
from infra.local.home import Home
from infra.local.stack import databases_running

if TYPE_CHECKING:
    from ingestion.quarantine.rows import Row, State
    from ingestion.quarantine.store import Filter

SHORT = 80

RowId = Annotated[int, typer.Argument(help="The row's number, as `list` shows it.")]
RowIds = Annotated[list[int] | None, typer.Argument(help="Rows by number; without any, every repaired row.")]
Source = Annotated[str | None, typer.Option(help="Only rows of this source: pos, invoices, …")]
File = Annotated[str | None, typer.Option(help="Only rows of this file.")]
Code = Annotated[str | None, typer.Option(help="Only rows with this reason code, such as not_a_number.")]
By = Annotated[str | None, typer.Option(help="Who does it; by default the account that runs the command.")]

group = typer.Typer(
    help="Rows that could not be loaded: look at them, repair them, load them again.",
    epilog="The usual way: list · show 17 · repair 17 --set quantity=2 · replay 17. Nothing is ever deleted: a row "
    "that needs no loading is discarded with a reason.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="quarantine")


@group.command("list")
def list_(
    source: Source = None,
    file: File = None,
    code: Code = None,
    state: Annotated[
        list[str] | None,
        typer.Option(
            help="pending, repaired, discarded or loaded; again for several. By default pending and repaired."
        ),
    ] = None,
    after: Annotated[int, typer.Option(help="Only rows with a greater number: the next page.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many rows.")] = 50,
    *,
    as_json: Json = False,
) -> int:
    """List the rows that wait: stockpot quarantine list --source pos --file monday.csv.

    Each row has its file, line, column and reason. Exit code 1 when rows wait, 0 when the list is empty.
    """
    with _store() as url:
        from ingestion.quarantine.store import count_rows, list_rows

        chosen = _filter(source, file, code, states=_states(state), after=after, limit=limit)
        rows, counts = list_rows(url, chosen), count_rows(url)
    if as_json:
        answer_json({"rows": [asdict(row) for row in rows], "counts": [asdict(count) for count in counts]})
    else:
        shown = [
            (row.id, row.state, row.source, row.file, row.line, row.column, row.code, _short(row.message))
            for row in rows
        ]
        answer_table(["row", "state", "source", "file", "line", "column", "reason", "in words"], shown)
        answer_table(
            ["source", "state", "reason", "rows"], [list(asdict(count).values()) for count in counts], "all rows"
        )
    return 1 if any(row.state in {"pending", "repaired"} for row in rows) else 0


@group.command()
def show(row: RowId, *, as_json: Json = False) -> None:
    """Show one row whole: its cells as they came, its repairs, and what became of it: stockpot quarantine show 17."""
    with _store() as url:
        from ingestion.quarantine.store import show as find

        found = find(url, row)
    _answer(found, as_json=as_json)


@group.command()
def repair(
    row: RowId,
    values: Annotated[
        list[str],
        typer.Option(
            "--set", help="COLUMN=VALUE with the file's own column, in its way of writing; again for several."
        ),
    ],
    by: By = None,
    *,
    replay_now: Annotated[bool, typer.Option("--replay", help="Load the row again at once.")] = False,
    as_json: Json = False,
) -> int:
    """Put other values into a row: stockpot quarantine repair 17 --set "qty=2" --set "price=9,50".

    The values that came are kept beside the repairs. The row then waits for `replay`, or add --replay.
    """
    with _store() as url:
        from ingestion.quarantine.replay import replay as load_again
        from ingestion.quarantine.store import repair as change
        from ingestion.quarantine.store import show as find

        found = change(url, row, dict(_pair(value) for value in values), by or getpass.getuser())
        if replay_now:
            load_again(url, [row])
            found = find(url, row)
    _answer(found, as_json=as_json)
    return 1 if replay_now and found.state != "loaded" else 0


@group.command()
def replay(
    rows: RowIds = None, source: Source = None, file: File = None, code: Code = None, *, as_json: Json = False
) -> int:
    """Load repaired rows again, each once: stockpot quarantine replay, or replay 17 18 for single rows.

    They take the way of the file that they came from. A row that is named is tried even when it was not repaired, which
    helps where a location was missing. What fails again stays, with its new reason, and the exit code is 1.
    """
    with _store() as url:
        from ingestion.quarantine.replay import replay as load_again

        figures = load_again(url, rows or (), _filter(source, file, code))
    answer_fields(asdict(figures), as_json=as_json)
    return 1 if figures.failed else 0


@group.command()
def discard(
    row: RowId,
    reason: Annotated[str, typer.Option(help="Why the row needs no loading; it is kept with the row.")],
    by: By = None,
    *,
    as_json: Json = False,
) -> None:
    """Say that a row will never be loaded: stockpot quarantine discard 17 --reason "a test sale"."""
    with _store() as url:
        from ingestion.quarantine.store import discard as give_up

        found = give_up(url, row, reason, by or getpass.getuser())
    _answer(found, as_json=as_json)


@contextmanager
def _store() -> Iterator[str]:
    """The warehouse's address while the databases run; ingestion's refusals become CannotRunError."""
    from ingestion.errors import IngestionError

    with databases_running(Home.from_environment(), note) as environment:
        try:
            yield environment.variables["WAREHOUSE_URL"]
        except IngestionError as error:
            raise CannotRunError(str(error)) from error


def _filter(
    source: str | None,
    file: str | None,
    code: str | None,
    *,
    states: tuple[State, ...] = (),
    after: int = 0,
    limit: int | None = None,
) -> Filter:
    from ingestion.quarantine.store import Filter

    return Filter(source=source, file=file, code=code, states=states, after=after, limit=limit)


def _states(names: list[str] | None) -> tuple[State, ...]:
    from ingestion.quarantine.rows import STATES

    if not names:
        return ("pending", "repaired")
    unknown = [name for name in names if name not in STATES]
    if unknown:
        raise CannotRunError(f"there is no state {unknown[0]!r}; the states are {', '.join(STATES)}")
    return tuple(state for state in STATES if state in names)


def _pair(text: str) -> tuple[str, str]:
    column, sign, value = text.partition("=")
    if not sign or not column:
        raise CannotRunError(f"{text!r} is no COLUMN=VALUE")
    return column, value


def _answer(row: Row, *, as_json: bool) -> None:
    if as_json:
        answer_json(asdict(row) | {"current": row.current})
        return
    hidden = {"values", "repaired", "raw_text", "context", "figures"}
    answer_fields({name: value for name, value in asdict(row).items() if name not in hidden}, as_json=False)
    cells: list[tuple[Any, ...]] = [(name, value, row.repaired.get(name)) for name, value in row.values.items()]
    answer_table(["column", "as it came", "repaired"], cells)


def _short(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"
