"""Making a batch: ingredients leave stock, the product comes in worth what they were worth, all or nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog import repository as catalog
from api.catalog.errors import LocationNotFound
from api.catalog.models import Product
from api.core.access import Principal
from api.domain.ids import captured_at, derived_id
from api.domain.movements import NewMovement
from api.ledger.items import ensure_items
from api.ledger.locking import lock_balances
from api.ledger.lots import ensure_lots
from api.ledger.posting import post_movements
from api.ledger.reversal import reverse_all
from api.ledger.usage import items_in_use
from api.menu.production import repository
from api.menu.production.errors import BatchNotFound, BatchNotPosted, NotYourBatch
from api.menu.production.models import ProductionBatch, ProductionBatchLine
from api.menu.production.planning import Plan, plan_batch
from api.menu.production.schemas import (
    BatchLineAnswer,
    BatchReversal,
    NewProductionBatch,
    ProductionBatchAnswer,
    unit_cost,
)
from api.menu.schemas import ProductBrief

READ, POST, ADJUST = "production.read", "production.post", "inventory.adjust"
SOURCE = "production"


def produce(session: Session, principal: Principal, body: NewProductionBatch) -> ProductionBatchAnswer:
    """Use up what the recipe asks for, or what was really used, and bring the product in at the value of it all.

    Every balance is held from the start, so that the sum of what the ingredients are worth is what the ledger books.

    Raises:
        LocationNotFound: there is no such location.
        Invalid, RecipeNotInForce, RecipeNotStocked: the batch does not fit its recipe.
        InsufficientStock: the location bars negative stock; nothing was used.
        BatchNotPosted: the ids of its movements stand for something else.
    """
    location = catalog.get_location(session, body.location_id)
    if location is None:
        raise LocationNotFound("There is no such location, or none that you may see.")
    plan = plan_batch(session, location, body)
    used = [line for line in plan.lines if line.used]
    items = items_in_use(session, location.id, {line.product.id for line in used} | {plan.product.id})
    if body.area_id is not None:
        (items[plan.product.id],) = ensure_items(session, [(plan.product.id, location.id, body.area_id)]).values()
    balances = lock_balances(session, items.values())
    batch = _batch(principal, body, plan, items[plan.product.id], location.currency)
    batch.lines = [
        ProductionBatchLine(
            position=place,
            product_id=line.product.id,
            movement_id=_movement_id(batch.id, place) if line.used else None,
            lot_id=line.lot_id,
            expected_quantity=line.expected,
            used_quantity=line.used,
            unit=line.product.stock_unit,
            value=balances[items[line.product.id]].value_of(line.used) if line.used else Decimal(0),
        )
        for place, line in enumerate(plan.lines)
    ]
    batch.value = sum((line.value for line in batch.lines), Decimal(0))
    if body.lot is not None:
        (batch.lot_id,) = ensure_lots(session, [(plan.product.id, body.lot.code, body.lot.expires_on)]).values()
    session.add(batch)
    session.flush()
    session.refresh(batch, ["recorded_at"])
    _post(session, batch, plan, items)
    _note(session, principal, "production.posted", batch)
    return answers(session, [batch])[0]


def _batch(principal: Principal, body: NewProductionBatch, plan: Plan, item_id: UUID, currency: str) -> ProductionBatch:
    return ProductionBatch(
        id=body.id,
        recipe_id=plan.recipe.id,
        product_id=plan.product.id,
        location_id=body.location_id,
        item_id=item_id,
        movement_id=_movement_id(body.id, -1),
        expected_quantity=plan.expected,
        produced_quantity=plan.produced,
        unit=plan.product.stock_unit,
        currency=currency,
        note=body.note,
        occurred_at=plan.at,
        actor_id=principal.id,
    )


def _movement_id(batch_id: UUID, place: int) -> UUID:
    return derived_id(captured_at(batch_id), SOURCE, f"{batch_id} {place}")


def _post(session: Session, batch: ProductionBatch, plan: Plan, items: Mapping[UUID, UUID]) -> None:
    """One call: the ingredients in the recipe's order, the product last."""
    movements = [
        NewMovement(
            id=line.movement_id,
            kind="consumption",
            product_id=line.product_id,
            from_item_id=items[line.product_id],
            quantity=line.used_quantity,
            unit=line.unit,
            entered_quantity=planned.entered[0],
            entered_unit=planned.entered[1],
            lot_id=line.lot_id,
            occurred_at=batch.occurred_at,
            actor_id=batch.actor_id,
            source=SOURCE,
            reference=str(batch.id),
        )
        for line, planned in zip(batch.lines, plan.lines, strict=True)
        if line.movement_id is not None
    ]
    movements.append(
        NewMovement(
            id=batch.movement_id,
            kind="production",
            product_id=batch.product_id,
            to_item_id=batch.item_id,
            quantity=batch.produced_quantity,
            unit=batch.unit,
            entered_quantity=plan.entered[0],
            entered_unit=plan.entered[1],
            value=batch.value,
            lot_id=batch.lot_id,
            occurred_at=batch.occurred_at,
            actor_id=batch.actor_id,
            source=SOURCE,
            reference=str(batch.id),
        )
    )
    if any(posted.status != "posted" for posted in post_movements(session, movements)):
        raise BatchNotPosted("The id was used before, for something else.")


def undo(session: Session, principal: Principal, batch_id: UUID, asked: BatchReversal) -> ProductionBatchAnswer:
    """Take a whole batch back: first the product, with the value it came with, then the ingredients; once.

    Raises:
        BatchNotFound: no such batch where the person may record one.
        NotYourBatch: somebody else recorded it, and the person may not adjust there.
        InsufficientStock: the location bars negative stock and the product is used up.
    """
    batch = repository.get_batch(session, batch_id, visible=principal.locations(POST), lock=True)
    if batch is None:
        raise BatchNotFound("There is no such batch, or none that you may see.")
    if batch.actor_id != principal.id and not principal.may(ADJUST, batch.location_id):
        raise NotYourBatch("Somebody else recorded it; undoing it needs the scope inventory.adjust.")
    if batch.reversed_at is None:
        movements = [batch.movement_id, *(line.movement_id for line in batch.lines if line.movement_id is not None)]
        reverse_all(session, movements, actor_id=principal.id, source=SOURCE, reason_code=asked.reason_code)
        batch.reversed_at, batch.reversed_by = datetime.now(UTC), principal.id
        session.flush()
        _note(session, principal, "production.reversed", batch)
    return answers(session, [batch])[0]


def get_batch(session: Session, principal: Principal, batch_id: UUID) -> ProductionBatchAnswer:
    """One batch.

    Raises:
        BatchNotFound: there is none that the person may see.
    """
    batch = repository.get_batch(session, batch_id, visible=principal.locations(READ))
    if batch is None:
        raise BatchNotFound("There is no such batch, or none that you may see.")
    return answers(session, [batch])[0]


def answers(session: Session, batches: Collection[ProductionBatch]) -> list[ProductionBatchAnswer]:
    """Batches as they are shown, with the products' names."""
    wanted = {batch.product_id for batch in batches} | {line.product_id for batch in batches for line in batch.lines}
    products = catalog.get_products(session, wanted)
    return [_answer(batch, products) for batch in batches]


def _answer(batch: ProductionBatch, products: Mapping[UUID, Product]) -> ProductionBatchAnswer:
    lines = [
        BatchLineAnswer(
            product=ProductBrief.model_validate(products[line.product_id]),
            expected_quantity=line.expected_quantity,
            used_quantity=line.used_quantity,
            unit=line.unit,
            value=line.value,
            lot_id=line.lot_id,
            movement_id=line.movement_id,
        )
        for line in batch.lines
    ]
    kept = {name: getattr(batch, name) for name in ProductionBatchAnswer.model_fields if hasattr(batch, name)}
    derived = {
        "product": ProductBrief.model_validate(products[batch.product_id]),
        "yield_variance": batch.produced_quantity - batch.expected_quantity,
        "unit_cost": unit_cost(batch.value, batch.produced_quantity),
        "lines": lines,
        "without_cost": [line.product.name for line in lines if line.used_quantity and not line.value],
    }
    return ProductionBatchAnswer.model_validate(kept | derived)


def _note(session: Session, principal: Principal, action: str, batch: ProductionBatch) -> None:
    record(
        session,
        actor_id=principal.id,
        action=action,
        subject_type="production_batch",
        subject_id=batch.id,
        location_id=batch.location_id,
        details={"product_id": str(batch.product_id), "quantity": str(batch.produced_quantity), "unit": batch.unit},
    )
