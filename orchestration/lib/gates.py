"""Gates: Great Expectations suites over tables of the warehouse, their results kept in `quality.gate_results`.

The library takes ten seconds to import, so it is imported when a gate runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from ingestion.warehouse import connect

MOST_ROWS_SHOWN = 10
BY_ROWS = "UnexpectedRowsExpectation"

CREATE = """
create schema if not exists quality;
create table if not exists quality.gate_results (
    run_id text not null,
    gate text not null,
    store text not null,
    expectation text not null,
    success boolean not null,
    blocking boolean not null,
    observed jsonb not null,
    checked_at timestamptz not null default now(),
    primary key (run_id, gate, store, expectation)
)
"""

KEEP = """
insert into quality.gate_results (run_id, gate, store, expectation, success, blocking, observed)
values (%s, %s, %s, %s, %s, %s, %s)
on conflict (run_id, gate, store, expectation) do update
set success = excluded.success, blocking = excluded.blocking, observed = excluded.observed, checked_at = now()
"""


@dataclass(frozen=True)
class Expect:
    """One expectation: its name for people, Great Expectations' class, its arguments, and whether it stops the run."""

    name: str
    kind: str
    arguments: Mapping[str, Any]
    is_blocking: bool = True


@dataclass(frozen=True)
class Store:
    """A table and what is expected of it."""

    schema: str
    table: str
    expectations: tuple[Expect, ...]

    @property
    def name(self) -> str:
        """As in SQL: raw_pos.order_lines."""
        return f"{self.schema}.{self.table}"


@dataclass(frozen=True)
class Finding:
    """What came of one expectation."""

    store: str
    expectation: str
    success: bool
    is_blocking: bool
    observed: dict[str, Any] = field(default_factory=dict)

    def sentence(self) -> str:
        """For the run's page."""
        shown = self.observed.get("unexpected") or self.observed.get("error") or self.observed.get("value")
        return f"{self.store}: {self.expectation}" + (f" (found {shown})" if shown not in (None, []) else "")


# ------------------------------------------------------------------ the vocabulary of the suites


def key(*columns: str) -> tuple[Expect, ...]:
    """The columns are never null and, together, never twice."""
    present = tuple(_column("not_null", "ExpectColumnValuesToNotBeNull", column) for column in columns)
    if len(columns) == 1:
        return (*present, _column("unique", "ExpectColumnValuesToBeUnique", columns[0]))
    together = Expect(
        f"unique({', '.join(columns)})", "ExpectCompoundColumnsToBeUnique", {"column_list": list(columns)}
    )
    return (*present, together)


def present(*columns: str) -> tuple[Expect, ...]:
    """The columns are never null."""
    return tuple(_column("not_null", "ExpectColumnValuesToNotBeNull", column) for column in columns)


def between(column: str, lowest: float | None, highest: float | None, *, above: bool = False) -> Expect:
    """The values lie in the range; `above` excludes its lower end."""
    arguments = {"column": column, "min_value": lowest, "max_value": highest, "strict_min": above}
    return Expect(f"between({column})", "ExpectColumnValuesToBeBetween", arguments)


def one_of(column: str, values: Sequence[str]) -> Expect:
    """The values are among those known."""
    return Expect(f"one_of({column})", "ExpectColumnValuesToBeInSet", {"column": column, "value_set": list(values)})


def no_rows(name: str, query: str, *, is_blocking: bool = True) -> Expect:
    """The query finds nothing; what it finds is shown. `{batch} as <alias>` stands for the table."""
    whole = query.replace("{batch}", "(select * from {batch})")  # Great Expectations gives {batch} an alias of its own
    return Expect(name, BY_ROWS, {"unexpected_rows_query": whole}, is_blocking)


def _column(name: str, kind: str, column: str) -> Expect:
    return Expect(f"{name}({column})", kind, {"column": column})


# ------------------------------------------------------------------ running


def run_gate(gate: str, stores: Iterable[Store], *, warehouse_url: str, run_id: str) -> list[Finding]:
    """Check every store and keep each expectation's result; findings come in the order of the suites."""
    with _datasource(warehouse_url) as datasource:
        findings = [finding for store in stores for finding in _check(datasource, store)]
    with connect(warehouse_url) as session:
        session.execute(CREATE)
        with session.cursor() as cursor:
            cursor.executemany(KEEP, [_row(run_id, gate, finding) for finding in findings])
    return findings


@contextmanager
def _datasource(warehouse_url: str) -> Iterator[Any]:
    import great_expectations as gx

    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    url = "postgresql+psycopg://" + warehouse_url.split("://", 1)[1]
    datasource = context.data_sources.add_postgres("warehouse", connection_string=url.replace("$", "$$"))
    try:
        yield datasource
    finally:
        datasource.get_execution_engine().close()
        datasource.get_engine().dispose()


def _check(datasource: Any, store: Store) -> list[Finding]:
    asset = datasource.add_table_asset(store.name, table_name=store.table, schema_name=store.schema)
    batch = asset.add_batch_definition_whole_table("all").get_batch()
    by_rows = [expect for expect in store.expectations if expect.kind == BY_ROWS]
    by_column = [expect for expect in store.expectations if expect.kind != BY_ROWS]
    # Rows are shown in the complete format alone, in which a column's expectation would fetch every offender.
    results = _validate(batch, store.name, by_column, "SUMMARY") | _validate(batch, store.name, by_rows, "COMPLETE")
    return [_finding(store, expect, results[expect.name]) for expect in store.expectations]


def _validate(batch: Any, name: str, expectations: Sequence[Expect], result_format: str) -> dict[str, Any]:
    """Great Expectations' results by the expectation's name."""
    import great_expectations as gx
    import great_expectations.expectations as gxe

    if not expectations:
        return {}
    suite = gx.ExpectationSuite(name=f"{name} {result_format}")
    for expect in expectations:
        suite.add_expectation(getattr(gxe, expect.kind)(**expect.arguments, meta={"name": expect.name}))
    shown = {"result_format": result_format, "partial_unexpected_count": MOST_ROWS_SHOWN}
    return {each.expectation_config.meta["name"]: each for each in batch.validate(suite, result_format=shown).results}


def _finding(store: Store, expect: Expect, result: Any) -> Finding:
    details: dict[str, Any] = result.result or {}
    observed: dict[str, Any] = {}
    if result.exception_info and (error := _exception(result.exception_info)):
        observed["error"] = error
    if (count := details.get("unexpected_count")) is not None:
        observed["unexpected"] = count
        observed["examples"] = [str(value) for value in details.get("partial_unexpected_list", [])[:MOST_ROWS_SHOWN]]
    elif (value := details.get("observed_value")) is not None:
        observed["value"] = value
        rows = details.get("details", {}).get("unexpected_rows") or []
        observed["examples"] = [{name: str(cell) for name, cell in row.items()} for row in rows[:MOST_ROWS_SHOWN]]
    return Finding(store.name, expect.name, bool(result.success), expect.is_blocking, observed)


def _exception(info: Mapping[str, Any]) -> str | None:
    """Great Expectations gives one entry, or one per metric."""
    entries = [info] if "raised_exception" in info else [entry for entry in info.values() if isinstance(entry, dict)]
    messages = [str(entry.get("exception_message")) for entry in entries if entry.get("raised_exception")]
    return "; ".join(messages)[:1000] or None


def _row(run_id: str, gate: str, finding: Finding) -> tuple[Any, ...]:
    return (
        run_id,
        gate,
        finding.store,
        finding.expectation,
        finding.success,
        finding.is_blocking,
        Jsonb(finding.observed),
    )
