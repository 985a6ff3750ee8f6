"""What was read of a drop place: each content once by its digest and by what it was read with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from ingestion.warehouse import connect

CREATE = """
create schema if not exists {schema};
create table if not exists {schema}.dropped_files (
    name text not null,
    version text not null,
    sha256 text,
    mapping_sha256 text,
    state text not null check (state in ('loaded', 'known', 'refused')),
    error text,
    figures jsonb,
    noted_at timestamptz not null default now(),
    primary key (name, version)
);
create index if not exists dropped_files_by_content on {schema}.dropped_files (sha256, mapping_sha256);
"""
NOTE = """
insert into {schema}.dropped_files (name, version, sha256, mapping_sha256, state, error, figures)
values (%s, %s, %s, %s, %s, %s, %s)
on conflict (name, version) do update set sha256 = excluded.sha256, mapping_sha256 = excluded.mapping_sha256,
    state = excluded.state, error = excluded.error, figures = excluded.figures, noted_at = now()
"""
SAME_CONTENT = """
select exists (select from {schema}.dropped_files where sha256 = %s and mapping_sha256 = %s and state = 'loaded')
"""
VERSIONS = "select name, version, state from {schema}.dropped_files"
LOADED_SINCE = """
select exists (select from {schema}.dropped_files where name = %s and state in ('loaded', 'known') and noted_at > %s)
"""


@dataclass(frozen=True)
class Contents:
    """SHA-256 of a file, and of all that decides how it is read; None where the file was refused before that."""

    sha256: str | None = None
    reading: str | None = None


class Notes:
    """The notes of one raw schema, in its table `dropped_files`."""

    def __init__(self, url: str, schema: str) -> None:
        self._url, self._schema = url, schema

    def versions(self) -> list[tuple[str, str, str]]:
        """Name, version and state of every file that was looked at."""
        with connect(self._url) as session:
            self._ensure(session)
            found: list[tuple[str, str, str]] = session.execute(self._of(VERSIONS)).fetchall()
        return found

    def has(self, contents: Contents) -> bool:
        """Whether the content was loaded, under whatever name, and read as it would be read now."""
        with connect(self._url) as session:
            row = session.execute(self._of(SAME_CONTENT), [contents.sha256, contents.reading]).fetchone()
        return bool(row and row[0])

    def was_loaded_since(self, name: str, moment: Any) -> bool:
        """Whether a file of that name was loaded after a moment."""
        with connect(self._url) as session:
            self._ensure(session)
            row = session.execute(self._of(LOADED_SINCE), [name, moment]).fetchone()
        return bool(row and row[0])

    def loaded(self, name: str, version: str, contents: Contents, figures: dict[str, Any]) -> None:
        """The file is loaded."""
        self._note(name, version, contents, "loaded", figures=figures)

    def known(self, name: str, version: str, contents: Contents) -> None:
        """The file's content was loaded before."""
        self._note(name, version, contents, "known")

    def refused(self, name: str, version: str, contents: Contents, error: str) -> None:
        """The file cannot be used."""
        self._note(name, version, contents, "refused", error=error)

    def _note(
        self,
        name: str,
        version: str,
        contents: Contents,
        state: str,
        *,
        error: str | None = None,
        figures: dict[str, Any] | None = None,
    ) -> None:
        values = [name, version, contents.sha256, contents.reading, state, error, Jsonb(figures) if figures else None]
        with connect(self._url) as session:
            session.execute(self._of(NOTE), values)

    def _ensure(self, session: Any) -> None:
        made = session.execute("select to_regclass(%s)", [f"{self._schema}.dropped_files_by_content"]).fetchone()
        if made[0] is None:
            session.execute("select pg_advisory_xact_lock(hashtextextended('stockpot dropped files', 0))")
            session.execute(self._of(CREATE))

    def _of(self, statement: Any) -> sql.Composed:
        return sql.SQL(statement).format(schema=sql.Identifier(self._schema))
