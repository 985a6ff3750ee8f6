"""Readers see one whole load, the old or the new one, whatever becomes of the load that is on its way (row 24)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from orchestration.lib.publishing import publish
from tests.conftest import Database
from tests.reliability.sizes import size

pytestmark = [pytest.mark.pipeline, pytest.mark.timeout(600)]

LOADS = 20
ROWS = size(2_000, 200_000)
MARTS = ("fct_a", "fct_b", "fct_c")
SEEN = " , ".join(
    f"(select row(count(*), array_agg(distinct load_id)) from marts.{mart})::text as {mart}" for mart in MARTS
)
ALL_AT_ONCE = f"select {SEEN}, (select load_id from marts.loads order by published_at desc limit 1)"

END_WHO_WAITS = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock' and query like 'delete from%fct_c%'
"""


@dataclass
class Readers:
    """What readers saw, ten times a second each: in one statement, and in one transaction of several."""

    url: str
    seen: list[tuple[str, ...]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def in_one_statement(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as session:
            while not self.stop.wait(0.1):
                self.seen.append(session.execute(ALL_AT_ONCE).fetchone())  # type: ignore[arg-type]

    def in_one_view(self) -> None:
        with psycopg.connect(self.url) as session:
            while not self.stop.wait(0.1):
                session.execute("set transaction isolation level repeatable read")
                parts = [
                    session.execute(
                        f"select row(count(*), array_agg(distinct load_id))::text from marts.{mart}"
                    ).fetchone()
                    for mart in MARTS
                ]
                load = session.execute("select load_id from marts.loads order by published_at desc limit 1").fetchone()
                session.rollback()
                self.seen.append(tuple(row[0] for row in (*parts, load) if row))


@contextmanager
def reading(url: str) -> Iterator[Readers]:
    """Two readers at work while the block runs."""
    readers = Readers(url)
    threads = [threading.Thread(target=work) for work in (readers.in_one_statement, readers.in_one_view)]
    for thread in threads:
        thread.start()
    try:
        yield readers
    finally:
        readers.stop.set()
        for thread in threads:
            thread.join()


def build(url: str, load_id: str) -> None:
    """The marts as dbt builds them: new tables under the names of the old ones."""
    with psycopg.connect(url) as session:
        session.execute("create schema if not exists marts_build")
        for mart in MARTS:
            session.execute(f"drop table if exists marts_build.{mart}")  # type: ignore[call-overload]
            session.execute(  # type: ignore[call-overload]
                f"create table marts_build.{mart} as select id, '{load_id}'::text as load_id"
                f" from generate_series(1, {ROWS}) as id"
            )


def a_row_is_refused(database: Database, load_id: str) -> None:
    """The last mart will not take the rows, after the others have."""
    with psycopg.connect(database.pipeline_url) as session:
        session.execute(f"alter table marts.fct_c add constraint never check (load_id <> '{load_id}')")  # type: ignore[call-overload]
    with pytest.raises(psycopg.errors.CheckViolation):
        publish(database.pipeline_url, load_id)
    with psycopg.connect(database.pipeline_url) as session:
        session.execute("alter table marts.fct_c drop constraint never")


def the_publisher_dies(database: Database, load_id: str) -> None:
    """Its session is ended while it replaces the marts: it waits for the last one, which somebody holds."""
    with psycopg.connect(database.pipeline_url) as holder:
        holder.execute("lock table marts.fct_c in share mode")
        publisher = threading.Thread(target=_publish_in_vain, args=(database.pipeline_url, load_id))
        publisher.start()
        with psycopg.connect(database.admin_url, autocommit=True) as session:
            while publisher.is_alive():
                session.execute(END_WHO_WAITS)
                time.sleep(0.02)


def the_build_is_not_over(database: Database, load_id: str) -> None:
    """dbt still holds the second mart: the first one has been replaced when the publisher gives up."""
    with psycopg.connect(database.pipeline_url) as builder:
        builder.execute("lock table marts_build.fct_b in access exclusive mode")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            publish(f"{database.pipeline_url}?options=-c%20lock_timeout%3D200", load_id)


def _publish_in_vain(url: str, load_id: str) -> None:
    with suppress(psycopg.OperationalError):
        publish(url, load_id)


FAILURES: tuple[Callable[[Database, str], None], ...] = (a_row_is_refused, the_publisher_dies, the_build_is_not_over)


class TestTwentyLoads:
    def test_half_of_them_failing_are_never_seen_empty_mixed_or_half_built(self, fresh_database: Any) -> None:
        url = fresh_database.pipeline_url
        build(url, "load 0")
        publish(url, "load 0")
        with reading(fresh_database.analyst_url) as readers:
            for number in range(1, LOADS + 1):
                build(url, f"load {number}")
                if number % 2:
                    FAILURES[number // 2 % len(FAILURES)](fresh_database, f"load {number}")
                else:
                    publish(url, f"load {number}")
                time.sleep(0.1)
        loads = [load for *_, load in readers.seen]
        whole = {load: f'({ROWS},"{{""{load}""}}")' for load in loads}
        print(f"{len(loads)} readings, {len(set(loads))} of {LOADS} loads seen")  # noqa: T201
        assert len(loads) > 2 * LOADS
        assert [reading for reading in readers.seen if set(reading[:-1]) != {whole[reading[-1]]}] == []
        assert {int(load.removeprefix("load ")) % 2 for load in loads} == {0}
        assert len(set(loads)) > LOADS / 4
