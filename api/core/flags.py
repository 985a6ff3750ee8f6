"""Feature flags: switches that an administrator turns without a deployment."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.core.errors import NotFound
from api.core.models import FeatureFlag
from api.core.preconditions import bump


def flags(session: Session) -> Sequence[FeatureFlag]:
    """Every flag, by key."""
    return session.scalars(select(FeatureFlag).order_by(FeatureFlag.key)).all()


def is_enabled(session: Session, key: str) -> bool:
    """Whether a flag is on; one that nobody made is off."""
    return bool(session.execute(select(FeatureFlag.is_enabled).where(FeatureFlag.key == key)).scalar())


def declare(session: Session, key: str, description: str, *, is_enabled: bool = False) -> None:
    """Make a flag known, with what it is at first; one that exists stays as it was turned."""
    if session.get(FeatureFlag, key) is None:
        session.add(FeatureFlag(key=key, description=description, is_enabled=is_enabled))
        session.flush()


def turn(session: Session, key: str, *, is_enabled: bool, version: int) -> FeatureFlag:
    """Switch a flag.

    Raises:
        NotFound: there is no such flag.
        VersionConflict: somebody turned it meanwhile.
    """
    flag = session.get(FeatureFlag, key, with_for_update=True, populate_existing=True)
    if flag is None:
        raise NotFound("There is no such flag.", code="flag_not_found")
    bump(flag, version)
    flag.is_enabled = is_enabled
    session.flush()
    return flag
