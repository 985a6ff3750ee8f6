"""Packs scanned against an order are booked by purchasing, one after the other, each in its own transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from api.core.database import transaction
from api.core.errors import ApiError
from api.ledger.positions import stock_states
from api.purchasing.lifecycle import RECEIVE
from api.purchasing.scanning import receive_scan
from api.scans import answers
from api.scans.planning import Capture


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
            )
            states = stock_states(session, product_location_pairs=[(product_id, scan.location_id)])
    except ApiError as error:
        return answers.not_delivered(answer, error)
    return answers.delivered(answer, posted, reorder=any(state.is_below_reorder for state in states))
