"""The `stockpot` command: exit codes, one-line refusals, answers that a program can read."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.cli import stack as stack_commands
from infra.cli.main import run
from infra.local.environment import DATABASE_ROLES
from infra.local.home import Home
from infra.local.stack import Stack, held

ROOT = Path(__file__).parents[2]
STOCKPOT = str(Path(sys.executable).parent / "stockpot")

COMMANDS = [
    *(
        "up",
        "demo",
        "env",
        "sql",
        "migrate",
        "pipeline",
        "forecast",
        "api",
        "worker",
        "dagster",
        "dashboards",
        "decode",
    ),
    *(
        "reconcile",
        "explain",
        "export list",
        "export run",
        "export verify",
        "audit verify",
        "import pos",
        "quarantine list",
        "quarantine show",
        "quarantine repair",
        "quarantine replay",
        "quarantine discard",
        "import catalog",
        "import invoices",
        "import products",
        "import supplier-products",
        "user create",
        "user list",
        "bench scans",
        "bench import",
        "bench as-of",
        "bench pipeline",
        "snapshots",
    ),
]


@pytest.fixture(scope="module")
def running_home() -> Iterator[Home]:
    """A home whose databases run and are migrated; the environment points at it."""
    with (
        tempfile.TemporaryDirectory(prefix="stockpot-cli-", dir="/tmp") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        Path(folder).chmod(0o755)
        for name in (*DATABASE_ROLES, "REDIS_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("STOCKPOT_HOME", folder)
        home = Home(Path(folder))
        with held(home):
            stack = Stack(home, print)
            try:
                stack.start_databases()
                stack.migrate()
                yield home
            finally:
                stack.stop()


class TestHelp:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_each_command_teaches(self, command: str, capsys):
        assert run([*command.split(), "--help"]) == 0
        text = capsys.readouterr().out
        assert f"stockpot {command}" in text
        assert len(text.splitlines()) > 5

    def test_an_unknown_command_is_a_usage_error(self, capsys):
        assert run(["cook"]) == 2
        assert "No such command" in capsys.readouterr().err


class TestRefusals:
    def test_env_says_that_nothing_runs(self, home: Home, capsys):
        assert run(["env"]) == 2
        assert (
            capsys.readouterr().err
            == f"stockpot: nothing runs in {home.path}: start it with `stockpot up` or `stockpot demo`\n"
        )

    def test_a_port_that_is_none_is_named(self, home: Home, capsys, monkeypatch):
        monkeypatch.setenv("STOCKPOT_API_PORT", "eighty")
        assert run(["up"]) == 2
        assert capsys.readouterr().err.endswith(
            "stockpot: STOCKPOT_API_PORT=eighty is not a port number (1 to 65535)\n"
        )

    def test_an_unknown_part_is_named(self, home: Home, capsys):
        assert run(["up", "--without", "kitchen"]) == 2
        assert "there is no part kitchen" in capsys.readouterr().err

    def test_a_part_alone_wants_the_databases_first(self, home: Home, capsys):
        assert run(["worker"]) == 2
        assert "`stockpot up --without …` starts it" in capsys.readouterr().err

    def test_a_file_that_is_not_there_is_named(self, home: Home, capsys):
        assert run(["import", "pos", "nowhere.csv", "--location", "RIV", "--mapping", "takeaway"]) == 2
        assert capsys.readouterr().err == "stockpot: there is no file nowhere.csv\n"

    def test_a_database_that_does_not_answer_is_one_line(self, home: Home, capsys, monkeypatch):
        for name, role in DATABASE_ROLES.items():
            monkeypatch.setenv(name, f"postgresql://{role}:secret@127.0.0.1:1/stockpot")
        assert run(["sql", "select 1"]) == 2
        error = capsys.readouterr().err
        assert "127.0.0.1" in error
        assert "Traceback" not in error


class TestSql:
    def test_json_keeps_decimals_exact(self, running_home: Home, capsys):
        assert run(["sql", "--json", "select 817860.05::numeric as total, null as nothing, 3 as count"]) == 0
        assert json.loads(capsys.readouterr().out) == [{"total": "817860.05", "nothing": None, "count": 3}]

    def test_columns_of_one_name_are_told_apart(self, running_home: Home, capsys):
        assert run(["sql", "--json", "select sum(1), sum(2), 3 as n, sum(4)"]) == 0
        assert json.loads(capsys.readouterr().out) == [{"sum": 1, "sum_2": 2, "n": 3, "sum_3": 4}]

    def test_csv_has_a_header(self, running_home: Home, capsys):
        assert run(["sql", "--csv", "select 'a,b' as name, 1.50 as price"]) == 0
        assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [["name", "price"], ["a,b", "1.50"]]

    def test_a_table_shows_brackets_as_they_are_and_no_idle_zeros(self, running_home: Home, capsys):
        assert run(["sql", "select '[red]' as colour, 817860.050000 as total, 100.000 as whole"]) == 0
        cells = [cell.strip() for cell in capsys.readouterr().out.split("│")]
        assert {"[red]", "817860.05", "100"} < set(cells)

    @pytest.mark.parametrize("query", ["select * from users", "create schema mine", "selec 1", "select 1/0"])
    def test_what_the_analyst_may_not_or_cannot_is_refused_in_one_line(self, running_home: Home, capsys, query: str):
        assert run(["sql", query]) == 2
        error = capsys.readouterr().err
        assert error.startswith("stockpot: ")
        assert error.count("\n") == 1


class TestMigrate:
    def test_it_says_where_the_schema_stands(self, running_home: Home, capsys):
        assert run(["migrate", "current"]) == 0
        assert "(head)" in capsys.readouterr().out

    def test_an_unknown_revision_is_refused_and_the_log_is_named(self, running_home: Home, capsys):
        assert run(["migrate", "up", "--to", "nowhere"]) == 2
        error = capsys.readouterr().err
        assert "nowhere" in error
        assert str(running_home.folder("log") / "migrate.log") in error


class TestUser:
    def test_an_account_is_made_once_with_a_random_password(self, running_home: Home, capsys):
        assert run(["user", "create", "ada@stockpot.example", "--name", "Ada", "--json"]) == 0
        made = json.loads(capsys.readouterr().out)
        assert len(made["password"]) >= 16
        assert made["role"] == "admin"
        assert run(["user", "create", "Ada@stockpot.example"]) == 2
        assert capsys.readouterr().err == "stockpot: Another account has this address.\n"
        assert run(["user", "list", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == [
            {"email": "ada@stockpot.example", "name": "Ada", "active": True, "roles": "admin"}
        ]

    @pytest.mark.parametrize(
        ("arguments", "why"),
        [
            (["bo@stockpot.example", "--role", "cook"], "no role called cook"),
            (["bo@stockpot.example", "--location", "MOON"], "no location with the code MOON"),
            (["not an address"], "email: "),
        ],
    )
    def test_what_does_not_exist_is_named(self, running_home: Home, capsys, arguments: list[str], why: str):
        assert run(["user", "create", *arguments]) == 2
        assert why in capsys.readouterr().err

    def test_a_short_password_is_refused_as_the_service_refuses_it(self, running_home: Home, capsys, monkeypatch):
        monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
        assert run(["user", "create", "bo@stockpot.example", "--password-stdin"]) == 2
        assert capsys.readouterr().err.startswith("stockpot: password: ")


class TestProofs:
    def test_a_new_ledger_reconciles(self, running_home: Home, capsys):
        assert run(["reconcile", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["ok"] is True

    def test_a_balance_without_movements_is_a_found_problem(self, running_home: Home, capsys):
        url = running_home.read_stack()["variables"]["DATABASE_OWNER_URL"]
        with psycopg.connect(url) as connection:
            product = connection.execute(
                "insert into products (sku, name, stock_unit) values ('RICE', 'Rice', 'g') returning id"
            ).fetchone()
            location = connection.execute(
                "insert into locations (code, name, time_zone, currency) values ('RIV', 'Riverside', 'Europe/London', 'GBP') returning id"
            ).fetchone()
            item = "insert into inventory_items (product_id, location_id, currency, on_hand) values (%s, %s, 'GBP', 5)"
            connection.execute(item, [*product, *location])
        try:
            assert run(["reconcile", "--json"]) == 1
            assert json.loads(capsys.readouterr().out)["ok"] is False
        finally:
            with psycopg.connect(url) as connection:
                connection.execute("delete from inventory_items")

    def test_snapshots_are_made_and_made_again(self, running_home: Home, capsys):
        assert run(["snapshots", "--rebuild", "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert (answer["made"], answer["days"], answer["covered_until"]) == (0, 0, None)

    def test_a_new_trail_verifies(self, running_home: Home, capsys):
        assert run(["audit", "verify", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["ok"] is True


class TestDecode:
    def test_a_picture_without_a_code_is_a_found_problem(self, tmp_path, capsys):
        from PIL import Image

        Image.new("RGB", (320, 200), "white").save(tmp_path / "wall.png")
        assert run(["decode", str(tmp_path / "wall.png"), "--json"]) == 1
        assert json.loads(capsys.readouterr().out) == [{"image": str(tmp_path / "wall.png"), "codes": []}]

    def test_the_codes_of_a_picture_are_shown(self, tmp_path, capsys):
        import zxingcpp
        from PIL import Image

        code = zxingcpp.create_barcode("5000119309235", zxingcpp.BarcodeFormat.EAN13)
        Image.fromarray(zxingcpp.write_barcode_to_image(code, scale=4, add_quiet_zones=True)).save(
            tmp_path / "rice.png"
        )
        assert run(["decode", str(tmp_path / "rice.png")]) == 0
        assert "5000119309235" in capsys.readouterr().out

    def test_a_file_that_is_no_picture_could_not_be_read(self, tmp_path, capsys):
        (tmp_path / "list.txt").write_text("eggs")
        assert run(["decode", str(tmp_path / "list.txt")]) == 2
        assert capsys.readouterr().err.startswith("stockpot: cannot decode ")


class TestEnv:
    def test_it_gives_addresses_and_process_ids(self, running_home: Home, capsys):
        assert run(["env", "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert answer["home"] == str(running_home.path)
        assert answer["page"].startswith("http://127.0.0.1:")
        assert set(answer["services"]) == {"postgres", "redis"}


class TestRunStack:
    def test_what_the_work_raises_is_raised_and_everything_is_stopped(self, home: Home, monkeypatch):
        monkeypatch.setattr(stack_commands, "_start", lambda stack, _: stack.start_databases())

        def burn(_: Stack) -> bool:
            raise RuntimeError("the oven was too hot")

        with pytest.raises(RuntimeError, match="the oven was too hot"):
            stack_commands.run_stack(home, work=burn)
        assert not home.stack_file.exists()

    def test_work_that_wants_an_end_ends_the_stack(self, home: Home, monkeypatch):
        monkeypatch.setattr(stack_commands, "_start", lambda stack, _: stack.start_databases())
        assert stack_commands.run_stack(home, work=lambda _: False) == 0


class TestInterrupt:
    def test_ctrl_c_stops_what_the_command_started(self, home: Home):
        command = subprocess.Popen(
            [STOCKPOT, "sql", "select pg_sleep(60)"], cwd=ROOT, env=os.environ, stderr=subprocess.PIPE
        )
        wait = [
            sys.executable,
            "-c",
            f"import time, pathlib as p\nwhile not p.Path({str(home.stack_file)!r}).exists(): time.sleep(.05)",
        ]
        subprocess.run(wait, timeout=30, check=True)
        command.send_signal(signal.SIGINT)
        _, error = command.communicate(timeout=60)
        assert command.returncode == 130, error
