"""`bench`: how fast, beside a plain floor on the same machine."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.cli.output import Json, answer_fields, note
from infra.local.home import Home
from infra.local.stack import databases_running

group = typer.Typer(help="Measure, beside a plain floor on the same machine.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="bench")


@group.callback()
def _bench() -> None:
    """Measure, beside a plain floor on the same machine."""


@group.command()
def scans(
    seconds: Annotated[int, typer.Option(help="How long each side is measured.")] = 20,
    clients: Annotated[int, typer.Option(help="Concurrent senders.")] = 32,
    per_request: Annotated[int, typer.Option(min=1, max=500, help="Scans in each request, and per transaction.")] = 1,
    *,
    as_json: Json = False,
) -> int:
    """Scans per second through the service, with p50 and p95, and the ratio to pgbench on the same server."""
    from infra.bench.scans import run

    with databases_running(Home.from_environment(), note) as environment:
        result = run(environment=environment, seconds=seconds, clients=clients, batch=per_request, progress=note)
    answer_fields(result, as_json=as_json)
    return 0


@group.command()
def inventory(
    seconds: Annotated[int, typer.Option(help="How long each side is measured.")] = 20,
    clients: Annotated[int, typer.Option(help="Concurrent readers.")] = 32,
    rate: Annotated[int, typer.Option(min=1, help="Requests a second while the time of an answer is taken.")] = 200,
    *,
    as_json: Json = False,
) -> int:
    """Pages of 50 inventory rows per second, the ratio to pgbench on the same server, and p95 at a steady rate."""
    from infra.bench.inventory import run

    with databases_running(Home.from_environment(), note) as environment:
        result = run(environment=environment, seconds=seconds, clients=clients, rate=rate, progress=note)
    answer_fields(result, as_json=as_json)
    return 0


@group.command("import")
def import_products(
    rows: Annotated[int, typer.Option(help="Products in the generated catalog.")] = 100_000,
    *,
    as_json: Json = False,
) -> int:
    """Seconds and peak memory for importing a catalog, and again, with the ratio to COPY into plain tables.

    Exit code 1 where the import takes longer than 60 s per 100,000 rows, or more than 300 MB.
    """
    from infra.bench.imports import LIMIT_MB, LIMIT_SECONDS, run

    with databases_running(Home.from_environment(), note) as environment:
        result = run(environment=environment, rows=rows, progress=note)
    answer_fields(result, as_json=as_json)
    is_slow = result["seconds"] > LIMIT_SECONDS * max(rows, 10_000) / 100_000
    return 1 if is_slow or result["peak_mb"] > LIMIT_MB else 0


@group.command()
def as_of(
    items: Annotated[int, typer.Option(min=1, help="Items whose balances are read.")] = 10_000,
    movements: Annotated[
        int, typer.Option(min=1, help="Rows of the ledger; ten million take 6 GB while it runs.")
    ] = 10_000_000,
    reads: Annotated[int, typer.Option(min=2, help="Random moments.")] = 20,
    *,
    as_json: Json = False,
) -> int:
    """Every item's balance as of random moments on a large ledger, beside today's balances and a plain sum.

    Exit code 1 when a balance is not the sum of its rows.
    """
    from infra.bench.as_of import run

    with databases_running(Home.from_environment(), note) as environment:
        result = run(environment=environment, items=items, movements=movements, reads=reads, progress=note)
    answer_fields(result, as_json=as_json)
    return 1 if result["differences"] else 0


@group.command()
def pipeline(
    movements: Annotated[
        int, typer.Option(min=1000, help="Old movements; a night on a tenth of them is the floor.")
    ] = (200_000),
    new: Annotated[int, typer.Option(min=1, help="New movements of the night.")] = 30_000,
    locations: Annotated[int, typer.Option(min=1, help="Restaurants of the chain.")] = 40,
    products: Annotated[int, typer.Option(min=210, help="Products, each kept at every location.")] = 800,
    days: Annotated[int, typer.Option(min=30, help="Days over which the old movements are spread.")] = 60,
    *,
    as_json: Json = False,
) -> int:
    """A night on a long history beside one on a tenth of it; load, rebuild and export beside plain SQL; pages.

    The pages are run as somebody who reads all locations, with the real service, up to their first chart. On two quiet
    cores a million movements take seven minutes and 3 GB, three million twelve minutes; ten million need 30 GB while
    it runs, and a machine of their own. Exit code 1 when a target is missed.
    """
    from infra.bench.pipeline import missed, run

    with databases_running(Home.from_environment(), note) as environment:
        result = run(
            environment=environment,
            movements=movements,
            new=new,
            locations=locations,
            products=products,
            days=days,
            progress=note,
        )
    result["missed"] = missed(result)
    answer_fields(result, as_json=as_json)
    return 1 if result["missed"] else 0
