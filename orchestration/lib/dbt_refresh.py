"""When incremental models must be built whole: what their old rows were computed from is no longer so.

Movements never change, but what days and marts are cut by may: a location's clock or cut-off, a product's category or
unit, an item's place, or the models themselves. What the last build went by is kept in `intermediate.build_basis`;
something new (a product, an item) adds to it and changes nothing.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import psycopg

from ingestion.warehouse import connect

RAW = ("locations", "products", "inventory_items")
EXISTS = "select count(*) filter (where to_regclass(name) is null) = 0 from unnest(%s::text[]) as name"
CREATE = """
create schema if not exists intermediate;
create table if not exists intermediate.build_basis (subject text primary key, attributes text not null)
"""
CURRENT = """
select 'location ' || id as subject, concat_ws(' ', time_zone, day_cutoff) as attributes from raw_operational.locations
union all
select 'product ' || id, concat_ws('|', category, stock_unit) from raw_operational.products
union all
select 'item ' || id, concat_ws(' ', product_id, location_id, area_id) from raw_operational.inventory_items
union all
select 'models', %(models)s::text
"""
CHANGED = f"""
select now.subject from ({CURRENT}) as now join intermediate.build_basis as before using (subject)
where now.attributes <> before.attributes order by now.subject limit 1
"""  # noqa: S608 - the statement above
BEGUN = "insert into intermediate.build_basis values ('unfinished', '') on conflict do nothing"
ENDED = "delete from intermediate.build_basis where subject = 'unfinished'"
REMEMBER = f"""
insert into intermediate.build_basis (subject, attributes) {CURRENT}
on conflict (subject) do update set attributes = excluded.attributes
where build_basis.attributes <> excluded.attributes
"""


def full_refresh_reason(warehouse_url: str, project: Path) -> str | None:
    """Why the marts must be built whole, for the run's page; None where what is new is enough.

    A build that did not end well may have left one model ahead of another that reads from it.
    """
    with connect(warehouse_url) as session:
        session.execute(CREATE)
        if _one(session, "select count(*) from intermediate.build_basis where subject <> 'unfinished'") == 0:
            return "nothing has been built yet"
        if _one(session, "select count(*) from intermediate.build_basis where subject = 'unfinished'"):
            return "the last build did not end well"
        if not _loaded(session):
            return None
        changed = _one(session, CHANGED, {"models": models_digest(project)})
        return f"{changed} is not what the last build went by" if changed else None


def begin_build(warehouse_url: str) -> None:
    """Note that a build is under way; only `remember_basis` takes the note back."""
    with connect(warehouse_url) as session:
        session.execute(CREATE)
        session.execute(BEGUN)


def remember_basis(warehouse_url: str, project: Path) -> None:
    """Keep what a build that has succeeded went by."""
    with connect(warehouse_url) as session:
        session.execute(CREATE)
        session.execute(ENDED)
        if _loaded(session):
            session.execute(REMEMBER.encode(), {"models": models_digest(project)})


def models_digest(project: Path) -> str:
    """A digest of every model and macro: another release of the project builds its marts whole, once."""
    digest = hashlib.sha256()
    for path in sorted([*project.glob("models/**/*.sql"), *project.glob("macros/**/*.sql")]):
        digest.update(path.relative_to(project).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _loaded(session: psycopg.Connection[Any]) -> bool:
    return bool(_one(session, EXISTS, [[f"raw_operational.{name}" for name in RAW]]))


def _one(session: psycopg.Connection[Any], query: str, parameters: Any = None) -> Any:
    row = session.execute(query.encode(), parameters).fetchone()
    return row[0] if row else None
