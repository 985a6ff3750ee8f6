"""`snapshots`: the day-end balances that reads of the past start from."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from infra.cli.output import Json, answer_fields, note
from infra.cli.rooms import operational
from infra.local.home import Home
from infra.local.stack import databases_running

TRIES = 2  # the first raises the fence, the second may find that everything before it has ended


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(snapshots)


def snapshots(
    *,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Drop every snapshot first; reads stay right meanwhile.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make the snapshots of stock that are due, a day per transaction, as the worker does every minute.

    Days that an open transaction may still add to are left for later; `safe_until` says how far the rows are settled.
    """
    with databases_running(Home.from_environment(), note) as environment, operational(environment):
        import api.schema  # noqa: F401 - the mapper needs every model
        from api.core.database import transaction
        from api.ledger.snapshots import forget_snapshots, make_next, snapshot_state

        if rebuild:
            with transaction() as session:
                forget_snapshots(session)
        made = idle = 0
        while idle < TRIES:
            with transaction() as session:
                day_end = make_next(session)
            if day_end is None:
                idle += 1
            else:
                made += 1
                note(f"snapshot of {day_end:%Y-%m-%d %H:%M} UTC")
        with transaction() as session:
            state = snapshot_state(session)
    answer_fields({"made": made, **dataclasses.asdict(state)}, as_json=as_json)
