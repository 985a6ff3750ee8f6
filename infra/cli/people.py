"""`user`: accounts and roles from the command line, the first administrator above all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated

import typer

from infra.cli.output import Json, answer_fields, answer_json, answer_table, note
from infra.local.errors import CannotRunError
from infra.local.home import Home
from infra.local.stack import databases_running

group = typer.Typer(help="Accounts and their roles.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="user")


@group.callback()
def _people() -> None:
    """Accounts and their roles."""
