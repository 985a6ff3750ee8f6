"""The suites as they are written: reasons for people, names that are found again, the README's list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.defs.quality import suites
from orchestration.lib.expectations import Store

README = Path(__file__).parents[2] / "orchestration" / "defs" / "quality" / "README.md"
EVERYWHERE = ("not_null(", "unique(", "rows as usual", "every row is of")

STORES = (*suites.REFERENCE, *suites.SALES, *suites.LEDGER, *suites.DOCUMENTS, *suites.marts(""))


def beside_the_usual(store: Store, *, is_blocking: bool) -> list[str]:
    """The names that the README lists: what not every table has."""
    names = (each.name for each in store.expectations if each.is_blocking == is_blocking)
    return [name for name in names if not name.startswith(EVERYWHERE)]


class TestSuites:
    @pytest.mark.parametrize("store", STORES, ids=lambda store: store.name)
    def test_every_expectation_has_a_name_of_its_own_and_a_reason_to_act_on(self, store: Store) -> None:
        names = [each.name for each in store.expectations]
        assert len(set(names)) == len(names)
        for each in store.expectations:
            assert each.reason.endswith("."), each.name
            assert len(each.reason.split()) >= 5, each.name

    def test_every_table_has_its_key(self) -> None:
        assert [store.name for store in STORES if not store.key] == []


class TestReadme:
    def test_it_lists_what_stops_and_what_is_told(self) -> None:
        rows = re.findall(r"^\| `([^`]+)` \| (.*) \| (.*) \|$", README.read_text(), re.MULTILINE)
        listed = {name: (stops, tells) for name, stops, tells in rows}
        described = {
            store.name: tuple("; ".join(beside_the_usual(store, is_blocking=each)) for each in (True, False))
            for store in STORES
        }
        assert listed == {name: checks for name, checks in described.items() if any(checks)}
