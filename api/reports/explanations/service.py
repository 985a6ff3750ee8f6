"""Explanations of rows at the locations that the reader may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from api.config import get_settings
from api.core.access import Principal
from api.core.errors import FieldProblem, Invalid
from api.core.pagination import encode_cursor, read_cursor
from api.core.types import plain
from api.reports import marts
from api.reports.errors import LoadChanged
from api.reports.explanations import repository
from api.reports.explanations.errors import NotExplainable, RowNotFound
from api.reports.explanations.schemas import ExplanationBody, FigureBody, GateBody, LoadBody, RecordBody
from api.reports.marts import to_json


def explain(principal: Principal, mart: str, parts: Sequence[str], limit: int, cursor: str | None) -> ExplanationBody:
    """The row that the parts (`column:value`) name, and what its figures are the sums of.

    Raises:
        NotExplainable, RowNotFound, MartNotPublished, WarehouseAway.
        Invalid: the key is not that of the mart's rows, or a value does not fit its column.
        LoadChanged: the marts were published anew since the page before.
    """
    with marts.warehouse() as connection:
        columns = repository.key_columns(connection, mart)
        if columns is None:
            raise NotExplainable(f"Rows of {mart} cannot be explained.")
        key = _key(parts, columns)
        found = marts.must_be_published(connection, mart)
        question = marts.Question(found, list(found.columns), key, None, principal.locations("reports.read"), 0, 1)
        rows = marts.rows(connection, question)
        if not rows:
            raise RowNotFound
        row, load_id = rows[0], str(rows[0]["load_id"])
        offset = _offset(cursor, load_id)
        sums = repository.figures(connection, mart, key)
        records = repository.records(connection, mart, key, offset=offset, limit=limit + 1)
        load = repository.load(connection, mart, load_id)
    return ExplanationBody(
        mart=mart,
        key=key,
        row=row,
        load=_load(mart, load),
        figures=[_figure(row, each) for each in sums],
        records=[RecordBody.model_validate(_plain(each)) for each in records[:limit]],
        next_cursor=encode_cursor(offset + limit, load_id) if len(records) > limit else None,
    )


def _key(parts: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    key = {name: value for name, found, value in (part.partition(":") for part in parts) if found}
    if set(key) != set(columns) or len(parts) != len(columns):
        named = ", ".join(columns)
        problem = FieldProblem("key", "wrong_key", f"Give key=column:value once for each of {named}.")
        raise Invalid("The key does not name a row of this mart.", code="wrong_key", errors=(problem,))
    return key


def _offset(cursor: str | None, load_id: str) -> int:
    if cursor is None:
        return 0
    offset, read_from = read_cursor(cursor, int, str)
    if not 0 <= offset < 2**31:
        raise Invalid("The cursor is not one of this list's.", code="bad_cursor")
    if read_from != load_id:
        raise LoadChanged("The marts were published anew; start from the first page.")
    return int(offset)


def _figure(row: Mapping[str, Any], summed: Mapping[str, Any]) -> FigureBody:
    shown = row.get(summed["figure"])
    return FigureBody(
        figure=summed["figure"],
        shown=None if shown is None else str(shown),
        explained=plain(Decimal(summed["explained"])),
        records=summed["records"],
    )


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: to_json(value) for name, value in record.items()}


def _load(mart: str, load: Mapping[str, Any]) -> LoadBody:
    model = load["model"] or {}
    read = {f"marts_build.{mart}", *model.get("sources", [])}
    return LoadBody(
        load_id=load["load_id"],
        run_url=f"{get_settings().stockpot_dagster_url.rstrip('/')}/runs/{load['load_id']}",
        started_at=load["started_at"],
        published_at=load["published_at"],
        ledger_known_until=load["ledger_known_until"],
        ledger_head=load["ledger_head"],
        model_path=model.get("path"),
        model_version=model.get("version"),
        gates=[
            GateBody(store=store, passed=verdict["passed"], warned=verdict["failed"])
            for store, verdict in sorted(load["gates"].items())
            if store in read
        ],
    )
