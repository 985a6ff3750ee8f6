"""`user`: accounts and roles from the command line, the first administrator above all."""

from __future__ import annotations

import typer

group = typer.Typer(help="Accounts and their roles.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="user")


@group.callback()
def _people() -> None:
    """Accounts and their roles."""
