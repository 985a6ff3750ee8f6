"""Alembic's environment: migrations run as the owner role, under an advisory lock, in one transaction."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Any

from alembic import context
from sqlalchemy import create_engine, pool, text

from api.schema import metadata

LOCK = 7_305_114


def owner_url() -> str:
    """The owner's connection, from `-x url=…` or DATABASE_OWNER_URL, with the psycopg 3 driver."""
    url = context.get_x_argument(as_dictionary=True).get("url") or context.config.attributes.get("url")
    url = url or os.environ.get("DATABASE_OWNER_URL")
    if not url:
        message = "DATABASE_OWNER_URL is not set: migrations run as the role stockpot_owner"
        raise SystemExit(message)
    return str(url).replace("postgresql://", "postgresql+psycopg://", 1)


def include_name(name: str | None, type_: str, parent_names: MutableMapping[Any, str | None]) -> bool:
    """Leave the monthly partitions and the warehouse's schemas out of comparisons."""
    del parent_names
    return not (type_ == "table" and name is not None and name.startswith("stock_movements_"))


def run() -> None:
    """Upgrade or downgrade, one migrator at a time."""
    engine = create_engine(owner_url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata, include_name=include_name)
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": LOCK})
        connection.commit()
    engine.dispose()


run()
