"""What a figure is made of. Quantities and money as decimal strings, as everywhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from api.core.types import ResponseBody, UtcDateTime


class FigureBody(ResponseBody):
    """A column of the row, what it shows, and the sum and number of the records that add to it."""

    figure: str
    shown: str | None
    explained: str
    records: int


class RecordBody(ResponseBody):
    """A movement, a till's line, a day's sales of an item, an ordered line or a receipt.

    `amounts` says how much it adds to which figure; of a till's line `source` is the file and `reference` its line.
    """

    record: str
    record_id: str
    kind: str | None
    quantity: str | None
    value: str | None
    currency: str | None
    occurred_at: str | None
    recorded_at: str | None
    business_day: str | None
    source: str | None
    reason_code: str | None
    reference: str | None
    amounts: dict[str, str]


class GateBody(ResponseBody):
    """Of a store that the mart is made of: how many expectations passed, and the names of those that warned."""

    store: str
    passed: int
    warned: list[str]


class LoadBody(ResponseBody):
    """The pipeline run that made the row; `ledger_head` is the newest movement that it knew."""

    load_id: str
    run_url: str
    started_at: UtcDateTime | None
    published_at: UtcDateTime
    ledger_known_until: UtcDateTime | None
    ledger_head: UUID | None
    model_path: str | None
    model_version: str | None
    gates: list[GateBody]


class ExplanationBody(ResponseBody):
    """A row with its figures, the load that made it, and a page of the records, the latest first."""

    mart: str
    key: dict[str, str]
    row: dict[str, Any]
    load: LoadBody
    figures: list[FigureBody]
    records: list[RecordBody]
    next_cursor: str | None
