"""Gates: Great Expectations suites over tables of the warehouse; every result is kept.

The library takes ten seconds to import, so it is imported when a gate runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingestion.warehouse import connect
from orchestration.lib.expectations import BY_ROWS, Expect, Store
from orchestration.lib.quality_results import Finding, keep, usual_counts

MOST_EXAMPLES = 100
SITE = "gate"
NOTHING = "select * from (select * from {batch}) as own where false"


def run_gate(
    gate: str, stores: Iterable[Store], *, warehouse_url: str, run_id: str, docs: Path | None = None
) -> list[Finding]:
    """Check every store and keep each expectation's result; findings come in the order of the suites.

    `docs` is an empty folder that gets Great Expectations' data docs of this gate's results.
    """
    usual = usual_counts(warehouse_url, gate, run_id)
    there = _there(stores, warehouse_url)
    if not there:
        return []
    ready = [_ready(store, usual.get(store.name), warehouse_url) for store in there]
    with _context(warehouse_url, docs) as context:
        findings = [finding for store in ready for finding in _check(context, store, run_id)]
        if docs is not None:
            context.build_data_docs(site_names=[SITE])
    keep(warehouse_url, gate, run_id, findings)
    return findings


def _there(stores: Iterable[Store], warehouse_url: str) -> list[Store]:
    """Without the tables that nobody has loaded yet, where they may be missing."""
    every = list(stores)
    missing = _missing(warehouse_url, [store.name for store in every if store.may_be_missing])
    return [store for store in every if store.name not in missing]


def _ready(store: Store, usual: Decimal | None, warehouse_url: str) -> Store:
    """The store with what only the warehouse knows: how many rows are usual, and which tables were never made."""
    named = {table for expect in store.expectations for table in expect.tables}
    missing = _missing(warehouse_url, sorted(named)) if named else set()
    return replace(store, expectations=tuple(_settled(each, usual, missing) for each in store.expectations))


def _settled(expect: Expect, usual: Decimal | None, missing: set[str]) -> Expect:
    if expect.least_share is not None:
        least = 0 if usual is None else int(usual * Decimal(str(expect.least_share)))
        return replace(expect, arguments={**expect.arguments, "min_value": least})
    if missing.intersection(expect.tables):
        return replace(expect, arguments={"unexpected_rows_query": NOTHING})
    return expect


def _missing(warehouse_url: str, tables: list[str]) -> set[str]:
    with connect(warehouse_url) as session:
        return {table for table in tables if session.execute("select to_regclass(%s)", [table]).fetchone() == (None,)}


@contextmanager
def _context(warehouse_url: str, docs: Path | None) -> Iterator[Any]:
    """A context of this gate alone, with the warehouse as its data source."""
    import great_expectations as gx

    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    if docs is not None:
        context.add_data_docs_site(SITE, _site(docs))
    url = "postgresql+psycopg://" + warehouse_url.split("://", 1)[1]
    datasource = context.data_sources.add_postgres("warehouse", connection_string=url.replace("$", "$$"))
    try:
        yield context
    finally:
        datasource.get_execution_engine().close()
        datasource.get_engine().dispose()


def _site(folder: Path) -> dict[str, Any]:
    """A site in a folder, without the pages that only repeat the suites."""
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "site_section_builders": {"expectations": "None", "profiling": "None"},
    }


def _check(context: Any, store: Store, run_id: str) -> list[Finding]:
    asset = context.data_sources.get("warehouse").add_table_asset(
        store.name, table_name=store.table, schema_name=store.schema
    )
    batch = asset.add_batch_definition_whole_table(store.name)
    by_rows = [expect for expect in store.expectations if expect.kind == BY_ROWS]
    by_column = [expect for expect in store.expectations if expect.kind != BY_ROWS]
    # Rows are shown in the complete format alone, in which a column's expectation would fetch every offender.
    keys = {"unexpected_index_column_names": list(store.key)} if store.key else {}
    columns = {"result_format": "SUMMARY", "partial_unexpected_count": MOST_EXAMPLES, **keys}
    results = _validate(context, batch, f"{store.name} columns", by_column, columns, run_id)
    results |= _validate(context, batch, f"{store.name} rows", by_rows, {"result_format": "COMPLETE"}, run_id)
    return [_finding(store, expect, results[expect.name]) for expect in store.expectations]


def _validate(
    context: Any, batch: Any, name: str, expectations: Sequence[Expect], result_format: dict[str, Any], run_id: str
) -> dict[str, Any]:
    """Great Expectations' results by the expectation's name; the context keeps them for its docs."""
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier

    if not expectations:
        return {}
    suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=[_built(each) for each in expectations]))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=suite))
    done = definition.run(result_format=result_format, run_id=RunIdentifier(run_name=run_id))
    return {each.expectation_config.meta["name"]: each for each in done.results}


def _built(expect: Expect) -> Any:
    import great_expectations.expectations as gxe

    return getattr(gxe, expect.kind)(
        **expect.arguments,
        description=expect.name,
        notes=expect.reason,
        severity="critical" if expect.is_blocking else "warning",
        meta={"name": expect.name},
    )


def _finding(store: Store, expect: Expect, result: Any) -> Finding:
    details: dict[str, Any] = result.result or {}
    value = details.get("observed_value")
    count = value if expect.kind == BY_ROWS else details.get("unexpected_count")
    return Finding(
        store=store.name,
        expectation=expect.name,
        column=expect.column,
        is_blocking=expect.is_blocking,
        success=bool(result.success),
        reason=expect.reason,
        observed=None if value is None else str(value),
        unexpected=count,
        examples=() if result.success else tuple(_examples(details)),
        error=_exception(result.exception_info) if result.exception_info else None,
    )


def _examples(details: Mapping[str, Any]) -> list[Any]:
    """The rows that a query found; of a column, the value beside the row's key where there is one."""
    rows = details.get("details", {}).get("unexpected_rows") or details.get("partial_unexpected_index_list")
    if rows:
        return [{name: _plain(cell) for name, cell in row.items()} for row in rows[:MOST_EXAMPLES]]
    return [_plain(value) for value in details.get("partial_unexpected_list", [])[:MOST_EXAMPLES]]


def _plain(cell: Any) -> str | None:
    return None if cell is None else str(cell)


def _exception(info: Mapping[str, Any]) -> str | None:
    """Great Expectations gives one entry, or one per metric."""
    entries = [info] if "raised_exception" in info else [entry for entry in info.values() if isinstance(entry, dict)]
    messages = [str(entry.get("exception_message")) for entry in entries if entry.get("raised_exception")]
    return "; ".join(messages)[:1000] or None
