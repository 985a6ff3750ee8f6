"""Which rows of a mart its readers see: the policies that every published mart carries.

The dashboards' role `stockpot_reader` sees the rows of the locations in a claim that it cannot forge (`row_scope.sql`).
A mart with a column `location_id` is covered by itself; one without must be named here, or shows that role nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

FUNCTIONS = Path(__file__).with_suffix(".sql")
BLOCK = 64  # bytes of one block of SHA-256, the length that HMAC pads its key to
READER, OWNERS_READER = "stockpot_reader", "analyst"

OPEN: Mapping[str, str] = {
    "dim_date": "a calendar is the same everywhere",
    "dim_lineage": "which model reads which is the project's own shape, no figure of a location",
    "dim_product": "products are one list for all locations, as in the catalogue that everybody may read",
    "dim_menu_item": "menu items are one list for all locations; what was sold where is in other marts",
    "dim_supplier": "suppliers and terms are one list for all locations; orders and performance are in other marts",
    "dim_recipe_history": "recipes are one list for all locations, as the menu is",
    "fct_exchange_rates": "what a currency is worth is the same everywhere",
    "fct_price_changes": "what suppliers ask is the same for all locations, as suppliers and their terms are",
    "fct_supplier_prices": "suppliers' price lists are the same for all locations, as suppliers and their terms are",
    "loads": "says which load is published and what its gates said, no figure of a location",
}

BY_LOCATION = "(select row_scope.is_everywhere()) or location_id = any ((select row_scope.locations())::uuid[])"
EVERYTHING = "true"

PREPARE_KEY = "insert into row_scope.keys (inner_key, outer_key) values (%s, %s) on conflict do nothing"

RELATIONS = """
select c.relname, c.relrowsecurity,
    exists (
        select 1 from pg_attribute as a
        where a.attrelid = c.oid and a.attname = 'location_id' and a.atttypid = 'uuid'::regtype and not a.attisdropped
    ),
    array(select polname::text from pg_policy where polrelid = c.oid order by polname)
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
where n.nspname = %s and c.relkind in ('r', 'p')
order by c.relname
"""


def prepare(session: psycopg.Connection[Any]) -> None:
    """Make what the readers' rights are decided by, where it is missing."""
    session.execute(FUNCTIONS.read_bytes())
    key = secrets.token_bytes(BLOCK)
    session.execute(PREPARE_KEY, [bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)])


def protect(session: psycopg.Connection[Any], schema: str) -> None:
    """Give every table of the schema the policies of its readers, and the readers the right to ask.

    Tables that carry them already are left alone: changing one would wait for whoever is reading it.
    """
    prepare(session)
    for name, is_secured, has_location, found in session.execute(RELATIONS, [schema]).fetchall():
        wanted = policies(name, has_location=has_location)
        if not is_secured or found != sorted(wanted):
            _secure(session, sql.Identifier(schema, name), found, wanted)
    for role in (OWNERS_READER, READER):
        grant = sql.SQL("grant usage on schema {0} to {1}; grant select on all tables in schema {0} to {1}")
        session.execute(grant.format(sql.Identifier(schema), sql.Identifier(role)))


def policies(name: str, *, has_location: bool) -> dict[str, tuple[str, str]]:
    """The policies of one mart: their names, each with its role and the rows that it shows."""
    owners = {"owners_reader_everything": (OWNERS_READER, EVERYTHING)}
    if has_location:
        return {**owners, "reader_by_location": (READER, BY_LOCATION)}
    return {**owners, "reader_everything": (READER, EVERYTHING)} if name in OPEN else owners


def _secure(
    session: psycopg.Connection[Any],
    table: sql.Identifier,
    found: list[str],
    wanted: Mapping[str, tuple[str, str]],
) -> None:
    for stale in found:
        session.execute(sql.SQL("drop policy {} on {}").format(sql.Identifier(stale), table))
    for policy, (role, condition) in wanted.items():
        statement = sql.SQL("create policy {} on {} for select to {} using ({})")
        rows = sql.SQL(condition)
        session.execute(statement.format(sql.Identifier(policy), table, sql.Identifier(role), rows))
    session.execute(sql.SQL("alter table {} enable row level security").format(table))
