"""Packs scanned against an order are booked by purchasing, one after the other, each in its own transaction."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.core.database import transaction
from api.core.errors import ApiError
from api.ledger.positions import stock_states
from api.purchasing.lifecycle import RECEIVE
from api.purchasing.scanning import receive_scan
from api.scans import answers
from api.scans.planning import Capture, record
from api.scans.repository import note_scan


def is_delivery(answer: dict[str, Any]) -> bool:
    """Whether the scan was left to purchasing."""
    return answer["error"] is not None and answer["error"]["code"] == "delivery"


def book_deliveries(captures: list[Capture], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Book what belongs to orders; the other answers stay as they are. Blocking: call it on a thread."""
    return [
        _book(capture, answer) if is_delivery(answer) else answer
        for capture, answer in zip(captures, found, strict=True)
    ]


def _book(capture: Capture, answer: dict[str, Any]) -> dict[str, Any]:
    scan, principal = capture.scan, capture.principal
    lot = answer.pop("lot")
    product_id = UUID(answer["product"]["id"])
    assert scan.purchase_order_id is not None
    try:
        with transaction() as session:
            principal.must(RECEIVE, scan.location_id)
            posted = receive_scan(
                session,
                principal,
                scan_id=scan.id,
                purchase_order_id=scan.purchase_order_id,
                location_id=scan.location_id,
                area_id=scan.area_id,
                product_id=product_id,
                quantity=Decimal(answer["quantity"]),
                occurred_at=scan.occurred_at or datetime.now(UTC),
                device_id=scan.device_id,
                lot=None if lot is None else (lot[1], None if lot[2] is None else date.fromisoformat(lot[2])),
            )
            states = stock_states(session, product_location_pairs=[(product_id, scan.location_id)])
            _note(session, capture, product_id, "posted")
    except ApiError as error:
        with transaction() as session:
            _note(session, capture, product_id, "rejected", error.code)
        return answers.not_delivered(answer, error)
    return answers.delivered(answer, posted, reorder=any(state.is_below_reorder for state in states))


def _note(session: Session, capture: Capture, product_id: UUID, status: str, error_code: str | None = None) -> None:
    """Every scan is on record, also one that purchasing decided."""
    kept = record(0, capture, str(product_id))
    kept.pop("n")
    content = bytes.fromhex(capture.content.removeprefix("\\x"))
    note_scan(session, {**kept, "content": content, "status": status, "error_code": error_code})
