"""`stockpot export`: a report as a file from the command line, and files checked without anything else."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.core.database import transaction
from api.reports.bootstrap import ensure_builtin_reports
from infra.cli.main import run
from infra.cli.rooms import operational
from infra.local.home import Home
from infra.local.stack import databases_running
from orchestration.lib.publishing import publish
from tests.conftest import environment_for

MART = """
create schema marts_build;
create table marts_build.fct_stock_on_hand_daily as
select date '2026-11-21' as business_day, name, value::numeric(18, 6) as value, 'USD'::text as currency
from (values ('Rice', 12.5), ('=1+1', -2.25)) as item (name, value)
"""


@pytest.fixture(scope="module")
def home(clone_database, redis_url: str, key_folder: Path) -> Iterator[Home]:
    """A home with a database of its own: the built-in reports, and one published mart of two rows worth 10.25."""
    with (
        tempfile.TemporaryDirectory(prefix="stockpot-cli-", dir="/tmp") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name in ("S3_BUCKET", "OBJECT_STORE_PATH"):
            patch.delenv(name, raising=False)
        for name, value in environment_for(clone_database("cli"), redis_url, Path(folder), key_folder).items():
            patch.setenv(name, value)
        home = Home(Path(folder))
        with databases_running(home, print) as environment:
            prepare(environment)
        yield home


def prepare(environment) -> None:
    with operational(environment), transaction() as session:
        ensure_builtin_reports(session)
    with psycopg.connect(environment.variables["WAREHOUSE_URL"]) as session:
        session.execute(MART)
    publish(environment.variables["WAREHOUSE_URL"], "load")


def answer(capsys) -> dict:
    return json.loads(capsys.readouterr().out)


class TestExport:
    def test_a_report_is_made_listed_and_verified_by_key_and_by_path(self, home: Home, capsys):
        command = ["export", "run", "stock_on_hand", "--day", "2026-11-21", "--format", "xlsx", "--json"]
        assert run(command) == 0
        made = answer(capsys)
        assert (made["status"], made["rows"], made["load_id"]) == ("good", 2, "load")

        assert run(["export", "list", "--json"]) == 0
        (listed,) = [each for each in answer(capsys) if each["code"] == "stock_on_hand"]
        assert (listed["status"], listed["rows"], listed["object_key"]) == ("succeeded", 2, made["object_key"])
        assert run(["export", "list", "stock_on_hand", "--json"]) == 0
        assert [each["format"] for each in answer(capsys)] == ["xlsx"]

        for where in (made["object_key"], "exports/stock_on_hand", str(home.path / "objects" / made["object_key"])):
            assert run(["export", "verify", where, "--json"]) == 0
            (verified,) = answer(capsys)
            assert (verified["ok"], verified["rows"], verified["differences"]) == (True, 2, [])

    def test_a_changed_file_is_named_and_the_exit_code_is_1(self, home: Home, capsys):
        assert run(["export", "run", "stock_on_hand", "--day", "2026-11-21", "--json"]) == 0
        made = answer(capsys)
        file = home.path / "objects" / made["object_key"]
        file.write_bytes(file.read_bytes().replace(b"12.500000", b"12.400000"))
        assert run(["export", "verify", str(file)]) == 1
        shown = capsys.readouterr().out
        assert "DIFFERS" in shown
        assert "stock_on_hand-2026-11-21.csv: total of value: promised 10.250000, found 10.150000" in shown

    def test_what_is_not_there_is_one_line_and_exit_code_2(self, home: Home, capsys):
        for command, said in (
            (["export", "run", "nothing"], "there is no report nothing"),
            (["export", "run", "stock_on_hand", "--format", "doc"], "--format is one of csv"),
            (["export", "run", "stock_movements"], "there is no published mart"),
            (["export", "verify", "nowhere.csv"], "there is no file or folder nowhere.csv"),
            (["export", "verify", "exports/nothing"], "there is no export at exports/nothing"),
        ):
            assert run(command) == 2, command
            assert said in capsys.readouterr().err
