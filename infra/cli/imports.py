"""`import pos`: a till's CSV into the warehouse's raw sales."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.output import Json, answer_fields, note
from infra.local.errors import CannotRunError
from infra.local.home import Home
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
    location: Annotated[str, typer.Option(help="Code of the location that sold.")],
    mapping: Annotated[str, typer.Option(help="Name of a mapping that comes along, or the path of a YAML file.")],
    *,
    as_json: Json = False,
) -> int:
    """Load a till's order lines; bad lines go to quarantine with line, column and reason, and nothing is lost.

    The same file again adds nothing. Exit code 1 when lines were quarantined, 2 when the file cannot be read at all.
    """
    if not file.is_file():
        raise CannotRunError(f"there is no file {file}")
    from ingestion.pos.cli import import_file

    from ingestion.errors import IngestionError

    with databases_running(Home.from_environment(), note) as environment:
        variables = environment.variables
        try:
            summary = import_file(
                file, location, mapping, variables["WAREHOUSE_URL"], Path(variables["POS_DROP_PATH"]), note
            )
        except IngestionError as error:
            raise CannotRunError(str(error)) from error
    answer_fields(summary, as_json=as_json)
    return 1 if summary.get("quarantined") else 0
