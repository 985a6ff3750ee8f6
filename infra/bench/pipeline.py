"""`stockpot bench pipeline`: what a night costs on a long history, and each step beside a plain floor.

The floors are never the pipeline's own functions: COPY between two tables for the load, statements written by hand
(`stock_marts.sql`) for the rebuild, COPY TO for the export. Every step runs as its own process, as in production.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from infra.bench import pages
from infra.bench import pipeline_steps as steps
from infra.bench.chain import Chain, add_night, make_history, make_places
from infra.bench.scans import machine
from infra.bench.scratch import scratch_database
from infra.local.environment import Environment

HAND_WRITTEN = Path(__file__).parent / "stock_marts.sql"
BY_HAND = (
    "fct_stock_movements",
    "fct_stock_on_hand_daily",
    "fct_inventory_value_daily",
    "fct_waste",
    "fct_restatements",
)
TARGETS = {
    "night_ratio": 1.3,
    "load_ratio": 0.33,
    "rebuild_ratio": 2.0,
    "export_ratio": 0.33,
    "export_mb": 200,
    "page_ms": 1000,
}
Progress = Callable[[str], None]


def run(
    *,
    environment: Environment,
    movements: int = 1_000_000,
    new: int = 30_000,
    locations: int = 40,
    products: int = 800,
    days: int = 60,
    sales_lines: int = 20,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Measure a night on a tenth of `movements` and on all of them, and with all of them the steps by themselves.

    `differences` counts rows of the marts that the hand-written statements do not have, or the other way round.

    Raises:
        CannotRunError: the server is not an embedded one, or a step failed.
    """
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    chain = Chain(locations, products, end - timedelta(days=days), end)
    short = _measure(environment, chain, movements // 10, new, sales_lines, progress, alone=False)
    long = _measure(environment, chain, movements, new, sales_lines, progress, alone=True)
    nights = {"night_seconds": long["night"], "night_seconds_on_a_tenth": short["night"]}
    ratio = round(sum(long["night"].values()) / sum(short["night"].values()), 2)
    return {
        "movements": movements,
        "new_movements": new,
        "items": chain.items,
        "days": days,
        **nights,
        "night_ratio": ratio,
        **long["alone"],
        "targets": TARGETS,
        "machine": machine(),
    }


def missed(result: dict[str, Any]) -> list[str]:
    """The targets that were not reached, and what differs."""
    worst_page = max(result["page_ms"].values(), default=0)
    checks = {
        "night": result["night_ratio"] <= TARGETS["night_ratio"],
        "load": result["load_ratio"] >= TARGETS["load_ratio"],
        "rebuild": result["rebuild_ratio"] <= TARGETS["rebuild_ratio"],
        "export": result["export_ratio"] >= TARGETS["export_ratio"] and result["export_mb"] <= TARGETS["export_mb"],
        "pages": worst_page <= TARGETS["page_ms"],
        "same result": not result["differences"],
    }
    return [name for name, reached in checks.items() if not reached]


def _measure(
    environment: Environment,
    chain: Chain,
    movements: int,
    new: int,
    sales_lines: int,
    progress: Progress,
    *,
    alone: bool,
) -> dict[str, Any]:
    """One chain: its first load and build, then a night with new movements; `alone` adds the steps by themselves."""
    with (
        scratch_database(environment, progress) as (admin_url, here),
        psycopg.connect(admin_url, autocommit=True) as admin,
    ):
        make_places(admin, chain, sales_lines)
        make_history(admin, chain, movements, progress)
        progress("first load, build and publication")
        load_seconds = steps.load(here)
        first_build = steps.dbt(here, "bench-0", "build", "--full-refresh")
        steps.publish(here, "bench-0")
        add_night(admin, chain, new)
        progress(f"a night with {new:,} new movements")
        night = {
            "load": steps.load(here),
            "build": steps.dbt(here, "bench-1", "build"),
            "publish": steps.publish(here, "bench-1"),
        }
        figures: dict[str, Any] = {"first_build_seconds": round(first_build, 1)}
        if alone:
            figures |= _load_beside_copy(admin, movements, load_seconds)
            figures |= _export_beside_copy(admin, here, progress)
            figures["page_ms"] = pages.measure(admin_url, here, progress)
            figures |= _rebuild_beside_hand(admin, here, progress)
    return {"night": {name: round(seconds, 1) for name, seconds in night.items()}, "alone": figures}


def _load_beside_copy(admin: psycopg.Connection[Any], movements: int, seconds: float) -> dict[str, Any]:
    """Rows per second of the first load, and of COPY of the same rows out of the ledger and into a plain table."""
    admin.execute("create schema copied")
    admin.execute("create table copied.stock_movements (like public.stock_movements)")
    admin.execute("alter table copied.stock_movements add primary key (id)")
    began = time.perf_counter()
    with psycopg.connect(admin.info.dsn, password=admin.info.password) as target, target.cursor() as into:
        query = f"copy (select * from stock_movements limit {movements}) to stdout (format binary)"  # noqa: S608 - a number
        source = admin.cursor()
        with (
            source.copy(query.encode()) as out,
            into.copy("copy copied.stock_movements from stdin (format binary)") as put,
        ):
            for data in out:
                put.write(data)
    floor = time.perf_counter() - began
    return {
        "load_rows_per_second": round(movements / seconds),
        "copy_rows_per_second": round(movements / floor),
        "load_ratio": round(floor / seconds, 2),
    }


def _rebuild_beside_hand(admin: psycopg.Connection[Any], here: Environment, progress: Progress) -> dict[str, Any]:
    """The stock marts rebuilt whole by dbt and by hand, and how many of their rows differ."""
    progress("stock marts by hand")
    began = time.perf_counter()
    with psycopg.connect(here.variables["WAREHOUSE_URL"]) as session:  # the same role with the same settings as dbt
        session.execute(HAND_WRITTEN.read_bytes())
    floor = time.perf_counter() - began
    progress("stock marts by dbt")
    seconds = steps.dbt(here, "bench-2", "run", "--full-refresh", "--select", *(f"+{mart}" for mart in BY_HAND))
    differing = sum(differences(admin, mart) for mart in BY_HAND)
    return {
        "rebuild_seconds": round(seconds, 1),
        "by_hand_seconds": round(floor, 1),
        "rebuild_ratio": round(seconds / floor, 2),
        "differences": differing,
    }


def differences(admin: psycopg.Connection[Any], mart: str) -> int:
    """Rows of either side that the other has not, over the columns that both have."""
    names = admin.execute(
        "select string_agg(quote_ident(a.attname), ', ' order by a.attname) from pg_attribute a join pg_attribute b"
        " on b.attname = a.attname and b.attrelid = %s::regclass and b.attnum > 0"
        " where a.attrelid = %s::regclass and a.attnum > 0",
        [f"marts_build.{mart}", f"floor.{mart}"],
    ).fetchone()
    assert names is not None
    ours, floor = (f"select {names[0]} from {schema}.{mart}" for schema in ("marts_build", "floor"))  # noqa: S608
    query = f"select count(*) from (({ours} except all {floor}) union all ({floor} except all {ours})) rows"  # noqa: S608
    found = admin.execute(query.encode()).fetchone()
    assert found is not None
    return int(found[0])


def _export_beside_copy(admin: psycopg.Connection[Any], here: Environment, progress: Progress) -> dict[str, Any]:
    """Rows per second and memory of the largest mart as CSV, and of COPY TO of the same rows."""
    progress("export of every movement")
    rows, seconds, grown = steps.export(here, "fct_stock_movements")
    began = time.perf_counter()
    size = 0
    with admin.cursor().copy("copy (select * from marts.fct_stock_movements) to stdout (format csv)") as out:
        for data in out:
            size += len(data)
    floor = time.perf_counter() - began
    return {
        "export_rows": rows,
        "export_rows_per_second": round(rows / seconds),
        "copy_to_rows_per_second": round(rows / floor),
        "export_ratio": round(floor / seconds, 2),
        "export_mb": round(grown),
    }
