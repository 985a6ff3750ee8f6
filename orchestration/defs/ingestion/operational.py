"""raw/operational/*: the operational tables, in two loads before and after the day's sales are taken from stock."""

from collections.abc import Callable, Iterator

import dagster as dg
from dagster import AssetExecutionContext

from ingestion.operational.tables import LEDGER, REFERENCE, Table
from ingestion.warehouse import LoadResult
from orchestration.lib import settings
from orchestration.lib.retries import RETRIES, only_passing_trouble_is_retried

DEPLETION = dg.AssetKey(["depletions", "theoretical_usage"])


def raw_key(table: Table) -> dg.AssetKey:
    """raw/operational/<table>."""
    return dg.AssetKey(["raw", "operational", table.name])


def _specs(tables: tuple[Table, ...], *deps: dg.AssetKey) -> list[dg.AssetSpec]:
    return [
        dg.AssetSpec(
            raw_key(table),
            deps=deps,
            group_name="raw",
            kinds={"dlt", "postgres"},
            description=f"The operational table `{table.name}` as of the run's snapshot, "
            + (f"merged by {', '.join(table.key)}." if table.cursor else "replaced as a whole."),
        )
        for table in tables
    ]


@dg.multi_asset(name="load_reference", specs=_specs(REFERENCE), retry_policy=RETRIES)
def load_reference(context: AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """What sales need first: restaurants and the menu."""
    from ingestion.operational.source import load_reference as load

    yield from _load(context, REFERENCE, load)


@dg.multi_asset(name="load_ledger", specs=_specs(LEDGER, DEPLETION), retry_policy=RETRIES)
def load_ledger(context: AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """The ledger and everything it points to, from one snapshot."""
    from ingestion.operational.source import load_ledger as load

    yield from _load(context, LEDGER, load)


def _load(
    context: AssetExecutionContext, tables: tuple[Table, ...], load: Callable[[str, str], LoadResult]
) -> Iterator[dg.MaterializeResult[None]]:
    url = settings.warehouse_url()
    with only_passing_trouble_is_retried():
        result = load(url, url)
    context.log.info("dlt loads %s: %s", ", ".join(result.load_ids), result.rows)
    for table in tables:
        metadata: dict[str, str | int] = {
            "dagster/row_count": result.rows.get(table.name, 0),
            "dlt/load_id": ", ".join(result.load_ids),
            "disposition": "merge" if table.cursor else "replace",
        }
        yield dg.MaterializeResult(asset_key=raw_key(table), metadata=metadata)


defs = dg.Definitions(assets=[load_reference, load_ledger])
