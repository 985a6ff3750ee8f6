"""`marts.stock_as_of(as_of, known_at)`: the stock of any moment as known at any other, from the published marts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

FUNCTION = Path(__file__).with_suffix(".sql")
READS = ["marts.dim_location", "marts.fct_stock_movements", "marts.fct_stock_on_hand_daily"]
ALL_THERE = "select bool_and(to_regclass(name) is not null) from unnest(%s::text[]) as name"


def install(session: psycopg.Connection[Any]) -> None:
    """Make the function, where the marts that it reads are published."""
    if session.execute(ALL_THERE, [READS]).fetchone() == (True,):
        session.execute(FUNCTION.read_bytes())
