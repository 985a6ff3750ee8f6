"""From a row of a mart to what it was made of, with the reader's own rights, and the load that it belongs to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from dashboards.queries.core import NUMBER, frame, rows

MOST_RECORDS = 1000


@dataclass(frozen=True)
class Origin:
    """The load of a mart's rows: its run, the version of its model, and what the gates said of what it reads."""

    load_id: str
    started_at: datetime | None
    published_at: datetime
    ledger_known_until: datetime | None
    model_path: str | None
    model_version: str | None
    gates: Mapping[str, Mapping[str, Any]]


def explained_figures(mart: str, key: str) -> pl.DataFrame:
    """Each figure of the row with the sum of its records and how many there are; `key` is a JSON object."""
    return frame(
        """
        select figure, round(sum(amount), 6), count(*)
        from lineage.explain(%(mart)s, cast(%(key)s as jsonb))
        where figure is not null
        group by figure
        order by figure
        """,
        {"figure": pl.String, "explained": NUMBER, "records": pl.Int64},
        mart=mart,
        key=key,
    )


def explained_records(mart: str, key: str, figure: str) -> pl.DataFrame:
    """The records of a figure, the latest first, at most a thousand of them; `key` is a JSON object."""
    return frame(
        """
        select amount, record, record_id, kind, quantity, value, currency, occurred_at, recorded_at, business_day,
            source, reason_code, reference
        from lineage.explain(%(mart)s, cast(%(key)s as jsonb))
        where figure = %(figure)s
        order by business_day desc, occurred_at desc nulls last, record_id
        limit %(most)s
        """,
        {
            "amount": NUMBER,
            "record": pl.String,
            "record_id": pl.String,
            "kind": pl.String,
            "quantity": NUMBER,
            "value": NUMBER,
            "currency": pl.String,
            "occurred_at": pl.Datetime("us", "UTC"),
            "recorded_at": pl.Datetime("us", "UTC"),
            "business_day": pl.Date,
            "source": pl.String,
            "reason_code": pl.String,
            "reference": pl.String,
        },
        mart=mart,
        key=key,
        figure=figure,
        most=MOST_RECORDS,
    )


def origin(mart: str) -> Origin:
    """Where the published rows of a mart come from."""
    found = rows(
        """
        select load_id, started_at, published_at, ledger_known_until, models -> %(mart)s, gates
        from marts.loads
        order by published_at desc
        limit 1
        """,
        {"mart": mart},
    )
    load_id, started_at, published_at, known, model, gates = found[0]
    model = model or {}
    read = {f"marts_build.{mart}", *model.get("sources", [])}
    about = {store: verdict for store, verdict in gates.items() if store in read}
    return Origin(load_id, started_at, published_at, known, model.get("path"), model.get("version"), about)


def key_text(key: Mapping[str, object]) -> str:
    """A row's key as a JSON object, the same text for the same key."""
    return json.dumps({name: str(value) for name, value in key.items()}, sort_keys=True)
