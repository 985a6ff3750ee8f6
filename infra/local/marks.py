"""What has been done to a database once and for all, kept in the database itself, as its comment."""

from __future__ import annotations

import json

import psycopg
from psycopg import sql


def read_marks(owner_url: str) -> dict[str, str]:
    """The marks of a database, such as `{"demo": "loaded"}`; empty for a new one."""
    with psycopg.connect(owner_url) as connection:
        row = connection.execute(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"
        ).fetchone()
    text = row[0] if row else None
    marks: dict[str, str] = json.loads(text) if text and text.startswith("{") else {}
    return marks


def set_mark(owner_url: str, name: str, value: str) -> None:
    """Remember `name`; needs the database's owner."""
    marks = {**read_marks(owner_url), name: value}
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("comment on database {} is {}").format(
                sql.Identifier(connection.info.dbname), sql.Literal(json.dumps(marks))
            )
        )
