"""Marts change hands in one transaction: a reader sees one whole load, the old or the new one."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from orchestration.lib.publishing import publish
from tests.orchestration.conftest import execute

pytestmark = pytest.mark.pipeline

BOTH = "select (select array_agg(distinct load_id) from marts.fct_a), (select array_agg(distinct load_id) from marts.fct_b)"


def build(url: str, load_id: str, *, rows: int = 2000) -> None:
    """Two marts as dbt builds them."""
    for name in ("fct_a", "fct_b"):
        execute(url, "create schema if not exists marts_build")
        execute(url, f"drop table if exists marts_build.{name}")
        execute(
            url,
            f"create table marts_build.{name} as select id, '{load_id}'::text as load_id from generate_series(1, {rows}) id",
        )
        execute(url, f"create unique index {name}_key on marts_build.{name} (id)")


class TestPublish:
    def test_a_reader_with_an_older_snapshot_keeps_seeing_its_load(self, fresh_database: Any) -> None:
        url = fresh_database.pipeline_url
        build(url, "old")
        publish(url, "old")
        with psycopg.connect(fresh_database.analyst_url) as analyst:
            analyst.execute("set transaction isolation level repeatable read")
            analyst.execute("select 1 from marts.fct_a limit 1")
            build(url, "new")
            publish(url, "new")
            assert analyst.execute(BOTH).fetchone() == (["old"], ["old"])

    def test_a_failing_load_leaves_the_published_one(self, fresh_database: Any) -> None:
        url = fresh_database.pipeline_url
        build(url, "good")
        publish(url, "good")
        build(url, "bad")
        execute(url, "alter table marts.fct_b add constraint never check (load_id <> 'bad')")
        with pytest.raises(psycopg.errors.CheckViolation):
            publish(url, "bad")
        with psycopg.connect(fresh_database.analyst_url) as analyst:
            assert analyst.execute(BOTH).fetchone() == (["good"], ["good"])
            assert analyst.execute("select load_id from marts.loads").fetchall() == [("good",)]

    def test_rows_of_a_run_that_failed_before_belong_to_the_load_that_publishes_them(self, fresh_database: Any) -> None:
        url = fresh_database.pipeline_url
        build(url, "good")
        publish(url, "good")
        execute(url, "update marts_build.fct_a set load_id = 'failed' where id <= 10")  # built, held by a gate
        execute(url, "update marts_build.fct_a set load_id = 'next' where id between 11 and 12")
        publish(url, "next")
        with psycopg.connect(fresh_database.analyst_url) as analyst:
            counts = analyst.execute("select load_id, count(*) from marts.fct_a group by 1").fetchall()
            assert dict(counts) == {"good": 1988, "next": 12}

    def test_a_changed_contract_and_a_dropped_mart_follow(self, fresh_database: Any) -> None:
        url = fresh_database.pipeline_url
        build(url, "one")
        publish(url, "one")
        execute(url, "alter table marts_build.fct_a add column extra integer default 7")
        execute(url, "drop table marts_build.fct_b")
        publish(url, "two")
        with psycopg.connect(fresh_database.analyst_url) as analyst:
            assert analyst.execute("select distinct extra from marts.fct_a").fetchall() == [(7,)]
            with pytest.raises(psycopg.errors.UndefinedTable):
                analyst.execute("select 1 from marts.fct_b")

    def test_a_new_index_follows(self, fresh_database: Any) -> None:
        url = fresh_database.pipeline_url
        build(url, "one")
        publish(url, "one")
        execute(url, "create index by_load on marts_build.fct_a (load_id, id)")
        publish(url, "two")
        with psycopg.connect(url) as session:
            found = session.execute(
                "select indexdef from pg_indexes where schemaname = 'marts' and tablename = 'fct_a'"
            )
            assert any("(load_id, id)" in definition for (definition,) in found)

    def test_the_analyst_reads_marts_and_nothing_else(self, fresh_database: Any) -> None:
        build(fresh_database.pipeline_url, "one")
        publish(fresh_database.pipeline_url, "one")
        with psycopg.connect(fresh_database.analyst_url, autocommit=True) as analyst:
            assert analyst.execute("select count(*) from marts.fct_a").fetchone() == (2000,)
            for statement in (
                "select 1 from marts_build.fct_a",
                "delete from marts.fct_a",
                "select 1 from public.products",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    analyst.execute(statement)
