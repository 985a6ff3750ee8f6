"""`explain`: from a number on a page or in a report to the records that it is the sum of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer
from psycopg import sql as query

from infra.cli.databases import ask
from infra.cli.output import Json, answer_fields, answer_json, answer_table, note
from infra.cli.rooms import operational
from infra.local.environment import Environment
from infra.local.errors import CannotRunError
from infra.local.home import Home
from infra.local.stack import databases_running

if TYPE_CHECKING:
    from api.reports.explanations.schemas import ExplanationBody, FigureBody, LoadBody, RecordBody

MOST_ROWS = 10
MOST_RECORDS = 1000
IS_PUBLISHED = "select to_regprocedure('lineage.keys()') is not null and to_regclass('marts.loads') is not null"
MARTS = "select mart, columns from lineage.keys() order by mart"
COLUMNS = """
select column_name from information_schema.columns where table_schema = 'marts' and table_name = {mart}
order by ordinal_position
"""
NAMES = {
    "location": ("location_id", "(select code from marts.dim_location as d where d.location_id = m.location_id)"),
    "product": ("product_id", "(select sku from marts.dim_product as d where d.product_id = m.product_id)"),
    "supplier": ("supplier_id", "(select name from marts.dim_supplier as d where d.supplier_id = m.supplier_id)"),
}
"""What people call a thing by, beside the id by which a mart knows it: a location's code, a SKU, a supplier's name."""
NEWEST = ("business_day", "period", "end_day", "ordered_on")

Mart = Annotated[str | None, typer.Argument(help="The mart; without one, those whose rows can be explained.")]
Key = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[COLUMN=VALUE]...",
        help="What names the row: any of its columns, or location=CODE, product=SKU, supplier=NAME.",
    ),
]
Figure = Annotated[str | None, typer.Option(help="Only the records of this figure, such as on_hand.")]
Limit = Annotated[int, typer.Option(min=1, max=MOST_RECORDS, help="At most so many records, the latest first.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(explain)


def explain(
    mart: Mart = None, key: Key = None, figure: Figure = None, limit: Limit = 50, *, as_json: Json = False
) -> int:
    """Explain a number: the movements, sales or order lines that it is the sum of, its load, model and gates.

    stockpot explain shows what can be explained; stockpot explain fct_waste shows its newest rows and what names them;

    stockpot explain fct_stock_on_hand_daily product=MOZZ location=RIV business_day=2026-11-21 explains one row.

    Exit code 1 when the records do not add up to what the row shows.
    """
    with databases_running(Home.from_environment(), note) as environment:
        marts = _marts(environment)
        if mart is None:
            _answer_rows(
                ["mart", "named by"], [(name, " ".join(columns)) for name, columns in marts.items()], as_json=as_json
            )
            return 0
        if mart not in marts:
            raise CannotRunError(f"rows of {mart} cannot be explained; those that can: {', '.join(marts)}")
        wanted = dict(_pair(part) for part in key or ())
        columns, rows = _candidates(environment, mart, marts[mart], wanted)
        if not wanted:
            _answer_rows(columns, rows[:MOST_ROWS], as_json=as_json)
            return 0
        parts = _one_row(mart, marts[mart], columns, rows)
        found = _explanation(environment, mart, parts, limit if figure is None else MOST_RECORDS)
    if figure is not None:
        found = _of_figure(found, figure, limit)
    if as_json:
        answer_json(found.model_dump(mode="json"))
    else:
        _show(found)
    return 0 if all(map(_adds_up, found.figures)) else 1


# ------------------------------------------------------------------ which row


def _marts(environment: Environment) -> dict[str, list[str]]:
    """The marts whose rows can be explained, with the columns that name a row."""
    url = environment.variables["ANALYST_URL"]
    if ask(url, IS_PUBLISHED)[1] != [(True,)]:
        raise CannotRunError("nothing is published yet: run `stockpot pipeline`, then ask again")
    return {str(mart): list(columns) for mart, columns in ask(url, MARTS)[1]}  # type: ignore[call-overload]


def _pair(part: str) -> tuple[str, str]:
    name, sign, value = part.partition("=")
    if not sign or not name:
        raise CannotRunError(f"{part!r} is no COLUMN=VALUE")
    return name, value


def _candidates(
    environment: Environment, mart: str, key: Sequence[str], wanted: Mapping[str, str]
) -> tuple[list[str], list[tuple[object, ...]]]:
    """The newest rows with these values: their key, and what people call them by; at most one more than are shown."""
    url = environment.variables["ANALYST_URL"]
    has = [str(name) for (name,) in ask(url, query.SQL(COLUMNS).format(mart=query.Literal(mart)).as_string())[1]]
    named = {name: text for name, (column, text) in NAMES.items() if column in has}
    if unknown := [name for name in wanted if name not in {*has, *named}]:
        raise CannotRunError(f"{mart} has no column {unknown[0]}; it has {', '.join([*named, *has])}")
    conditions = [_equals(name, value, named) for name, value in wanted.items()]
    newest = [query.SQL("m.{} desc").format(query.Identifier(name)) for name in NEWEST if name in has]
    statement = query.SQL("select {columns} from marts.{mart} as m where {conditions} order by {order} limit {most}")
    filled = statement.format(
        columns=query.SQL(", ").join(
            [
                *(query.SQL("m.{}").format(query.Identifier(name)) for name in key),
                *(
                    query.SQL("{} as {}").format(query.SQL(text), query.Identifier(name))
                    for name, text in named.items()
                ),
            ]
        ),
        mart=query.Identifier(mart),
        conditions=query.SQL(" and ").join(conditions or [query.SQL("true")]),
        order=query.SQL(", ").join([*newest, *(query.Identifier("m", name) for name in key)]),
        most=query.Literal(MOST_ROWS + 1),
    )
    return ask(url, filled.as_string())


def _equals(name: str, value: str, named: Mapping[str, str]) -> query.Composable:
    left = query.SQL(named[name]) if name in named else query.Identifier("m", name)
    return query.SQL("{} = {}").format(left, query.Literal(value))


def _one_row(mart: str, key: Sequence[str], columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> list[str]:
    """The row's key as the service takes it."""
    if not rows:
        raise CannotRunError(f"{mart} has no such row; `stockpot explain {mart}` shows its newest ones")
    if len(rows) > 1:
        answer_table(columns, rows[:MOST_ROWS])
        count = f"more than {MOST_ROWS}" if len(rows) > MOST_ROWS else str(len(rows))
        raise CannotRunError(f"{count} rows of {mart} are like that: say more of {', '.join(key)}")
    return [f"{name}:{value}" for name, value in zip(key, rows[0], strict=False)]


# ------------------------------------------------------------------ the explanation


def _explanation(environment: Environment, mart: str, parts: Sequence[str], limit: int) -> ExplanationBody:
    """What the service says to somebody who may read every location: whoever runs this reads the database anyway."""
    with operational(environment):
        from api.core.errors import ApiError
        from api.identity.authentication import PIPELINE
        from api.reports.explanations.service import explain as ask_service

        try:
            return ask_service(PIPELINE, mart, parts, limit, None)
        except ApiError as refusal:
            raise CannotRunError(refusal.detail) from refusal


def _of_figure(found: ExplanationBody, figure: str, limit: int) -> ExplanationBody:
    chosen = [each for each in found.figures if each.figure == figure]
    if not chosen:
        names = ", ".join(each.figure for each in found.figures) or "none, for nothing adds to it"
        raise CannotRunError(f"{found.mart} has no figure {figure} that can be explained here; it has {names}")
    records = [each for each in found.records if figure in each.amounts]
    cursor = found.next_cursor or (found.mart if len(records) > limit else None)
    return found.model_copy(update={"figures": chosen, "records": records[:limit], "next_cursor": cursor})


def _adds_up(figure: FigureBody) -> bool:
    return figure.shown is None or Decimal(figure.shown) == Decimal(figure.explained)


def _show(found: ExplanationBody) -> None:
    named = " ".join(f"{name}={value}" for name, value in found.key.items())
    rows = [
        (each.figure, _number(each.shown), _number(each.explained), each.records, _verdict(each))
        for each in found.figures
    ]
    answer_table(["figure", "shown", "sum of its records", "records", ""], rows, f"{found.mart} {named}")
    names = [name for name in type(found.records[0]).model_fields if name not in _HIDDEN] if found.records else []
    names = [name for name in names if any(getattr(each, name) is not None for each in found.records)]
    answer_table(
        [*names, "adds"],
        [[*(getattr(each, name) for name in names), _adds(each)] for each in found.records],
        "The latest records; --limit shows more" if found.next_cursor else "Its records, the latest first",
    )
    answer_fields(_origin(found.load), as_json=False)


_HIDDEN = frozenset({"amounts", "record_id", "recorded_at"})


def _number(text: str | None) -> Any:
    return None if text is None else Decimal(text)


def _verdict(figure: FigureBody) -> str:
    return "ok" if _adds_up(figure) else "DIFFERS"


def _adds(record: RecordBody) -> str:
    return ", ".join(f"{figure} {amount}" for figure, amount in sorted(record.amounts.items()))


def _origin(load: LoadBody) -> dict[str, object]:
    """Run, model and gates."""
    known = load.ledger_known_until
    gates = [f"{gate.store}: {gate.passed} passed{_warned(gate.warned)}" for gate in load.gates]
    return {
        "load": load.load_id,
        "run": load.run_url,
        "published": f"{load.published_at:%Y-%m-%d %H:%M} UTC",
        "ledger known until": f"{known:%Y-%m-%d %H:%M} UTC" if known else "nothing yet",
        "model": f"{load.model_path or 'unknown'}, version {(load.model_version or 'unknown')[:12]}",
        "gates": "; ".join(gates) or "none",
    }


def _warned(names: Sequence[str]) -> str:
    return f", warned: {', '.join(names)}" if names else ""


def _answer_rows(columns: Sequence[str], rows: Sequence[Sequence[object]], as_json: bool) -> None:
    if as_json:
        answer_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        answer_table(columns, rows)
