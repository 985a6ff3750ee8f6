"""What a scanner is told, as plain values ready to be written as JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from api.core.errors import ApiError
from api.core.types import plain
from api.domain.movements import PostedMovement
from api.ledger.scanning import Resolved
from api.scans.planning import Draft, Unposted
from api.scans.schemas import PlainScan, Scan, UnreadableScan

REASONS = {
    "insufficient_stock": "There is not enough on hand, and this location does not allow negative stock.",
    "expired_stock": "What is left there has expired: name the lot to take it all the same.",
    "period_locked": "The books are closed for that day: post it on an open one, or have the lock lifted.",
    "lot_not_found": "There is no such lot of this product.",
    "out_of_range": "The resulting balance or value has more than twelve digits.",
    "idempotency_conflict": "This id was used before for another scan.",
}


def empty(scan_id: UUID, status: str) -> dict[str, Any]:
    """An answer that says nothing but its status."""
    return {
        "id": scan_id,
        "status": status,
        "movement_id": None,
        "product": None,
        "quantity": None,
        "unit": None,
        "on_hand": None,
        "reorder": None,
        "error": None,
    }


def problem(code: str, detail: str, field: str | None = None) -> dict[str, Any]:
    """Why; `field` names what is missing or wrong."""
    return {"code": code, "detail": detail, "field": field}


def product_of(found: Resolved | None) -> dict[str, Any] | None:
    """The product as a scanner shows it."""
    return None if found is None or found.product_id is None else {"id": found.product_id, "name": found.name}


def unposted(scan: Scan | PlainScan, found: Resolved | None, why: Unposted) -> dict[str, Any]:
    """A scan that needs input, has an unknown code or is refused."""
    answer = empty(scan.id, why.status)
    answer["product"] = product_of(found)
    answer["error"] = problem(why.code, why.detail, why.field)
    return answer


def unreadable(scan: UnreadableScan) -> dict[str, Any]:
    """A scan of which only the id could be read."""
    return empty(scan.id, "rejected") | {"error": problem(scan.code, scan.detail, scan.field)}


def looked_up(scan: Scan | PlainScan, found: Resolved, quantity: Decimal) -> dict[str, Any]:
    """What is there, and how much the scan stands for; nothing moves and nothing is recorded."""
    places = found.places()
    wanted = None if scan.area_id is None else str(scan.area_id)
    on_hand = sum((place.on_hand for place in places if wanted in {None, place.area_id}), Decimal(0))
    return empty(scan.id, "posted") | {
        "product": product_of(found),
        "quantity": plain(quantity),
        "unit": found.stock_unit,
        "on_hand": plain(on_hand),
        "reorder": _is_below(found),
    }


def from_ledger(scan: Scan | PlainScan, found: Resolved | None, row: dict[str, Any]) -> dict[str, Any]:
    """The posting function's answer; another fact under the same id is refused and shows nothing of the first."""
    if row["status"] in {"conflict", "rejected"}:
        code = row["error"] or "idempotency_conflict"
        answer = empty(scan.id, "rejected") | {"product": product_of(found)}
        answer["on_hand"] = None if row["on_hand"] is None else plain(row["on_hand"])
        answer["unit"] = row["unit"]
        return answer | {"error": problem(code, REASONS.get(code, code))}
    has_row = row["quantity"] != 0
    product = product_of(found)
    if product is None or product["id"] != row["product_id"]:  # linked to another product since
        product = {"id": row["product_id"], "name": ""}
    return empty(scan.id, row["status"]) | {
        "movement_id": scan.id if has_row else None,
        "product": product,
        "quantity": plain(row["quantity"]),
        "unit": row["unit"],
        "on_hand": None if row["on_hand"] is None else plain(row["on_hand"]),
        "reorder": bool(row["reorder"]),
    }


def from_plain(
    scan: Scan | PlainScan, found: Resolved, quantity: Decimal, *, on_hand: str, reorder: bool
) -> dict[str, Any]:
    """A scan that was posted by the shorter way; `on_hand` in plain notation."""
    return {
        "id": scan.id,
        "status": "posted",
        "movement_id": scan.id,
        "product": {"id": found.product_id, "name": found.name},
        "quantity": plain(quantity),
        "unit": found.stock_unit,
        "on_hand": on_hand,
        "reorder": reorder,
        "error": None,
    }


def is_of_closed_period(answer: dict[str, Any]) -> bool:
    """Whether the scan was refused because the books are closed for its day."""
    return bool(answer) and answer["error"] is not None and answer["error"]["code"] == "period_locked"


def delivery(scan: Scan | PlainScan, found: Resolved, planned: Draft) -> dict[str, Any]:
    """A pack that belongs to an order: read and converted, still to be booked, which takes the `lot` out again."""
    return empty(scan.id, "needs_input") | {
        "product": product_of(found),
        "quantity": plain(planned.quantity),
        "unit": found.stock_unit,
        "lot": planned.lot,
        "error": problem("delivery", "It is booked against its order.", "purchase_order_id"),
    }


def delivered(answer: dict[str, Any], posted: PostedMovement, *, reorder: bool) -> dict[str, Any]:
    """The same, booked."""
    on_hand = posted.on_hand
    return answer | {
        "status": posted.status,
        "movement_id": posted.id,
        "quantity": plain(posted.quantity),
        "on_hand": None if on_hand is None else plain(on_hand),
        "reorder": reorder,
        "error": None,
    }


def not_delivered(answer: dict[str, Any], error: ApiError) -> dict[str, Any]:
    """The order does not take it."""
    return answer | {"status": "rejected", "quantity": None, "error": problem(error.code, error.detail)}


def refused_by_database(n: int) -> dict[str, Any]:
    """A row that a constraint refused although every check let it through."""
    return {"n": n, "status": "rejected", "error": "conflict", "on_hand": None, "unit": None}


def _is_below(found: Resolved) -> bool:
    places = found.places()
    points = [place.reorder_point for place in places if place.reorder_point is not None]
    return bool(points) and sum((place.on_hand for place in places), Decimal(0)) < sum(points, Decimal(0))
