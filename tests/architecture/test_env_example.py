"""`.env.example` lists every variable that is read, and none that is not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from api.config import Settings
from infra.local.environment import build_environment
from infra.local.home import Home

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "ingestion", "orchestration", "dashboards", "infra")
NAME = re.compile(r"[A-Z][A-Z0-9_]{2,}")
READERS = {"getenv", "EnvVar", "whole_number"}
ENVIRONMENTS = {"environ", "explicit", "environment", "variables", "env"}

INTERNAL = {
    "STOCKPOT_STACK",  # the mark on a home's processes
    "CI",
}
# The pipeline hands these to dbt: where the warehouse is (WAREHOUSE_URL), which load it builds, where it writes.
DBT = {
    f"DBT_{part}"
    for part in (
        "HOST", "PORT", "USER", "PASSWORD", "DBNAME", "SSLMODE", "THREADS", "SCHEMA", "LOG_PATH", "LOAD_ID", "TARGET_PATH",
    )
}  # fmt: skip
THIRD_PARTY = {
    "AWS_ACCESS_KEY_ID",  # boto3's own chain
    "AWS_SECRET_ACCESS_KEY",
}


def documented() -> set[str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return {match.group(1) for line in lines if (match := re.match(r"#?([A-Z][A-Z0-9_]+)=", line))}


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from (ROOT / room).rglob("*.py")


def receiver(node: ast.expr) -> str:
    """The last name of `os.environ`, `explicit`, `self.environment` …"""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def constant(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value):
        return node.value
    return None


def reads(tree: ast.AST) -> Iterator[str]:
    """Names in `os.environ["X"]`, `environ.get("X")`, `getenv("X")`, `EnvVar("X")`, `whole_number("X", 1)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and receiver(node.value) in ENVIRONMENTS:
            name = constant(node.slice)
        elif isinstance(node, ast.Call) and node.args:
            function = node.func
            asks = (
                isinstance(function, ast.Attribute)
                and function.attr == "get"
                and receiver(function.value) in ENVIRONMENTS
            )
            name = constant(node.args[0]) if asks or receiver(function) in READERS else None
        else:
            continue
        if name:
            yield name


def used() -> set[str]:
    names = {name for path in sources() for name in reads(ast.parse(path.read_text(encoding="utf-8")))}
    for path in (ROOT / "dbt_project").rglob("*"):
        if path.suffix in {".yml", ".sql"} and "target" not in path.parts:
            names |= set(re.findall(r"env_var\(\s*['\"]([A-Z0-9_]+)", path.read_text(encoding="utf-8")))
    return names


class TestEnvExample:
    def test_every_setting_of_the_api_is_listed(self):
        assert {name.upper() for name in Settings.model_fields} - documented() == set()

    def test_every_variable_that_a_room_reads_is_listed(self):
        assert used() - documented() - INTERNAL - DBT - THIRD_PARTY == set()

    def test_every_listed_variable_is_read_or_handed_to_the_processes(self, tmp_path):
        home = Home(tmp_path)
        home.prepare()
        handed = set(build_environment(home, {}).variables)
        settings = {name.upper() for name in Settings.model_fields}
        assert documented() - used() - handed - settings == set()

    def test_every_variable_has_a_comment_above_its_block(self):
        previous_was_text = False
        for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines():
            is_variable = re.match(r"#?[A-Z][A-Z0-9_]+=", line) is not None
            assert not is_variable or previous_was_text, f"{line} stands without a comment or a heading"
            previous_was_text = is_variable or line.startswith("#") or (not line and previous_was_text)
