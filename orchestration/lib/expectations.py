"""The vocabulary of the suites: Great Expectations' expectations by the names that people read.

Each says what a failure means and what to do about it, and whether it stops the run or is only told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

BY_ROWS = "UnexpectedRowsExpectation"
ROW_COUNT = "ExpectTableRowCountToBeBetween"
AS_USUAL = "rows as usual"


@dataclass(frozen=True)
class Expect:
    """One expectation: its name for people, Great Expectations' class, its arguments, what to do when it fails.

    `least_share` bounds a table's rows by its own history; `tables` are read besides the store's own, and where one of
    them has never been made there is nothing to compare, so nothing is found.
    """

    name: str
    kind: str
    arguments: Mapping[str, Any]
    reason: str
    is_blocking: bool = True
    least_share: float | None = None
    tables: tuple[str, ...] = ()

    @property
    def column(self) -> str | None:
        """The column, or the columns, that it speaks of."""
        columns = self.arguments.get("column_list") or [self.arguments.get("column")]
        return ", ".join(column for column in columns if column) or None

    @property
    def severity(self) -> str:
        """As the results say it: `block` or `warn`."""
        return "block" if self.is_blocking else "warn"


@dataclass(frozen=True)
class Store:
    """A table and what is expected of it; `key` names a row in the samples of what failed.

    A table that `may_be_missing` is one that nobody may have loaded yet: then nothing is expected of it.
    """

    schema: str
    table: str
    expectations: tuple[Expect, ...]
    key: tuple[str, ...] = ()
    may_be_missing: bool = False

    @property
    def name(self) -> str:
        """As in SQL: raw_pos.order_lines."""
        return f"{self.schema}.{self.table}"


def store(
    schema: str,
    table: str,
    *groups: Expect | Sequence[Expect],
    key: Sequence[str] = (),
    may_be_missing: bool = False,
) -> Store:
    """A table with its key's expectations first; groups of expectations are taken apart."""
    flat = [each for group in groups for each in ([group] if isinstance(group, Expect) else group)]
    return Store(schema, table, (*(_keys(tuple(key)) if key else ()), *flat), tuple(key), may_be_missing)


KEYS = (
    "Rows without a key, or with one key twice, are counted wrong. Load again; if it stays, look for a second source."
)


def _keys(columns: tuple[str, ...]) -> tuple[Expect, ...]:
    """The columns are never null and, together, never twice."""
    if len(columns) == 1:
        unique = _column("unique", "ExpectColumnValuesToBeUnique", columns[0], KEYS)
    else:
        arguments = {"column_list": list(columns)}
        unique = Expect(f"unique({', '.join(columns)})", "ExpectCompoundColumnsToBeUnique", arguments, KEYS)
    return (*present(*columns, reason=KEYS), unique)


def present(*columns: str, reason: str) -> tuple[Expect, ...]:
    """The columns are never null."""
    return tuple(_column("not_null", "ExpectColumnValuesToNotBeNull", column, reason) for column in columns)


def between(
    column: str,
    lowest: float | None,
    highest: float | None,
    *,
    reason: str,
    above: bool = False,
    is_blocking: bool = True,
) -> Expect:
    """The values lie in the range; `above` excludes its lower end."""
    arguments = {"column": column, "min_value": lowest, "max_value": highest, "strict_min": above}
    return Expect(f"between({column})", "ExpectColumnValuesToBeBetween", arguments, reason, is_blocking)


def one_of(column: str, values: Sequence[str], *, reason: str) -> Expect:
    """The values are among those known."""
    arguments = {"column": column, "value_set": list(values)}
    return Expect(f"one_of({column})", "ExpectColumnValuesToBeInSet", arguments, reason)


def shaped(column: str, pattern: str, *, reason: str) -> Expect:
    """The values match a regular expression of PostgreSQL."""
    return Expect(f"shaped({column})", "ExpectColumnValuesToMatchRegex", {"column": column, "regex": pattern}, reason)


def no_rows(name: str, query: str, *, reason: str, tables: Sequence[str] = ()) -> Expect:
    """The query finds nothing; what it finds is shown. `{batch}` stands for the table and needs an alias."""
    # Great Expectations gives {batch} an alias of its own.
    whole = query.replace("{batch}", "(select * from {batch})")
    return Expect(name, BY_ROWS, {"unexpected_rows_query": whole}, reason, tables=tuple(tables))


def as_usual(least_share: float = 0.5) -> Expect:
    """The table has not lost rows against its own history: the median of its last counts. Told, never stopped by."""
    reason = (
        f"The table has less than {least_share:.0%} of the rows that it had in its last runs. "
        "If nobody cleared it on purpose, its source was only partly read."
    )
    return Expect(AS_USUAL, ROW_COUNT, {}, reason, is_blocking=False, least_share=least_share)


def told(expect: Expect) -> Expect:
    """The same, as a warning."""
    return replace(expect, is_blocking=False)


def _column(name: str, kind: str, column: str, reason: str) -> Expect:
    return Expect(f"{name}({column})", kind, {"column": column}, reason)
