"""What every asset says of itself, by its area: who looks after it, how fresh it must be, how it is found."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

OWNERS = {
    "raw": "team:data",
    "staging": "team:data",
    "intermediate": "team:data",
    "marts": "team:data",
    "forecasts": "team:data",
    "depletions": "team:operations",
    "alerts": "team:operations",
    "exports": "team:analysts",
}
OTHERWISE = "team:data"

NIGHTLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=26))
"""A night that is late warns; one that was missed fails before the next is over."""
FRESH = frozenset({"raw", "marts", "published_marts"})
"""Areas that must be fresh: sources, and what people read. What lies between is as fresh as they are."""


def described(spec: dg.AssetSpec) -> dg.AssetSpec:
    """The spec with an owner, tags for its area and subject, and a freshness policy where it must be fresh."""
    area = spec.key.path[0]
    tags = {"stockpot/area": area}
    if len(spec.key.path) > 2:
        tags["stockpot/subject"] = spec.key.path[1]
    described = spec.merge_attributes(owners=[] if spec.owners else [OWNERS.get(area, OTHERWISE)], tags=tags)
    if area in FRESH and described.freshness_policy is None:
        return described.replace_attributes(freshness_policy=NIGHTLY)
    return described


def in_one_run(asset: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """An asset of business days is filled for many of them in one run: starting a run costs more than a day's work."""
    return asset.with_attributes(backfill_policy=dg.BackfillPolicy.single_run()) if asset.partitions_def else asset
