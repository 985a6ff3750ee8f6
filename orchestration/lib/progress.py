"""The run's id as the load's id: what every row that a run writes is marked with."""

from __future__ import annotations

import dagster as dg


def load_id(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> str:
    """The id of the Dagster run."""
    return context.run.run_id
