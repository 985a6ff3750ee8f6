"""raw/quarantine/rows: what imports put aside. Written by them as they go, so it is told of here and made elsewhere."""

from __future__ import annotations

import dagster as dg

rows = dg.AssetsDefinition(
    specs=[
        dg.AssetSpec(
            key=["raw", "quarantine", "rows"],
            deps=[dg.AssetKey(["raw", "pos", "order_lines"])],
            group_name="raw",
            kinds={"postgres"},
            description="Rows of files that could not be read, kept with their reason until repaired or discarded.",
        )
    ]
)

defs = dg.Definitions(assets=[rows])
