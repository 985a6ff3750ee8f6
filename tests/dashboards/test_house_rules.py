"""What holds for the dashboards as a room: where SQL may stand, which colours, which pages the README lists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from dashboards import palette
from dashboards.streamlit_app import PAGES

ROOM = Path(__file__).parents[2] / "dashboards"
README = (ROOM / "README.md").read_text(encoding="utf-8")
LOOK = Path(__file__).parents[3] / "shared" / "LOOK.md"


class TestRoom:
    def test_queries_is_the_only_module_with_sql(self):
        for path in ROOM.rglob("*.py"):
            if path.parent.name != "queries":
                assert not re.search(r"\bselect\b[^\"']*\bfrom\b|psycopg", path.read_text()), path

    def test_queries_read_marts_alone_and_always_for_named_locations(self):
        texts = {path.name: path.read_text() for path in sorted((ROOM / "queries").glob("*.py"))}
        explanations = texts.pop("explanations.py")  # by the key of a row, which the warehouse shows or does not
        text = "\n".join(texts.values())
        schema = re.compile(r"^ +.*?\b(?:from|join) (\w+)\.\w+", re.MULTILINE)
        assert set(schema.findall(text)) == {"marts", "information_schema"}
        assert set(schema.findall(explanations)) == {"marts", "lineage"}
        functions = re.findall(r"^def (\w+)\((places|place|allowed|catalogue)\b", text, re.MULTILINE)
        assert len(functions) == len(
            re.findall(r"^def (?!_|reader_url|read_as|reading_right|rows|frame|load\b)\w+\(", text, re.MULTILINE)
        )

    def test_the_readme_lists_every_page(self):
        listed = {line.split("`")[1] for line in README.splitlines() if line.startswith("| `app_pages/")}
        assert listed == {path for path, _, _ in PAGES.values()}
        assert {f"app_pages/{path.name}" for path in (ROOM / "app_pages").glob("*.py")} == listed

    def test_plots_and_theme_use_the_same_tokens(self):
        theme = tomllib.loads((ROOM / ".streamlit" / "config.toml").read_text())["theme"]
        for name, colours in (("light", palette.LIGHT), ("dark", palette.DARK)):
            tokens = theme[name]
            assert tokens["textColor"] == colours.ink
            assert tokens["primaryColor"] == tokens["greenColor"] == colours.leaf
            assert tokens["redColor"] == colours.beet
            assert tokens["orangeColor"] == colours.saffron
            assert tokens["blueColor"] == colours.sky
            assert tokens["borderColor"] == colours.line
