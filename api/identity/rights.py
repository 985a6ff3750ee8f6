"""What one person may know of, give to, and do to another: never more than they hold themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from api.core.access import Principal
from api.identity.errors import BeyondOwnRights
from api.identity.repository import HeldRole


def shown(held: Sequence[HeldRole], locations: Collection[UUID] | None) -> list[HeldRole]:
    """The roles that somebody may know of who sees these locations."""
    if locations is None:
        return list(held)
    return [role for role in held if role.location_id is None or role.location_id in locations]


def must_hold(principal: Principal, scopes: Collection[str], location_id: UUID | None) -> None:
    """Refuse to hand out a scope that one does not hold at that place oneself.

    Raises:
        BeyondOwnRights: one of them is not held there.
    """
    for scope in scopes:
        mine = principal.locations(scope)
        if mine is not None and (location_id is None or location_id not in mine):
            raise BeyondOwnRights(f"You do not hold {scope} there yourself.", scope=scope)


def must_outrank(principal: Principal, held: Sequence[HeldRole], scope: str) -> None:
    """Refuse to act on somebody who may do something that the actor may not: a new password would hand it over.

    Raises:
        BeyondOwnRights: they may, or they hold no role at all and the scope is not held everywhere.
    """
    for role in held:
        must_hold(principal, {*role.scopes, scope}, role.location_id)
    if not held:
        must_hold(principal, {scope}, None)
