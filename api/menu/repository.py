"""The menu's queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, selectinload

from api.menu.models import Depletion, MenuItem, Recipe, RecipeLine


@dataclass(frozen=True, slots=True)
class LineOfDay:
    """One line of a recipe that is valid on the day asked for."""

    recipe_id: UUID
    menu_item_id: UUID | None
    makes_product_id: UUID | None
    yield_quantity: Decimal
    yield_unit: str
    is_stocked: bool
    product_id: UUID
    quantity: Decimal
    unit: str
    yield_fraction: Decimal


def like(part: str) -> str:
    """A pattern that finds `part` anywhere, its own wildcards taken literally."""
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


# ------------------------------------------------------------------ menu items


def list_menu_items(
    session: Session,
    *,
    q: str | None,
    category: str | None,
    is_active: bool | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[MenuItem]:
    """Menu items by code, one more than `limit`."""
    query = select(MenuItem).order_by(MenuItem.code, MenuItem.id).limit(limit + 1)
    if q:
        query = query.where(MenuItem.name.ilike(like(q)) | MenuItem.code.ilike(like(q)))
    if category is not None:
        query = query.where(MenuItem.category == category)
    if is_active is not None:
        query = query.where(MenuItem.is_active == is_active)
    if after is not None:
        query = query.where(tuple_(MenuItem.code, MenuItem.id) > after)
    return session.scalars(query).all()


def active_menu_items(session: Session) -> Sequence[MenuItem]:
    """Everything on the menu."""
    return session.scalars(select(MenuItem).where(MenuItem.is_active).order_by(MenuItem.code)).all()


def get_menu_item(session: Session, menu_item_id: UUID, *, lock: bool = False) -> MenuItem | None:
    """One menu item."""
    query = select(MenuItem).where(MenuItem.id == menu_item_id)
    return session.scalar(query.with_for_update() if lock else query)


def find_codes(session: Session, codes: Collection[str]) -> dict[str, UUID]:
    """Menu items by the till's code; unknown codes are missing."""
    query = select(MenuItem.code, MenuItem.id).where(MenuItem.code.in_(codes))
    return {row.code: row.id for row in session.execute(query)}


# ------------------------------------------------------------------ recipes


def _valid_on(day: date) -> Select[Recipe]:
    """Per thing made, the recipe that is valid on a day: the one that took effect last."""
    return (
        select(Recipe)
        .where(Recipe.effective_from <= day, or_(Recipe.effective_to.is_(None), Recipe.effective_to >= day))
        .ext(distinct_on(Recipe.menu_item_id, Recipe.product_id))
        .order_by(Recipe.menu_item_id, Recipe.product_id, Recipe.effective_from.desc())
    )


def list_recipes(
    session: Session,
    *,
    menu_item_id: UUID | None,
    product_id: UUID | None,
    on: date | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Recipe]:
    """Recipes with their lines, one more than `limit`; `on` leaves those that are valid on a day."""
    query = select(Recipe).options(selectinload(Recipe.lines)).order_by(Recipe.id).limit(limit + 1)
    if menu_item_id is not None:
        query = query.where(Recipe.menu_item_id == menu_item_id)
    if product_id is not None:
        query = query.where(Recipe.product_id == product_id)
    if on is not None:
        query = query.where(Recipe.id.in_(_valid_on(on).with_only_columns(Recipe.id)))
    if after is not None:
        query = query.where(Recipe.id > after)
    return session.scalars(query).all()


def get_recipe(session: Session, recipe_id: UUID, *, lock: bool = False) -> Recipe | None:
    """One recipe with its lines."""
    query = select(Recipe).where(Recipe.id == recipe_id).options(selectinload(Recipe.lines))
    return session.scalar(query.with_for_update(of=Recipe) if lock else query)


def find_recipe_from(
    session: Session, menu_item_id: UUID | None, product_id: UUID | None, effective_from: date
) -> UUID | None:
    """The recipe of this thing that takes effect on this very day."""
    query = select(Recipe.id).where(
        Recipe.menu_item_id.is_not_distinct_from(menu_item_id),
        Recipe.product_id.is_not_distinct_from(product_id),
        Recipe.effective_from == effective_from,
    )
    return session.scalar(query)


def lines_on(session: Session, day: date, menu_item_ids: Collection[UUID]) -> list[LineOfDay]:
    """The lines of the recipes valid on a day: of these menu items, and of every product made in the kitchen."""
    valid = _valid_on(day).subquery()
    query = (
        select(
            valid.c.id,
            valid.c.menu_item_id,
            valid.c.product_id,
            valid.c.yield_quantity,
            valid.c.yield_unit,
            valid.c.is_stocked,
            RecipeLine.product_id,
            RecipeLine.quantity,
            RecipeLine.unit,
            RecipeLine.yield_fraction,
        )
        .join(RecipeLine, RecipeLine.recipe_id == valid.c.id)
        .where(valid.c.product_id.is_not(None) | valid.c.menu_item_id.in_(menu_item_ids))
        .order_by(valid.c.id, RecipeLine.position, RecipeLine.id)
    )
    rows: Iterable[Any] = session.execute(query)
    return [LineOfDay(*row) for row in rows]


def days_of_change(session: Session, since: date) -> list[date]:
    """The days after `since` on which a recipe of a product takes effect or ends."""
    ends = select((Recipe.effective_to + 1).label("day")).where(Recipe.product_id.is_not(None))
    starts = select(Recipe.effective_from.label("day")).where(Recipe.product_id.is_not(None))
    days = starts.union(ends).subquery()
    query = select(days.c.day).where(days.c.day > since).order_by(days.c.day)
    return list(session.scalars(query))


def lock_recipes(session: Session) -> None:
    """Let one transaction at a time change recipes: two halves of a cycle must see each other."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("recipes", 0))))


# ------------------------------------------------------------------ depletions


def lock_day(session: Session, location_id: UUID, day: date) -> None:
    """Let one transaction at a time deplete a location's day."""
    key = f"depletion {location_id} {day}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def latest_depletion(session: Session, location_id: UUID, day: date) -> Depletion | None:
    """The standing revision of a location's day."""
    query = select(Depletion).where(Depletion.location_id == location_id, Depletion.business_day == day)
    return session.scalar(query.order_by(Depletion.revision.desc()).limit(1))


def list_depletions(
    session: Session,
    *,
    visible: Collection[UUID] | None,
    location_id: UUID | None,
    after: tuple[date, UUID, int] | None,
    limit: int,
) -> Sequence[Depletion]:
    """Depletions, latest day first, one more than `limit`; `visible=None` means every location."""
    key = tuple_(Depletion.business_day, Depletion.location_id, Depletion.revision)
    query = select(Depletion).limit(limit + 1)
    query = query.order_by(Depletion.business_day.desc(), Depletion.location_id.desc(), Depletion.revision.desc())
    if visible is not None:
        query = query.where(Depletion.location_id.in_(visible))
    if location_id is not None:
        query = query.where(Depletion.location_id == location_id)
    if after is not None:
        query = query.where(key < after)
    return session.scalars(query).all()


UNMAPPED = text(
    """
    with standing as (
        select distinct on (location_id, business_day) location_id, business_day, unmapped
          from depletions
         where (cast(:everywhere as boolean) or location_id = any (cast(:visible as uuid[])))
           and (cast(:location_id as uuid) is null or location_id = :location_id)
           and (cast(:since as date) is null or business_day >= :since)
         order by location_id, business_day, revision desc
    )
    select menu_item_code, reason, sum(quantity) as quantity, count(distinct business_day) as days,
           min(business_day) as first_day, max(business_day) as last_day,
           array_agg(distinct location_id) as location_ids,
           (array_agg(lines order by business_day desc, location_id))[1] as lines
      from standing
     cross join jsonb_to_recordset(unmapped) as each(menu_item_code text, reason text, quantity numeric, lines jsonb)
     group by menu_item_code, reason
     order by sum(quantity) desc, menu_item_code, reason
    """
)


def unmapped_sales(
    session: Session, *, visible: Collection[UUID] | None, location_id: UUID | None, since: date | None
) -> Sequence[Mapping[Any, Any]]:
    """Codes of the standing revisions that nothing, or not everything, was taken for; summed over days and places."""
    session.flush()
    wanted = {
        "everywhere": visible is None,
        "visible": list(visible or ()),
        "location_id": location_id,
        "since": since,
    }
    return session.execute(UNMAPPED, wanted).mappings().all()
