"""Suggestions become lines of one standing draft per supplier and place, never a second draft."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog.models import Location
from api.core.access import Principal
from api.purchasing import presenting, repository
from api.purchasing.lifecycle import EDIT
from api.purchasing.lines import line_total, make_line
from api.purchasing.models import PurchaseOrder, PurchaseOrderLine
from api.purchasing.schemas import DraftsOut, SuggestionsIn
from api.purchasing.suggesting import Offer, arrival, offers_at
from api.suppliers.models import Supplier

Pair = tuple[UUID, UUID]


def draft_suggestions(session: Session, principal: Principal, asked: SuggestionsIn) -> DraftsOut:
    """Put what a place needs into its standing drafts, all of it or only the named products.

    Raises:
        NotFound: the person may not order there.
    """
    principal.must(EDIT, asked.location_id)
    wanted = None if asked.product_ids is None else set(asked.product_ids)
    offers = [
        offer for offer in offers_at(session, asked.location_id) if wanted is None or offer.state.product_id in wanted
    ]
    orders = add_to_drafts(session, offers, origin="request", actor_id=principal.id)
    distinct = {order.id: order for order in orders.values()}
    return DraftsOut(orders=presenting.present(session, list(distinct.values())))


def add_to_drafts(
    session: Session,
    offers: Collection[Offer],
    *,
    origin: str,
    actor_id: UUID | None = None,
    notes: dict[Pair, dict[str, Any]] | None = None,
) -> dict[Pair, PurchaseOrder]:
    """Put every offer of at least one pack into its standing draft; the draft of each (product, location).

    A product that stands in the draft already is raised to the suggestion, never doubled: the same offer twice, or the
    same alert delivered twice, changes nothing. `notes` (an alert's id, say) are kept beside the line's arithmetic.
    """
    groups: dict[Pair, list[Offer]] = {}
    for offer in offers:
        if offer.pack is not None and offer.packs > 0:
            groups.setdefault((offer.pack.supplier_id, offer.location.id), []).append(offer)
    placed: dict[Pair, PurchaseOrder] = {}
    for key in sorted(groups, key=str):  # always in one order: two drafters never wait for each other in a ring
        placed |= _fill(session, groups[key], origin=origin, actor_id=actor_id, notes=notes or {})
    return placed


def _fill(
    session: Session,
    offers: Sequence[Offer],
    *,
    origin: str,
    actor_id: UUID | None,
    notes: dict[Pair, dict[str, Any]],
) -> dict[Pair, PurchaseOrder]:
    supplier, location = offers[0].pack.supplier, offers[0].location  # type: ignore[union-attr]  # grouped by supplier
    order = repository.standing_draft(
        session,
        {
            "supplier_id": supplier.id,
            "location_id": location.id,
            "currency": location.currency,
            "expected_on": arrival(supplier, location),
        },
    )
    changed = [line for offer in offers if (line := _place(order, offer, notes))]
    order.suggestion = _summary(order, supplier, location, origin)
    if changed:
        order.version += 1
        record(
            session,
            actor_id=actor_id,
            action="purchase_order.suggested",
            subject_type="purchase_order",
            subject_id=order.id,
            location_id=location.id,
            details={"origin": origin, "product_ids": [str(line.product_id) for line in changed]},
        )
    session.flush()
    return {(offer.state.product_id, location.id): order for offer in offers}


def _place(order: PurchaseOrder, offer: Offer, notes: dict[Pair, dict[str, Any]]) -> PurchaseOrderLine | None:
    """The line that was added or raised, or None where the draft has as much already."""
    pack, suggestion = offer.pack, offer.suggestion
    if pack is None or suggestion is None:
        return None
    packs = Decimal(suggestion.packs)
    line = next((line for line in order.lines if line.product_id == offer.state.product_id), None)
    if line is not None and line.packs_ordered >= packs:
        return None
    if line is None:
        position = max((line.position for line in order.lines), default=-1) + 1
        line = make_line(offer.product, pack, packs, pack.price, position)
        order.lines.append(line)
    line.packs_ordered = packs
    line.suggestion = suggestion.terms() | notes.get((offer.state.product_id, offer.state.location_id), {})
    return line


def _summary(order: PurchaseOrder, supplier: Supplier, location: Location, origin: str) -> dict[str, Any]:
    """What somebody who approves wants to know of the whole draft; nothing is padded to reach a minimum."""
    total = sum((line_total(line) for line in order.lines), Decimal(0))
    return {
        "origin": origin,
        "total": format(total.normalize(), "f"),
        "minimum_order_value": format(supplier.minimum_order_value.normalize(), "f"),
        "is_below_minimum": total < supplier.minimum_order_value,
        "order_cutoff": supplier.order_cutoff.isoformat("minutes"),
        "expected_on": arrival(supplier, location).isoformat(),
    }
