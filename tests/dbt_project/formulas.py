"""Which columns of a model are computed, read from its SQL: arithmetic, an aggregate, or a class told by one."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import sqlglot
from sqlglot import exp

PROJECT = Path(__file__).parents[2] / "dbt_project"
ARITHMETIC = (
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Sum, exp.Avg, exp.Count, exp.StddevPop, exp.PercentileCont,
    exp.Greatest, exp.Least,
)  # fmt: skip
NAMES = frozenset({"business_day", "business_day_end"})  # macros of days, tried by unit tests of their own


def computed_columns(model: Path) -> set[str]:
    """The output columns of a model in whose making its own SQL computes something, through all its CTEs.

    A column that another model computed and this one passes on is not among them.
    """
    query = sqlglot.parse_one(_rendered(model), read="postgres")
    known: dict[str, dict[str, bool]] = {}
    for cte in query.find_all(exp.CTE):
        known[cte.alias] = _columns(cte.this, known)
    return {name for name, is_computed in known["final"].items() if is_computed}


def _columns(query: exp.Expression, known: dict[str, dict[str, bool]]) -> dict[str, bool]:
    """Each column of a query and whether anything was computed for it; of a union, in either branch."""
    if isinstance(query, exp.SetOperation):
        left, right = _columns(query.left, known), _columns(query.right, known)
        return {name: value or other for (name, value), other in zip(left.items(), right.values(), strict=False)}
    sources = _sources(query, known)
    columns: dict[str, bool] = {}
    for each in query.expressions:
        if each.is_star:
            table = each.table if isinstance(each, exp.Column) else ""
            for name in [table] if table else sources:
                columns |= sources.get(name, {})
        else:
            columns[each.alias_or_name] = _is_computed(each, query, sources)
    return columns


def _sources(query: exp.Expression, known: dict[str, dict[str, bool]]) -> dict[str, dict[str, bool]]:
    """What the query reads, by the name it goes by there; tables of other models have nothing computed here."""
    found: dict[str, dict[str, bool]] = {}
    joined = [query.args.get("from_"), *query.args.get("joins", [])]
    for source in (each.this for each in joined if each is not None):
        if isinstance(source, exp.Subquery):
            found[source.alias] = _columns(source.this, known)
        elif isinstance(source, exp.Lateral) and isinstance(source.this, exp.Subquery):
            found[source.alias] = _columns(source.this.this, known)
        else:
            found[source.alias_or_name] = known.get(source.name, {}) if isinstance(source, exp.Table) else {}
    return found


def _is_computed(each: exp.Expression, query: exp.Expression, sources: dict[str, dict[str, bool]]) -> bool:
    if any(_computes(node) for node in each.find_all(*ARITHMETIC)):
        return True
    for column in each.find_all(exp.Column):
        places = [column.table] if column.table else list(sources)
        if any(sources.get(place, {}).get(column.name, False) for place in places):
            return True
    return False


def _computes(node: exp.Expression) -> bool:
    """A minus before a literal is a number, not a formula."""
    return not (isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal))


def _rendered(model: Path) -> str:
    """The SQL of a first build, every reference a bare name."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined)
    return environment.from_string(model.read_text(encoding="utf-8")).render(_words())


def _words() -> dict[str, Any]:
    def nothing(*_: Any, **__: Any) -> str:
        return ""

    return {
        "ref": lambda name: name,
        "source": lambda _, name: name,
        "raw_table": lambda _, name: name,
        "config": nothing,
        "remember": nothing,
        "index_by_recorded_at": nothing,
        "is_incremental": lambda: False,
        "load_id": lambda: "'load'",
        "reads_every_location": lambda: "true",
        "reporting_currency": lambda _: "'EUR'",
        "booking_errors": lambda: "'booking_error'",
        "business_day": lambda instant, *_: f"business_day({instant})",
        "business_day_end": lambda day, *_: f"business_day_end({day})",
        "built_until": lambda: "'-infinity'",
        "balance_starts": lambda: "select * from balance_starts",
        "last_rows": lambda relation: relation,
        "of_touched_days": lambda relation: relation,
        "moves_to_follow": lambda: "select * from int_movements_daily",
        "periods_to_write": lambda spans, _: f"select * from {spans}",
        "moved_in": lambda _: "select * from int_movements_daily",
        "legs_of": lambda _: "int_movement_legs",
        "var": lambda *_: 0,
        "this": "this",
        "execute": False,
        "graph": SimpleNamespace(nodes={}, sources={}),
        "project_name": "stockpot",
        "target": SimpleNamespace(type="postgres"),
    }
