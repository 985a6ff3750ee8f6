"""exports/<report>: every built-in report, and people's own that are due, as files with manifests."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
from dagster import AssetExecutionContext

from orchestration.defs.transformation.publishing import KEY as PUBLISHED
from orchestration.lib.days import DAYS
from orchestration.lib.exporting import Exported
from orchestration.lib.progress import load_id
from orchestration.lib.reports import BUILTINS, is_due
from orchestration.lib.requests import export_and_tell
from orchestration.lib.retries import RETRIES, only_passing_trouble_is_retried
from orchestration.lib.stockpot_api import StockpotApi

OWN = "own_reports"


def make_export(code: str, description: str) -> dg.AssetsDefinition:
    """The asset of one built-in report, or of everybody's own ones."""
    key = dg.AssetKey(["exports", code])

    @dg.asset(
        key=key,
        deps=[PUBLISHED],
        partitions_def=DAYS,
        retry_policy=RETRIES,
        output_required=False,
        group_name="exports",
        kinds={"s3"},
        description=description,
    )
    def export(context: AssetExecutionContext) -> Any:
        days = _business_days(context)
        with only_passing_trouble_is_retried(), StockpotApi() as api:
            wanted = [(report, day) for report in api.reports() for day in days if _is_wanted(report, code, day)]
            done = [_export(context, api, report, day) for report, day in wanted]
        if not done:
            context.log.info("nothing is due for %s", ", ".join(map(str, days)))
            return
        metadata = {
            "dagster/row_count": sum(each.manifest["rows"] for each in done),
            "objects": dg.MetadataValue.json([each.object_key for each in done if each.object_key]),
            "manifests": dg.MetadataValue.json([each.manifest for each in done]),
        }
        if context.has_partition_key or context.has_partition_key_range:
            yield dg.MaterializeResult(metadata=metadata)
        else:  # a run for "now" still fills the partition of its day
            context.log_event(dg.AssetMaterialization(key, partition=days[0].isoformat(), metadata=metadata))

    return export


def _business_days(context: AssetExecutionContext) -> list[date]:
    """The partitions' days; in a run without any, the last day that is over."""
    if context.has_partition_key or context.has_partition_key_range:
        return [date.fromisoformat(key) for key in context.partition_keys]
    return [datetime.now(UTC).date() - timedelta(days=1)]


def _is_wanted(report: dict[str, Any], code: str, day: date) -> bool:
    """A built-in report is exported every day unless its own schedule says which; other people's when they are due."""
    if code == OWN:
        return not report["is_builtin"] and is_due(report, day)
    return bool(report["code"] == code and report["is_enabled"] and (not report["schedule"] or is_due(report, day)))


def _export(context: AssetExecutionContext, api: StockpotApi, report: dict[str, Any], day: date) -> Exported:
    done = export_and_tell(api, report, day, run_id=load_id(context))
    context.log.info("%s is %s: %s rows in %s", report["code"], done.status, done.manifest["rows"], done.object_key)
    return done


exports = [make_export(code, f"The built-in report {code} of a business day.") for code in BUILTINS]
exports.append(make_export(OWN, "People's own reports whose schedule is due on the day after the business day."))

defs = dg.Definitions(assets=exports)
