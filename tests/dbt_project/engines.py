"""The same marts on two engines: rows of PostgreSQL and of DuckDB, column by column of the contract."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import yaml

PROJECT = Path(__file__).parents[2] / "dbt_project"
UNLIKE = frozenset({"load_id"})  # each build is a load of its own
NOT_BUILT = frozenset(
    {"fct_quality_results"}
)  # a view over what gates found, of which a house without gates has nothing


def contracts() -> dict[str, list[str]]:
    """Each mart's columns, but for those that tell the builds apart."""
    files = sorted(PROJECT.glob("models/marts/**/_*.yml"))
    models = [model for path in files for model in yaml.safe_load(path.read_text()).get("models", [])]
    built = (model for model in models if model["name"] not in NOT_BUILT)
    return {model["name"]: [c["name"] for c in model["columns"] if c["name"] not in UNLIKE] for model in built}


def rows_of(connection: Any, mart: str, columns: list[str]) -> list[tuple[Any, ...]]:
    """The rows as comparable values, sorted: decimals keep every digit, times are UTC."""
    query = f"select {', '.join(columns)} from marts_build.{mart}"
    return sorted((tuple(map(_plain, row)) for row in connection.execute(query).fetchall()), key=repr)


def differing(postgres_url: str, file: Path, mart: str, columns: list[str]) -> list[tuple[Any, Any]]:
    """Pairs of rows that are not equal, in order; a row that one side lacks stands beside None."""
    with psycopg.connect(postgres_url) as there, duckdb.connect(str(file), read_only=True) as here:
        there.execute("set timezone to 'UTC'")
        here.execute("set timezone = 'UTC'")
        ours, theirs = rows_of(there, mart, columns), rows_of(here, mart, columns)
    pairs = list(zip(ours, theirs, strict=False))
    lacking = [(row, None) for row in ours[len(pairs) :]] + [(None, row) for row in theirs[len(pairs) :]]
    return [(a, b) for a, b in pairs if a != b] + lacking


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
