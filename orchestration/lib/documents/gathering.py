"""What a page needs of a report's rows, gathered while they stream by: the largest rows, and sums by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from orchestration.lib.documents.presentations import NAMED, Presentation, is_money
from orchestration.lib.tables import Selection, conditions_of

DAYS = 28
MEASURES = ("currency", "unit")
"""Columns whose values must not be added to each other: a sum stands for one of them."""
NAMES = {
    "product_id": "select product_id::text, name from marts.dim_product",
    "location_id": "select location_id::text, name from marts.dim_location",
    "supplier_id": "select supplier_id::text, name from marts.dim_supplier",
    "menu_item_id": "select menu_item_id::text, name from marts.dim_menu_item",
}


@dataclass
class Gathered:
    """Rows counted, the first `most_rows` kept as they came, sums of the measure by (measured in, name)."""

    presentation: Presentation
    most_rows: int
    rows: int = 0
    troubles: int = 0
    kept: list[dict[str, Any]] = field(default_factory=list)
    sums: dict[tuple[str, str], list[Decimal]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def take(self, batches: Iterable[pa.Table]) -> None:
        """Read every batch once."""
        for batch in batches:
            self.rows += batch.num_rows
            if len(self.kept) < self.most_rows:
                self.kept += batch.slice(0, self.most_rows - len(self.kept)).to_pylist()
            self._add(batch)

    def _add(self, batch: pa.Table) -> None:
        shown = self.presentation
        if shown.trouble:
            self.troubles += sum(1 for value in batch.column(shown.trouble).to_pylist() if value)
        if shown.measure is None:
            return
        measured_in = measured_by(batch.schema, shown)
        keys = [name for name in (measured_in, shown.by) if name]
        added = [name for name in (shown.measure, shown.out_of) if name]
        grouped = batch.group_by(keys).aggregate([*((name, "sum") for name in added), (added[0], "count")])
        for row in grouped.to_pylist():
            key = (str(row.get(measured_in) or ""), str(row.get(shown.by) or "") if shown.by else "")
            before = self.sums.setdefault(key, [Decimal(0), Decimal(0)])
            for position, name in enumerate(added):
                before[position] += Decimal(row[f"{name}_sum"] or 0)
            self.counts[key[0]] += row[f"{added[0]}_count"]

    @property
    def measured_in(self) -> str:
        """The commonest currency, or unit; the figures of the page are in this one."""
        return self.counts.most_common(1)[0][0] if self.counts else ""

    @property
    def others(self) -> list[str]:
        """Currencies or units that the page's figures leave out."""
        return sorted(name for name in self.counts if name != self.measured_in)

    def by_name(self, names: Mapping[str, str]) -> list[tuple[str, Decimal]]:
        """The measure by name, the largest first; a rate where the presentation asks for one."""
        found: dict[str, list[Decimal]] = {}
        for (measured_in, key), sums in self.sums.items():
            if measured_in == self.measured_in:
                total = found.setdefault(names.get(key, key) or "–", [Decimal(0), Decimal(0)])
                total[0], total[1] = total[0] + sums[0], total[1] + sums[1]
        values = {name: self._answer(sums) for name, sums in found.items()}
        known = [(name, value) for name, value in values.items() if value is not None]
        return sorted(known, key=lambda pair: (-abs(pair[1]), pair[0]))

    def answer(self) -> Decimal | None:
        """The page's one number: the sum, or the rate, of everything."""
        mine = [sums for (measured_in, _), sums in self.sums.items() if measured_in == self.measured_in]
        return self._answer([sum((each[0] for each in mine), Decimal(0)), sum((each[1] for each in mine), Decimal(0))])

    def _answer(self, sums: list[Decimal]) -> Decimal | None:
        if self.presentation.out_of is None:
            return sums[0]
        return sums[0] / sums[1] if sums[1] else None


def measured_by(schema: pa.Schema, shown: Presentation) -> str | None:
    """The column that says what the measure is counted in; none for counts and rates."""
    if shown.out_of is not None:
        return "currency" if is_money(shown.out_of) and "currency" in schema.names else None
    wanted = "currency" if shown.measure and is_money(shown.measure) else "unit"
    return wanted if wanted in schema.names else None


def read_names(session: psycopg.Connection[Any], columns: Iterable[str]) -> dict[str, str]:
    """Names of what the id columns point to, by id; ids of different things never collide."""
    found: dict[str, str] = {}
    for column in columns:
        dimension = NAMES.get(column, "").rpartition(" ")[2]
        known = dimension and session.execute("select to_regclass(%s) is not null", [dimension]).fetchone()
        if column in NAMED and known and known[0]:
            found |= dict(session.execute(NAMES[column]).fetchall())
    return found


def trend(
    session: psycopg.Connection[Any], selection: Selection, names: set[str], gathered: Gathered, schema: pa.Schema
) -> list[tuple[date, Decimal]]:
    """The page's number on each of the last 28 business days that the mart knows; empty for marts without days."""
    shown = gathered.presentation
    if "business_day" not in names or "business_day" in selection.filters or shown.measure is None or shown.out_of:
        return []
    conditions = [*conditions_of(selection, names - {"business_day"})]
    first = selection.day - timedelta(days=DAYS - 1)
    conditions.append(sql.SQL("business_day between {} and {}").format(sql.Literal(first), sql.Literal(selection.day)))
    if measured_in := measured_by(schema, shown):
        conditions.append(sql.SQL("{} = {}").format(sql.Identifier(measured_in), sql.Literal(gathered.measured_in)))
    query = sql.SQL("select business_day, sum({}) from {} where {} group by 1 order by 1").format(
        sql.Identifier(shown.measure), sql.Identifier("marts", selection.mart), sql.SQL(" and ").join(conditions)
    )
    return [(day, total) for day, total in session.execute(query).fetchall() if total is not None]
