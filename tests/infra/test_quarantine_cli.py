"""From a till's file without a mapping to the last repaired row, by commands alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.cli import imports, quarantine
from infra.cli.main import run
from tests.ingestion.conftest import Kitchen, make_kitchen

pytestmark = pytest.mark.pipeline

FILE = "order,date,time,item,qty,price\nc1,2026-11-13,10:00,Pie,2,2.50\nc1,2026-11-13,10:00,Tea,some,2.50\nc2,soon,10:00,Tea,1,2.50\n"


@pytest.fixture(scope="module")
def kitchen(clone_database: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kitchen]:
    """A restaurant in a database that the commands find running."""
    with pytest.MonkeyPatch.context() as patch:
        kitchen = make_kitchen(clone_database("quarantine_cli"), tmp_path_factory.mktemp("home"), patch)

        @contextmanager
        def running(*_: object) -> Iterator[Any]:
            yield SimpleNamespace(variables={"WAREHOUSE_URL": kitchen.pipeline_url})

        patch.setattr(imports, "databases_running", running)
        patch.setattr(quarantine, "databases_running", running)
        yield kitchen


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    """Run a command and give its exit code and its JSON."""

    def ask(*arguments: object) -> tuple[int, Any]:
        code = run([str(argument) for argument in (*arguments, "--json")])
        out = capsys.readouterr().out
        return code, json.loads(out) if out else None

    return ask


class TestFromSuggestionToReplay:
    def test_every_line_is_loaded_in_the_end(
        self,
        kitchen: Kitchen,
        tmp_path: Path,
        answer: Callable[..., tuple[int, Any]],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        file = tmp_path / "till.csv"
        file.write_text(FILE.replace("soon", "2026-11-13"))
        assert answer("import", "pos", file, "--suggest-mapping")[0] == 0
        assert run(["import", "pos", str(file), "--suggest-mapping"]) == 2
        assert "is there already" in capsys.readouterr().err
        file.write_text(FILE)
        code, figures = answer("import", "pos", file, "--location", "RIV")
        assert (code, figures["lines_loaded"], figures["lines_quarantined"]) == (1, 1, 2)

        code, listed = answer("quarantine", "list", "--source", "pos")
        (first, second) = listed["rows"]
        assert (code, first["file"], first["line"], first["column"]) == (1, "till.csv", 3, "qty")
        code, row = answer("quarantine", "repair", first["id"], "--set", "qty=3", "--by", "mara")
        assert (code, row["state"], row["changed_by"], row["values"]["qty"]) == (0, "repaired", "mara", "some")
        assert answer("quarantine", "replay") == (0, {"tried": 1, "loaded": 1, "known": 0, "failed": 0})
        code, row = answer("quarantine", "repair", second["id"], "--set", "date=later", "--replay")
        assert (code, row["state"], row["code"]) == (1, "pending", "not_a_moment")
        code, row = answer("quarantine", "discard", second["id"], "--reason", "a test sale")
        assert (code, row["state"], row["discard_reason"]) == (0, "discarded", "a test sale")
        assert answer("quarantine", "list")[0] == 0
        assert answer("quarantine", "show", first["id"])[1]["state"] == "loaded"
        assert kitchen.read("select item_name, quantity::integer from raw_pos.order_lines order by 1") == [
            ("Pie", 2),
            ("Tea", 3),
        ]

    @pytest.mark.parametrize(
        ("arguments", "why"),
        [
            (["show", "987654"], "there is no row 987654"),
            (["repair", "987654", "--set", "qty"], "'qty' is no COLUMN=VALUE"),
            (["list", "--state", "lost"], "there is no state 'lost'"),
            (["discard", "987654", "--reason", ""], "say why"),
        ],
    )
    def test_what_cannot_be_done_is_one_line_and_2(
        self, kitchen: Kitchen, capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
    ) -> None:
        assert run(["quarantine", *arguments]) == 2
        error = capsys.readouterr().err
        assert why in error
        assert error.count("\n") == 1
