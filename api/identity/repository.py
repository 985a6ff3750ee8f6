"""The only queries on people, roles and sessions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import any_, exists, func, literal, or_, select, tuple_, update
from sqlalchemy.orm import Session

from api.identity.models import RefreshToken, Role, RoleGrant, User
from api.identity.models import Session as SignIn


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a sign-in is checked against."""

    user_id: UUID
    password_hash: str | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role that a person holds at one location, or everywhere when `location_id` is None."""

    user_id: UUID
    role_id: UUID
    name: str
    scopes: frozenset[str]
    location_id: UUID | None


def credentials(session: Session, email: str) -> Credentials | None:
    """The account of an address, in any case of letters."""
    row = session.execute(
        select(User.id, User.password_hash, User.is_active).where(func.lower(User.email) == func.lower(email))
    ).one_or_none()
    return Credentials(*row) if row else None


def session_rights(session: Session, session_id: UUID) -> tuple[UUID, list[tuple[UUID | None, list[str]]]] | None:
    """The person of a living session and their (location, scopes) pairs; None when the session is over."""
    rows = session.execute(
        select(SignIn.user_id, RoleGrant.location_id, Role.scopes)
        .join(User, User.id == SignIn.user_id)
        .outerjoin(RoleGrant, RoleGrant.user_id == User.id)
        .outerjoin(Role, Role.id == RoleGrant.role_id)
        .where(
            SignIn.id == session_id,
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > func.clock_timestamp(),
            User.is_active,
        )
    ).all()
    if not rows:
        return None
    return rows[0].user_id, [(row.location_id, row.scopes) for row in rows if row.scopes is not None]


def now(session: Session) -> datetime:
    """The database's clock, the only one that every process shares."""
    return session.execute(select(func.clock_timestamp())).scalar_one()


# ------------------------------------------------------------------ sessions and refresh tokens


def lock_sign_in(session: Session, session_id: UUID) -> SignIn | None:
    """A session's row, locked: refreshing and signing out take turns."""
    return session.get(SignIn, session_id, with_for_update=True, populate_existing=True)


def refresh_token(session: Session, token_hash: bytes) -> RefreshToken | None:
    """The row of a refresh token, as it is now."""
    return session.execute(
        select(RefreshToken).where(RefreshToken.token_hash == token_hash).execution_options(populate_existing=True)
    ).scalar_one_or_none()


def refresh_token_by_id(session: Session, token_id: UUID | None) -> RefreshToken | None:
    """A successor, as it is now."""
    return session.get(RefreshToken, token_id, populate_existing=True) if token_id else None


def living_sign_ins(session: Session, user_id: UUID) -> Sequence[SignIn]:
    """A person's sessions that are not over, the newest first."""
    return session.scalars(
        select(SignIn)
        .where(SignIn.user_id == user_id, SignIn.revoked_at.is_(None), SignIn.expires_at > func.clock_timestamp())
        .order_by(SignIn.id.desc())
    ).all()


def revoke_all(session: Session, user_id: UUID, reason: str) -> Sequence[UUID]:
    """End every session of a person and say which they were."""
    return session.scalars(
        update(SignIn)
        .where(SignIn.user_id == user_id, SignIn.revoked_at.is_(None))
        .values(revoked_at=func.clock_timestamp(), revoked_reason=reason)
        .returning(SignIn.id)
        .execution_options(synchronize_session=False)
    ).all()


def forget_devices(session: Session, user_id: UUID) -> None:
    """Remove what a person's sessions tell about their devices."""
    session.execute(
        update(SignIn).where(SignIn.user_id == user_id).values(device="").execution_options(synchronize_session=False)
    )


# ------------------------------------------------------------------ people


def user(session: Session, user_id: UUID, *, lock: bool = False) -> User | None:
    """A person's row."""
    return session.get(User, user_id, with_for_update=lock or None, populate_existing=lock)


def is_email_taken(session: Session, email: str, *, but_by: UUID | None = None) -> bool:
    """Whether another account has this address, in any case of letters."""
    taken = select(User.id).where(func.lower(User.email) == func.lower(email))
    if but_by is not None:
        taken = taken.where(User.id != but_by)
    return session.execute(select(taken.exists())).scalar_one()


def users_page(
    session: Session, *, visible_at: Collection[UUID] | None, q: str | None, after: tuple[str, UUID] | None, limit: int
) -> Sequence[User]:
    """People by name; `visible_at` leaves those who hold a role at one of these locations (None: everybody)."""
    statement = select(User).where(User.erased_at.is_(None)).order_by(func.lower(User.name), User.id).limit(limit)
    if visible_at is not None:
        held = exists().where(RoleGrant.user_id == User.id, RoleGrant.location_id.in_(visible_at))
        statement = statement.where(held)
    if q:
        statement = statement.where(
            or_(User.name.icontains(q, autoescape=True), User.email.icontains(q, autoescape=True))
        )
    if after:
        statement = statement.where(
            tuple_(func.lower(User.name), User.id) > tuple_(literal(after[0]), literal(after[1]))
        )
    return session.scalars(statement).all()


def held_roles(session: Session, user_ids: Iterable[UUID]) -> list[HeldRole]:
    """The roles of several people, by name."""
    rows = session.execute(
        select(RoleGrant.user_id, Role.id, Role.name, Role.scopes, RoleGrant.location_id)
        .join(Role, Role.id == RoleGrant.role_id)
        .where(RoleGrant.user_id.in_(list(user_ids)))
        .order_by(Role.name, RoleGrant.location_id)
    )
    return [HeldRole(row[0], row[1], row[2], frozenset(row[3]), row[4]) for row in rows]


def people_with_scope(session: Session, scope: str, location_id: UUID | None) -> Sequence[tuple[UUID, str, str]]:
    """Active people whose role holds the scope there (or, for None, everywhere): id, address, name."""
    everywhere = RoleGrant.location_id.is_(None)
    place = everywhere if location_id is None else or_(everywhere, RoleGrant.location_id == location_id)
    holds = literal(scope) == any_(Role.scopes)
    rows = session.execute(
        select(User.id, User.email, User.name)
        .where(User.is_active, exists().where(RoleGrant.user_id == User.id, place, Role.id == RoleGrant.role_id, holds))
        .order_by(User.id)
    ).all()
    return [(row[0], row[1], row[2]) for row in rows]


def adjustment_limits(session: Session, user_id: UUID, scope: str, location_id: UUID) -> Sequence[Decimal | None]:
    """The limits of the roles by which a person holds a scope at a location; None: that role has no limit."""
    place = or_(RoleGrant.location_id.is_(None), RoleGrant.location_id == location_id)
    return session.scalars(
        select(Role.adjustment_limit)
        .join(RoleGrant, RoleGrant.role_id == Role.id)
        .where(RoleGrant.user_id == user_id, place, literal(scope) == any_(Role.scopes))
    ).all()


# ------------------------------------------------------------------ roles


def role(session: Session, role_id: UUID, *, lock: bool = False) -> Role | None:
    """One role."""
    return session.get(Role, role_id, with_for_update=lock or None, populate_existing=lock)


def role_named(session: Session, name: str) -> Role | None:
    """The role of this name."""
    return session.execute(select(Role).where(Role.name == name)).scalar_one_or_none()


def roles(session: Session) -> Sequence[Role]:
    """Every role, by name."""
    return session.scalars(select(Role).order_by(Role.name)).all()


def grant(session: Session, user_id: UUID, role_id: UUID, location_id: UUID | None) -> RoleGrant | None:
    """The row that gives this role to this person there."""
    place = RoleGrant.location_id.is_(None) if location_id is None else RoleGrant.location_id == location_id
    return session.execute(
        select(RoleGrant).where(RoleGrant.user_id == user_id, RoleGrant.role_id == role_id, place)
    ).scalar_one_or_none()
