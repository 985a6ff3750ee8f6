"""raw/pos/order_lines: what tills dropped in a folder or bucket, or hand out at an endpoint."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster import AssetExecutionContext

from orchestration.lib import settings


@dg.asset(
    key=["raw", "pos", "order_lines"],
    deps=[dg.AssetKey(["raw", "operational", "locations"])],
    group_name="raw",
    kinds={"dlt", "postgres", "csv", "parquet"},
    description="One row per order line of a till; what POS_DROP_PATH holds is read as declared beside it.",
    check_specs=[
        dg.AssetCheckSpec(
            "every_dropped_file_is_usable",
            asset=["raw", "pos", "order_lines"],
            description="A file without a mapping, of another encoding or with missing columns is named here.",
        )
    ],
)
def order_lines(context: AssetExecutionContext) -> Iterator[Any]:
    """Import what was dropped; lines that are there already are left alone."""
    from ingestion.pos.cli import drop_folder, import_dropped
    from ingestion.pos.load import ensure_tables

    url, folder = settings.warehouse_url(), drop_folder()
    files = import_dropped(folder, url)
    if not any(file.figures or file.is_known for file in files):
        ensure_tables(url)
    unusable = {file.name: file.error for file in files if file.error}
    for name, error in unusable.items():
        context.log.warning("%s was not imported: %s", name, error)
    figures: list[dict[str, Any]] = [file.figures for file in files if file.figures]
    names = ("lines_read", "lines_loaded", "lines_already_known", "lines_quarantined")
    yield dg.MaterializeResult(
        metadata={
            "files": len(files),
            "files_loaded_before": sum(file.is_known for file in files),
            **{name: sum(each[name] for each in figures) for name in names},
            "figures": dg.MetadataValue.json(figures),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="every_dropped_file_is_usable",
                passed=not unusable,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"unusable": dg.MetadataValue.json(unusable)},
            )
        ],
    )


defs = dg.Definitions(assets=[order_lines])
