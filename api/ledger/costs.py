"""What a stock unit of a product costs at a location: its moving average, today or at the end of a past day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from api.domain.costing import Balance
from api.ledger.models import InventoryItem, StockMovement


def average_costs(
    session: Session, location_id: UUID, product_ids: Collection[UUID], *, before: datetime | None = None
) -> dict[UUID, Decimal]:
    """Per product the average cost of one stock unit at a location, in its currency; one without a cost is missing.

    Over several storage areas it is weighted by what is on hand in each; where nothing is, the dearest area's stands.
    With `before`, the movements that happened before that moment are folded again (`api.domain.costing`).
    """
    session.flush()
    item = InventoryItem
    query = select(item.id, item.product_id, item.on_hand, item.avg_cost)
    rows = session.execute(query.where(item.location_id == location_id, item.product_id.in_(product_ids))).all()
    products = {row.id: row.product_id for row in rows}
    if before is None:
        balances = {row.id: Balance(row.on_hand, row.avg_cost) for row in rows}
    else:
        balances = _folded(session, products.keys(), before)
    by_product: defaultdict[UUID, list[Balance]] = defaultdict(list)
    for item_id, balance in balances.items():
        by_product[products[item_id]].append(balance)
    costs = {product_id: _mean(kept) for product_id, kept in by_product.items()}
    return {product_id: cost for product_id, cost in costs.items() if cost > 0}


def _mean(balances: Iterable[Balance]) -> Decimal:
    costed = [balance for balance in balances if balance.avg_cost > 0]
    on_hand = sum((balance.on_hand for balance in costed if balance.on_hand > 0), Decimal(0))
    if on_hand > 0:
        worth = sum((balance.on_hand * balance.avg_cost for balance in costed if balance.on_hand > 0), Decimal(0))
        return round(worth / on_hand, 6)
    return max((balance.avg_cost for balance in costed), default=Decimal(0))


def _folded(session: Session, item_ids: Collection[UUID], before: datetime) -> dict[UUID, Balance]:
    row = StockMovement
    query = (
        select(row.from_item_id, row.to_item_id, row.quantity, row.value)
        .where(row.kind != "price_variance")  # the period's cost: it moves no average
        .where(row.occurred_at < before, or_(row.from_item_id.in_(item_ids), row.to_item_id.in_(item_ids)))
        .order_by(row.occurred_at, row.recorded_at, row.id)
    )
    balances: defaultdict[UUID, Balance] = defaultdict(Balance)
    for source, destination, quantity, value in session.execute(query):
        if source is not None and source in item_ids:
            balances[source] = balances[source].issue(quantity, value)
        if destination is not None and destination in item_ids:
            balances[destination] = balances[destination].receive(quantity, value)
    return dict(balances)
