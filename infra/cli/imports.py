"""`import pos`: a till's CSV into the warehouse's raw sales."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.output import Json, answer_fields, note
from infra.local.errors import CannotRunError
from infra.local.home import Home
from infra.local.services import ROOT
from infra.local.stack import databases_running

group = typer.Typer(help="Bring other systems' files in.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="import")


@group.callback()
def _imports() -> None:
    """Bring other systems' files in."""


@group.command()
def pos(
    file: Annotated[Path, typer.Argument(help="The till's CSV export.")],
    location: Annotated[
        str | None, typer.Option(help="Code of the location that sold; by default the mapping's.")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option(help="A mapping file, or the name of one that comes along; see ingestion/README.md.")
    ] = None,
    *,
    as_json: Json = False,
) -> int:
    """Load a till's order lines: stockpot import pos orders.csv --location RIV --mapping takeaway.

    Bad lines go to quarantine with line, column and reason; nothing is lost, and the same file again adds nothing.
    Without --mapping, FILE.mapping.yaml beside the file is used. Exit code 1 when lines were quarantined, 2 when the
    file cannot be read at all.
    """
    if not file.is_file():
        raise CannotRunError(f"there is no file {file}")
    with databases_running(Home.from_environment(), note) as environment:
        figures = _import(file, location, mapping, environment.variables["WAREHOUSE_URL"])
    answer_fields(figures, as_json=as_json)
    return 1 if figures["lines_quarantined"] else 0


def _import(file: Path, location: str | None, mapping: str | None, warehouse_url: str) -> dict[str, Any]:
    """The figures of one import; an import that cannot be done is an obstacle, in ingestion's own words."""
    from ingestion.errors import IngestionError
    from ingestion.pos.cli import import_file

    started_at = time.monotonic()

    def progress(lines: int) -> None:
        note(f"{lines:,} lines, {time.monotonic() - started_at:.0f} s")

    try:
        return import_file(file, location, _mapping_file(mapping), warehouse_url, progress=progress)
    except IngestionError as error:
        raise CannotRunError(str(error)) from error


def _mapping_file(mapping: str | None) -> Path | None:
    """A path as it is; the name of a mapping that comes along as its path."""
    if mapping is None:
        return None
    own = ROOT / "ingestion" / "pos" / "mappings" / f"{mapping}.mapping.yaml"
    return own if own.exists() and not Path(mapping).exists() else Path(mapping)
