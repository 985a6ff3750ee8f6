"""staging/*, intermediate/*, marts/*: dbt in three parts, each as soon as what it reads is there."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster import AssetExecutionContext
from dagster_dbt import DbtCliResource, dbt_assets

from ingestion.warehouse import connect
from orchestration.lib import settings
from orchestration.lib.dbt import PROJECT, Translator, manifest_path, mart_models, set_dbt_environment, target_folder
from orchestration.lib.dbt_refresh import begin_build, full_refresh_reason, remember_basis
from orchestration.lib.progress import load_id
from orchestration.lib.retries import RETRIES, only_passing_trouble_is_retried
from orchestration.lib.row_scope import prepare

MANIFEST = manifest_path()
TRANSLATOR = Translator()


@dbt_assets(
    manifest=MANIFEST, select="tag:sales", name="build_sales", dagster_dbt_translator=TRANSLATOR, retry_policy=RETRIES
)
def build_sales(context: AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    """The tills' sales by item and business day, which the depletion reads."""
    yield from _build(context, dbt, "sales")


@dbt_assets(
    manifest=MANIFEST,
    exclude="tag:sales tag:after_forecast",
    name="build_marts",
    dagster_dbt_translator=TRANSLATOR,
    retry_policy=RETRIES,
)
def build_marts(context: AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    """Everything that follows from the ledger: what is new, or all of it where old rows no longer hold."""
    reason = full_refresh_reason(settings.warehouse_url(), PROJECT)
    if reason:
        context.log.info("Building every mart whole: %s.", reason)
    begin_build(settings.warehouse_url())
    yield from _build(context, dbt, "marts", *(["--full-refresh"] if reason else []))
    remember_basis(settings.warehouse_url(), PROJECT)


@dbt_assets(
    manifest=MANIFEST,
    select="tag:after_forecast",
    name="build_forecast_marts",
    dagster_dbt_translator=TRANSLATOR,
    retry_policy=RETRIES,
)
def build_forecast_marts(context: AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    """What needs the forecast."""
    yield from _build(context, dbt, "forecast_marts")


def mart_keys() -> list[dg.AssetKey]:
    """The keys of every mart of the project."""
    return [TRANSLATOR.get_asset_key(node) for node in mart_models(MANIFEST)]


def _build(context: AssetExecutionContext, dbt: DbtCliResource, part: str, *flags: str) -> Iterator[Any]:
    """Build and test; unit tests belong to the project's own tests, not to every night."""
    set_dbt_environment(load_id(context))
    with connect(settings.warehouse_url()) as session:
        prepare(session)  # a view asks it who may read
    # A test over models of two parts runs with the later one, when both are there.
    arguments = ["build", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable", *flags]
    invocation = dbt.cli(arguments, context=context, target_path=target_folder() / part)
    with only_passing_trouble_is_retried():
        yield from invocation.stream()


defs = dg.Definitions(assets=[build_sales, build_marts, build_forecast_marts])
