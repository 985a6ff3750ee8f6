"""The quarantine of all sources, with a source of the test's own: a row is good when its quantity is a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest

from ingestion.errors import UnknownRow, UnrepairableRow
from ingestion.quarantine import replay as replaying
from ingestion.quarantine.replay import Replayed, replay
from ingestion.quarantine.rows import Outcome, Problem, Rejected, Row
from ingestion.quarantine.store import Filter, count_rows, discard, list_rows, put, repair, show

pytestmark = pytest.mark.pipeline

LOADED: list[str] = []


def load_again(url: str, rows: Sequence[Row]) -> list[Outcome]:
    """The test's source: it keeps what it loads in a list, each row once."""
    return [_load(row) for row in rows]


def _load(row: Row) -> Outcome:
    quantity = row.current["quantity"] or ""
    if not quantity.isdecimal():
        return Outcome(row.id, problem=Problem("not_a_number", f"{quantity!r} is no number", "quantity"))
    if quantity in LOADED:
        return Outcome(row.id)
    LOADED.append(quantity)
    return Outcome(row.id, load_id="load-2")


def rejected(key: str, quantity: str = "two") -> Rejected:
    return Rejected(
        source="test",
        row_key=key,
        file="a.csv",
        file_sha256="0" * 64,
        problem=Problem("not_a_number", f"{quantity!r} is no number", "quantity"),
        values={"item": "Pie \0 \ud800", "quantity": quantity},
        line=3,
    )


@pytest.fixture
def url(database: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setitem(replaying.REPLAYERS, "test", f"{__name__}:load_again")
    monkeypatch.setattr(replaying.importlib, "import_module", lambda name: __import__("sys").modules[name])
    LOADED.clear()
    yield database.pipeline_url
    with psycopg.connect(database.pipeline_url) as session:
        session.execute("delete from raw_quarantine.rows where source in ('test', 'other')")


def only(url: str) -> Row:
    (row,) = list_rows(url, Filter(source="test"))
    return row


class TestPut:
    def test_a_row_is_kept_once_with_line_column_and_reason(self, url: str) -> None:
        assert put(url, [rejected("a"), rejected("a"), rejected("b")], load_id="load-1") == 2
        assert put(url, [rejected("a")]) == 0
        row = list_rows(url, Filter(source="test", limit=1))[0]
        assert (row.file, row.line, row.column, row.code, row.state) == (
            "a.csv", 3, "quantity", "not_a_number", "pending",
        )  # fmt: skip
        assert (row.load_id, row.values["item"]) == ("load-1", "Pie \\0 \\ud800")
        assert [(counted.state, counted.rows) for counted in count_rows(url) if counted.source == "test"] == [
            ("pending", 2)
        ]

    def test_pages_follow_each_other(self, url: str) -> None:
        put(url, [rejected(str(number)) for number in range(3)])
        first = list_rows(url, Filter(source="test", limit=2))
        rest = list_rows(url, Filter(source="test", after=first[-1].id))
        assert (len(first), len(rest)) == (2, 1)
        assert list_rows(url, Filter(source="test", states=("discarded",))) == []


class TestRepair:
    def test_the_original_is_kept_beside_the_repair(self, url: str) -> None:
        put(url, [rejected("a")])
        row = repair(url, only(url).id, {"quantity": "2"}, "mara")
        assert (row.state, row.changed_by) == ("repaired", "mara")
        assert (row.values["quantity"], row.current["quantity"]) == ("two", "2")

    def test_only_the_rows_own_columns_can_be_changed(self, url: str) -> None:
        put(url, [rejected("a")])
        with pytest.raises(UnrepairableRow, match="no column 'qty'; its columns are 'item', 'quantity'"):
            repair(url, only(url).id, {"qty": "2"}, "mara")

    def test_an_unknown_row_is_named(self, url: str) -> None:
        with pytest.raises(UnknownRow, match="no row 987654321"):
            show(url, 987654321)


class TestReplay:
    def test_a_repaired_row_loads_once(self, url: str) -> None:
        put(url, [rejected("a"), rejected("b")])
        repair(url, list_rows(url, Filter(source="test"))[0].id, {"quantity": "2"}, "mara")
        assert replay(url, chosen=Filter(source="test")) == Replayed(tried=1, loaded=1)
        assert replay(url, chosen=Filter(source="test")) == Replayed()
        assert LOADED == ["2"]
        row = list_rows(url, Filter(source="test", states=("loaded",)))[0]
        assert (row.replayed_load, row.tries) == ("load-2", 1)

    def test_what_fails_again_stays_with_its_new_reason(self, url: str) -> None:
        put(url, [rejected("a")])
        repair(url, only(url).id, {"quantity": "three"}, "mara")
        assert replay(url, chosen=Filter(source="test")) == Replayed(tried=1, failed=1)
        row = only(url)
        assert (row.state, row.message, row.current["quantity"]) == ("pending", "'three' is no number", "three")

    def test_a_row_whose_load_was_never_noted_is_not_loaded_again(self, url: str) -> None:
        put(url, [rejected("a")])
        LOADED.append("2")  # a replay that was killed between its load and its note
        repair(url, only(url).id, {"quantity": "2"}, "mara")
        assert replay(url, chosen=Filter(source="test")) == Replayed(tried=1, known=1)
        assert LOADED == ["2"]

    def test_a_source_without_a_replayer_says_so(self, url: str) -> None:
        put(url, [Rejected(**{**vars(rejected("a")), "source": "other"})])
        row = list_rows(url, Filter(source="other"))[0]
        with pytest.raises(UnrepairableRow, match="'other' cannot be replayed"):
            replay(url, [row.id])


class TestDiscard:
    def test_a_discarded_row_keeps_its_reason_and_stays(self, url: str) -> None:
        put(url, [rejected("a")])
        row = discard(url, only(url).id, "a test sale", "mara")
        assert (row.state, row.discard_reason) == ("discarded", "a test sale")
        assert put(url, [rejected("a")]) == 0
        with pytest.raises(UnrepairableRow, match="is discarded already"):
            repair(url, row.id, {"quantity": "2"}, "mara")
        with pytest.raises(UnrepairableRow, match="is discarded already"):
            replay(url, [row.id])

    def test_a_discard_needs_a_reason(self, url: str) -> None:
        put(url, [rejected("a")])
        with pytest.raises(UnrepairableRow, match="say why"):
            discard(url, only(url).id, " ", "mara")
