"""What to order of products at places: the arithmetic of `suggestion` with what the house knows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog.models import Location, Product
from api.core.access import Principal
from api.core.errors import Invalid
from api.ledger.positions import StockState, stock_states
from api.purchasing import presenting, repository
from api.purchasing.lines import stock_quantity, worth
from api.purchasing.schemas import SuggestionOut, SuggestionsOut, SupplierSum
from api.purchasing.service import READ, promised
from api.purchasing.suggestion import PackTerms, Situation, Suggestion, suggest
from api.suppliers.models import Supplier, SupplierProduct


@dataclass(frozen=True, slots=True)
class Offer:
    """A product at a place, whose pack would be ordered, and how many; no pack where nobody sells it."""

    state: StockState
    product: Product
    location: Location
    pack: SupplierProduct | None
    suggestion: Suggestion | None

    @property
    def packs(self) -> int:
        """Whole packs to order; 0 when what is there and on order suffices or nobody sells it."""
        return self.suggestion.packs if self.suggestion else 0

    @property
    def is_due(self) -> bool:
        """Whether the policy says to order now: at the reorder point, or under par where there is none."""
        if self.suggestion is None:
            return self.state.reorder_point is not None and self.state.on_hand <= self.state.reorder_point
        if self.state.reorder_point is not None:
            return self.suggestion.have <= self.state.reorder_point
        return self.suggestion.raw > 0


def make_offers(session: Session, states: Collection[StockState]) -> list[Offer]:
    """The offer for each state, in four queries whatever their number."""
    products = repository.by_id(session, Product, {state.product_id for state in states})
    locations = repository.by_id(session, Location, {state.location_id for state in states})
    packs = repository.preferred_packs(session, products.keys())
    on_order = repository.on_order(session, [(state.product_id, state.location_id) for state in states])
    return [
        _offer(
            state,
            products[state.product_id],
            locations[state.location_id],
            packs.get(state.product_id),
            on_order.get((state.product_id, state.location_id), Decimal(0)),
        )
        for state in states
    ]


def _offer(
    state: StockState, product: Product, location: Location, pack: SupplierProduct | None, on_order: Decimal
) -> Offer:
    if pack is None or pack.currency != location.currency:
        return Offer(state, product, location, None, None)
    try:
        in_stock = stock_quantity(product, pack.pack_quantity, pack.pack_unit)
    except Invalid:  # the product lost the factor of its pack: an alert must come all the same, without an order
        return Offer(state, product, location, None, None)
    situation = Situation(state.on_hand, on_order, state.reorder_point, state.par_level, state.unit)
    terms = PackTerms(in_stock, pack.minimum_packs, pack.pack_multiple)
    return Offer(state, product, location, pack, suggest(situation, terms))


def suggestions_at(session: Session, principal: Principal, location_id: UUID, *, is_all: bool) -> SuggestionsOut:
    """What to order at a place; `is_all` shows every product with a policy, needed or not.

    Raises:
        NotFound: the person may not see orders there.
    """
    principal.must(READ, location_id)
    offers = offers_at(session, location_id, is_all=is_all)
    return SuggestionsOut(items=[_present(offer) for offer in offers], suppliers=_sums(offers))


def offers_at(session: Session, location_id: UUID, *, is_all: bool = False) -> list[Offer]:
    """The offers for what a place keeps under a policy, most urgent supplier's name first."""
    states = [
        state
        for state in stock_states(session, location_ids=[location_id])
        if state.reorder_point is not None or state.par_level is not None
    ]
    offers = [offer for offer in make_offers(session, states) if is_all or offer.is_due]
    return sorted(offers, key=lambda offer: (offer.pack.supplier.name if offer.pack else "", offer.product.name))


def arrival(supplier: Supplier, location: Location) -> date:
    """When it comes if it is ordered now."""
    return promised(datetime.now(UTC), supplier, location)


def _present(offer: Offer) -> SuggestionOut:
    pack, suggestion = offer.pack, offer.suggestion
    return SuggestionOut(
        location_id=offer.state.location_id,
        product=presenting.product_ref(offer.product),
        supplier=presenting.supplier_ref(pack.supplier) if pack else None,
        supplier_product_id=pack.id if pack else None,
        packs=offer.packs,
        price=pack.price if pack else None,
        line_total=_cost(offer) if pack else None,
        currency=pack.currency if pack else None,
        expected_on=arrival(pack.supplier, offer.location) if pack else None,
        terms=suggestion.terms() if suggestion else None,
        reason="no_supplier" if pack is None else "suggested" if offer.packs else "covered",
    )


def _cost(offer: Offer) -> Decimal:
    return worth(offer.packs, offer.pack.price) if offer.pack else Decimal(0)


def _sums(offers: Sequence[Offer]) -> list[SupplierSum]:
    """Per supplier: what it comes to, and whether it is less than the supplier delivers for."""
    by_supplier: dict[UUID, list[Offer]] = {}
    for offer in offers:
        if offer.pack is not None and offer.packs:
            by_supplier.setdefault(offer.pack.supplier_id, []).append(offer)
    return [_sum(group) for group in by_supplier.values()]


def _sum(group: Sequence[Offer]) -> SupplierSum:
    first = group[0].pack
    if first is None:
        raise ValueError("a group of offers has a supplier")
    total = sum(map(_cost, group), Decimal(0))
    return SupplierSum(
        supplier=presenting.supplier_ref(first.supplier),
        total=total,
        currency=first.currency,
        minimum_order_value=first.supplier.minimum_order_value,
        is_below_minimum=total < first.supplier.minimum_order_value,
        order_cutoff=first.supplier.order_cutoff.isoformat("minutes"),
        expected_on=arrival(first.supplier, group[0].location),
    )
