"""Alerts and rules as clients read and send them."""

from __future__ import annotations

import json
import unicodedata
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field

from api.core.types import Id7, NonNegativeQuantity, RequestBody, ResponseBody, UtcDateTime

Kind = Literal["low_stock", "predicted_stockout", "trend"]
Severity = Annotated[
    Literal["info", "attention", "critical"], BeforeValidator(lambda value: "critical" if value == "urgent" else value)
]


MAX_DETAILS = 20_000


def _storable(details: dict[str, Any]) -> dict[str, Any]:
    """What PostgreSQL keeps as jsonb: finite numbers, no NUL, no lone surrogates, and not a book."""
    try:
        text = json.dumps(details, allow_nan=False, ensure_ascii=False)
    except (ValueError, RecursionError) as error:
        raise ValueError("must be JSON with finite numbers") from error
    if len(text) > MAX_DETAILS:
        raise ValueError(f"must be at most {MAX_DETAILS} characters as JSON")
    if "\\u0000" in text or any(unicodedata.category(character) == "Cs" for character in text):
        raise ValueError("must not contain NUL or lone surrogates")
    return details


Details = Annotated[dict[str, Any], AfterValidator(_storable)]


class ProductRef(ResponseBody):
    """The product of an alert."""

    id: UUID
    sku: str
    name: str


class AlertOut(ResponseBody):
    """Something that wants attention, until it recovers."""

    id: UUID
    kind: Kind
    severity: str
    location_id: UUID
    product: ProductRef
    rule_id: UUID | None
    purchase_order_id: UUID | None
    details: dict[str, Any]
    opened_at: UtcDateTime
    acknowledged_at: UtcDateTime | None
    acknowledged_by: UUID | None
    resolved_at: UtcDateTime | None


class RuleIn(RequestBody):
    """A threshold; no place or product means all of them, no threshold the item's own reorder point."""

    id: Id7 | None = None
    kind: Kind = "low_stock"
    location_id: UUID | None = None
    product_id: UUID | None = None
    threshold: NonNegativeQuantity | None = Field(None, description="In the product's stock unit.")
    is_enabled: bool = True


class RuleEdit(RequestBody):
    """Fields of a rule to change."""

    threshold: NonNegativeQuantity | None = None
    is_enabled: bool = True


class RuleOut(ResponseBody):
    """A threshold rule."""

    id: UUID
    kind: Kind
    location_id: UUID | None
    product_id: UUID | None
    threshold: NonNegativeQuantity | None
    is_enabled: bool
    created_by: UUID | None
    version: int


class RaisedAlert(RequestBody):
    """What the pipeline found for one product at one place; `details` is shown as it is."""

    location_id: UUID
    product_id: UUID
    severity: Severity = "attention"
    details: Details = Field(default_factory=dict)


class RaiseIn(RequestBody):
    """All alerts of a kind for a day; sending them again changes nothing."""

    kind: Kind
    day: date
    alerts: Annotated[list[RaisedAlert], Field(max_length=5000)]
    complete_for: Annotated[list[UUID], Field(max_length=1000)] = Field(
        default_factory=list,
        description="Locations whose list this is whole: what is open of the kind there and not in it has recovered.",
    )


class RaiseResult(ResponseBody):
    """What became of one raised alert: opened, already open from before, or raised that day already."""

    location_id: UUID
    product_id: UUID
    status: Literal["opened", "open", "duplicate", "unknown"]
    alert_id: UUID | None


class RaiseOut(ResponseBody):
    """What became of them, in the order sent."""

    opened: int
    open: int
    duplicate: int
    unknown: int
    resolved: int
    results: list[RaiseResult]
