"""What the dashboards' role sees of the marts: the rows of its claim, whatever it asks and however it asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from orchestration.lib.row_scope import BY_LOCATION, OPEN
from tests.dashboards.conftest import issue_claim
from tests.dbt_project.house import key
from tests.dbt_project.warehouse import BuiltHouse

pytestmark = [pytest.mark.pipeline]

HARBOUR, RIVERSIDE = str(key("location", "HAR")), str(key("location", "RIV"))
WITH_LOCATION = """
select c.relname from pg_class as c
inner join pg_attribute as a on c.oid = a.attrelid and a.attname = 'location_id' and not a.attisdropped
where c.relnamespace = 'marts'::regnamespace and c.relkind in ('r', 'p') order by 1
"""
HIDES_BY_ITSELF = {"fct_quality_results"}
"""What gates found is of the whole house; the samples, which name rows, are kept from whoever may not see every location."""
READABLE = """
select c.relname, c.relkind, c.relrowsecurity,
    array(select p.polname || ': ' || pg_get_expr(p.polqual, p.polrelid) from pg_policy as p
          where p.polrelid = c.oid and 'stockpot_reader'::regrole = any(p.polroles)),
    exists (select 1 from pg_attribute as a where a.attrelid = c.oid and a.attname like '%location%'
            and not a.attisdropped and c.relname <> 'dim_date')
from pg_class as c
where c.relnamespace = 'marts'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and has_table_privilege('stockpot_reader', c.oid, 'select')
order by 1
"""


def claim(house: BuiltHouse, *locations: str, seconds: int = 60) -> str:
    issued = issue_claim(house.analyst_url, list(locations), seconds)
    assert issued is not None
    return issued


@pytest.fixture
def reader(published: BuiltHouse) -> Iterator[psycopg.Connection[Any]]:
    """A session of the dashboards' role, its transactions its own affair."""
    with psycopg.connect(published.reader_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def harbour(reader: psycopg.Connection[Any], published: BuiltHouse) -> psycopg.Connection[Any]:
    """The same inside a transaction, opened for the Harbour alone."""
    reader.execute("begin")
    reader.execute("select row_scope.open(%s)", [claim(published, HARBOUR)])
    return reader


@pytest.fixture
def marts(published: BuiltHouse) -> list[str]:
    """Every mart with a location."""
    with psycopg.connect(published.url) as owner:
        found = [name for (name,) in owner.execute(WITH_LOCATION)]
    assert len(found) > 12
    return found


def places(connection: psycopg.Connection[Any], mart: str) -> set[UUID]:
    query = sql.SQL("select distinct location_id from marts.{}").format(sql.Identifier(mart))
    return {place for (place,) in connection.execute(query)}


def rows_anywhere(connection: psycopg.Connection[Any], marts: list[str]) -> int:
    counts = sql.SQL(" + ").join(
        sql.SQL("(select count(*) from marts.{})").format(sql.Identifier(mart)) for mart in marts
    )
    row = connection.execute(sql.SQL("select {}").format(counts)).fetchone()
    assert row is not None
    return int(row[0])


class TestCatalogue:
    def test_every_mart_is_covered_by_its_location_or_named_with_a_reason(
        self, published: BuiltHouse, marts: list[str]
    ):
        with psycopg.connect(published.url) as owner:
            readable = owner.execute(READABLE).fetchall()
        found = [each for each in readable if each[1] == "r"]
        views = {name for name, kind, *_ in readable if kind != "r"}
        assert views == HIDES_BY_ITSELF, "a view would read with its owner's eyes"
        assert all(is_secured for _, _, is_secured, *_ in found)
        uncovered = {name for name, _, _, policies, _ in found if not policies}
        assert uncovered == set(), "name it in orchestration.lib.row_scope.OPEN, or give it a location_id"
        by_location = {name for name, _, _, policies, _ in found if policies[0].startswith("reader_by_location:")}
        assert by_location == set(marts)
        assert {name for name, *_ in found} == by_location | set(OPEN)
        assert not [name for name, _, _, _, names_place in found if names_place and name in OPEN]
        assert all(len(reason) > 10 for reason in OPEN.values())

    def test_what_gates_sampled_is_shown_to_nobody_of_one_location(self, published: BuiltHouse):
        query = "select distinct sample from marts.fct_quality_results"
        with psycopg.connect(published.analyst_url) as analyst:
            assert analyst.execute(query).fetchall() == [('[{"line": 7}]',)]
        with psycopg.connect(published.reader_url) as reader:
            reader.execute("select set_config('stockpot.reader', %s, false)", [claim(published, HARBOUR)])
            assert reader.execute(query).fetchall() == [("[]",)]

    def test_both_locations_are_in_the_house_or_nothing_here_would_prove_anything(self, published: BuiltHouse):
        with psycopg.connect(published.analyst_url) as analyst:
            assert {str(place) for place in places(analyst, "fct_sales")} >= {HARBOUR, RIVERSIDE}
            assert {str(place) for place in places(analyst, "fct_stock_movements")} >= {HARBOUR, RIVERSIDE}


class TestOneLocation:
    def test_no_mart_shows_a_row_of_another(self, harbour: psycopg.Connection[Any], marts: list[str]):
        seen = {mart: {str(place) for place in places(harbour, mart)} for mart in marts}
        assert set().union(*seen.values()) == {HARBOUR}
        assert len([mart for mart, found in seen.items() if found]) > 8

    @pytest.mark.parametrize(
        "attack",
        [
            "select set_config('stockpot.reader', '{forged}', true)",
            "select set_config('stockpot.reader', '*', false)",
            "select set_config('stockpot.reader', replace(current_setting('stockpot.reader'), '{harbour}', '{riverside}'), true)",
            "select set_config('stockpot.reader', replace(current_setting('stockpot.reader'), '{harbour}', '*'), true)",
            "set session stockpot.reader = '{forged}'",
            "set search_path = marts, row_scope, pg_catalog",
            "set enable_seqscan = off",
            "set session characteristics as transaction read write",
            "reset all",
            "discard plans",
        ],
        ids=["forged", "star", "swapped", "widened", "session", "path", "plan", "write", "reset", "discard"],
    )
    def test_settings_move_nothing(
        self, harbour: psycopg.Connection[Any], published: BuiltHouse, marts: list[str], attack: str
    ):
        forged = claim(published, HARBOUR).replace(HARBOUR, RIVERSIDE)
        harbour.execute(attack.format(forged=forged, harbour=HARBOUR, riverside=RIVERSIDE).encode())
        assert {str(place) for mart in marts for place in places(harbour, mart)} <= {HARBOUR}

    @pytest.mark.parametrize(
        "refused",
        [
            "set role analyst",
            "set role stockpot_pipeline",
            "set session authorization analyst",
            "select row_scope.issue(null, null, 60)",
            "select row_scope.mac('x')",
            "select * from row_scope.keys",
            "select row_scope.open('9999999999.x.*.0')",
            "create function marts.peek() returns int language sql security definer as 'select 1'",
            "create table marts.mine as select 1",
            "create temporary table loot (x int)",
            "alter table marts.fct_sales disable row level security",
            "drop policy reader_by_location on marts.fct_sales",
            "update marts.fct_sales set location_id = location_id",
            "delete from marts.fct_sales",
            "select * from marts_build.fct_sales",
            "select * from staging.stg_operational__locations",
            "select * from public.locations",
            "select public.uuidv7_floor(current_date)",
            "copy marts.fct_sales to program 'cat'",
            "set row_security = off; select * from marts.fct_sales",
            "lock table marts.fct_sales in access exclusive mode",
        ],
    )
    def test_every_other_door_is_shut(self, harbour: psycopg.Connection[Any], refused: str):
        with pytest.raises(psycopg.errors.Error) as stopped:
            harbour.execute(refused.encode())
        assert stopped.value.sqlstate in {"42501", "28000", "22023", "3F000"}, stopped.value

    def test_reset_role_and_a_dropped_session_authorization_lead_back_to_oneself(
        self, harbour: psycopg.Connection[Any], marts: list[str]
    ):
        for statement in ("reset role", "set role none", "set session authorization default"):
            harbour.execute(statement.encode())
            assert {str(place) for place in places(harbour, "fct_sales")} == {HARBOUR}

    def test_a_condition_that_would_tell_on_a_row_meets_its_own_rows_alone(self, harbour: psycopg.Connection[Any]):
        """Dividing by zero at another location's rows would fail, and so tell that they are there."""
        query = f"select count(*) from marts.fct_sales where 1 / (case when location_id = '{RIVERSIDE}' then 0 else 1 end) = 1"
        row = harbour.execute(query.encode()).fetchone()
        assert row is not None
        assert row[0] > 0

    def test_the_planners_statistics_are_hidden(self, harbour: psycopg.Connection[Any], marts: list[str]):
        assert harbour.execute("select 1 from pg_stats where schemaname = 'marts' and tablename = any(%s)", [marts]).fetchall() == []  # fmt: skip

    def test_copy_xml_and_a_cursor_read_with_the_same_eyes(self, harbour: psycopg.Connection[Any]):
        with harbour.cursor().copy("copy (select location_id from marts.fct_sales) to stdout") as copied:
            assert {bytes(line).decode().strip() for line in copied} == {HARBOUR}
        harbour.execute("declare c cursor for select distinct location_id from marts.fct_stock_movements")
        assert [str(place) for (place,) in harbour.execute("fetch all from c")] == [HARBOUR]
        harbour.execute("do $$ begin perform 1 from marts.fct_sales where location_id <> '%s'; if found then raise 'seen'; end if; end $$" % HARBOUR)  # noqa: UP031  # fmt: skip


class TestReuse:
    """One connection, one person after another: a pool that forgets to clean up must still tell nobody anything."""

    def test_a_claim_ends_with_its_transaction(self, reader: psycopg.Connection[Any], published: BuiltHouse, marts: list[str]):  # fmt: skip
        for end in ("commit", "rollback"):
            reader.execute("begin")
            reader.execute("select row_scope.open(%s)", [claim(published, HARBOUR)])
            assert rows_anywhere(reader, marts) > 0
            reader.execute(end.encode())
            assert rows_anywhere(reader, marts) == 0

    def test_who_comes_next_sees_their_own_through_what_was_prepared_before(
        self, reader: psycopg.Connection[Any], published: BuiltHouse
    ):
        prepared = "select distinct location_id from marts.fct_sales"
        reader.execute(f"prepare sold as {prepared}".encode())
        for place in (
            HARBOUR,
            RIVERSIDE,
            HARBOUR,
            RIVERSIDE,
            HARBOUR,
            RIVERSIDE,
            HARBOUR,
        ):  # from the sixth on the plan is kept
            with reader.transaction():
                reader.execute("select row_scope.open(%s)", [claim(published, place)])
                assert [str(found) for (found,) in reader.execute("execute sold")] == [place]
                assert [str(found) for (found,) in reader.execute(prepared, prepare=True)] == [place]

    def test_a_claim_left_behind_does_not_widen_the_next_ones(
        self, reader: psycopg.Connection[Any], published: BuiltHouse, marts: list[str]
    ):
        everywhere = issue_claim(published.analyst_url, None)
        reader.execute("select set_config('stockpot.reader', %s, false)", [everywhere])
        with reader.transaction():
            reader.execute("select row_scope.open(%s)", [claim(published, HARBOUR)])
            assert {str(place) for mart in marts for place in places(reader, mart)} == {HARBOUR}

    def test_a_claim_of_nowhere_and_an_ended_one_show_nothing(
        self, reader: psycopg.Connection[Any], published: BuiltHouse, marts: list[str]
    ):
        with reader.transaction():
            reader.execute("select row_scope.open(%s)", [claim(published)])
            assert rows_anywhere(reader, marts) == 0
        short = claim(published, HARBOUR, seconds=1)
        reader.execute("select pg_sleep(2.1)")
        with pytest.raises(psycopg.errors.InvalidAuthorizationSpecification, match="has ended"):
            reader.execute("select row_scope.open(%s)", [short])
        assert rows_anywhere(reader, marts) == 0

    def test_everywhere_and_the_owners_analyst_see_all(self, reader: psycopg.Connection[Any], published: BuiltHouse, marts: list[str]):  # fmt: skip
        with psycopg.connect(published.analyst_url) as analyst, reader.transaction():
            reader.execute("select row_scope.open(%s)", [issue_claim(published.analyst_url, None)])
            assert rows_anywhere(reader, marts) == rows_anywhere(analyst, marts) > 1000

    def test_the_filter_of_a_page_still_finds_its_index(self, reader: psycopg.Connection[Any], published: BuiltHouse):
        with reader.transaction():
            reader.execute("select row_scope.open(%s)", [claim(published, HARBOUR)])
            reader.execute("set local enable_seqscan = off")
            plan = reader.execute(
                "explain select * from marts.fct_sales where location_id = %s and business_day = '2026-01-01'",
                [HARBOUR],
            ).fetchall()
        assert "Index Cond: ((location_id =" in "\n".join(line for (line,) in plan)


def test_the_condition_is_asked_once_per_statement(published: BuiltHouse):
    """`(select …)` makes it a constant of the plan; a bare call would verify the claim for every row."""
    assert BY_LOCATION.count("(select row_scope.") == 2
