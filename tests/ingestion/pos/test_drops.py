"""What is dropped in a folder or a bucket, and rows of it that are repaired: everything is loaded once."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion.drops.places import drop_place
from ingestion.pos.cli import import_dropped, new_files
from ingestion.pos.drops import till_place
from ingestion.quarantine.replay import Replayed, replay
from ingestion.quarantine.store import Filter, list_rows, put, repair
from tests.ingestion.conftest import Kitchen

pytestmark = pytest.mark.pipeline

MAPPING = """
location: RIV
columns: {order_number: bill, ordered_at: when, item_name: item, quantity: qty, unit_price: price}
formats: {decimal_comma: true}
file: {delimiter: ";"}
"""
HEADER = "bill;when;item;qty;price"


def drop(folder: Path, name: str, *rows: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "default.mapping.yaml").write_text(MAPPING)
    path = folder / name
    path.write_text("\n".join((HEADER, *rows)))
    return path


def sold(shop: Kitchen, bill: str) -> list[tuple[Any, ...]]:
    return shop.read(
        "select item_name, quantity, occurrence from raw_pos.order_lines where order_number = %s order by occurrence",
        bill,
    )


class TestFolder:
    def test_a_file_is_imported_once_whatever_it_is_called(self, shop: Kitchen, tmp_path: Path) -> None:
        path = drop(tmp_path / "drop", "a.csv", "d1;2026-11-01 12:00;Pie;1;9,50")
        drop(tmp_path / "drop", ".hidden.csv", "x")
        drop(tmp_path / "drop", "b.csv.part", "x")
        place, url = drop_place(path.parent), shop.pipeline_url
        assert [file.name for file in new_files(url, place)] == ["a.csv"]
        assert new_files(url, place, settled_for=timedelta(hours=1)) == []
        (first,) = import_dropped(path.parent, url)
        assert first.figures is not None
        assert (first.figures["lines_loaded"], new_files(url, place)) == (1, [])

        shutil.copy(path, path.with_name("renamed.csv"))
        os.utime(path, (1, 1))  # dropped again: the same content at another time
        again = import_dropped(path.parent, url)
        assert [(file.name, file.is_known) for file in again] == [("a.csv", True), ("renamed.csv", True)]
        assert new_files(url, place) == []
        assert sold(shop, "d1") == [("Pie", Decimal(1), 1)]

    def test_a_refused_file_is_named_until_it_is_mended(self, shop: Kitchen, tmp_path: Path) -> None:
        folder = tmp_path / "drop"
        drop(folder, "bad.csv").write_text("bill;when\n1;2\n")
        for _ in range(2):
            (refused,) = import_dropped(folder, shop.pipeline_url)
            assert refused.error is not None
            assert "bad.csv has no column 'item'" in refused.error
        assert new_files(shop.pipeline_url, drop_place(folder)) == []
        (waiting,) = list_rows(shop.pipeline_url, Filter(source="pos", file="bad.csv"))
        assert (waiting.code, waiting.message) == ("missing_columns", refused.error)
        assert replay(shop.pipeline_url, [waiting.id]) == Replayed(tried=1, failed=1)
        drop(folder, "bad.csv", "d2;2026-11-01 12:00;Pie;1;9,50")
        assert [file.name for file in new_files(shop.pipeline_url, drop_place(folder))] == ["bad.csv"]
        import_dropped(folder, shop.pipeline_url)
        assert replay(shop.pipeline_url, [waiting.id]) == Replayed(tried=1, known=1)

    def test_late_and_unordered_rows_are_added_where_they_belong(self, shop: Kitchen, tmp_path: Path) -> None:
        folder = tmp_path / "drop"
        drop(folder, "1.csv", "d3;2026-11-09 12:00;Pie;1;1", "d3;2026-11-07 12:00;Pie;2;1")
        import_dropped(folder, shop.pipeline_url)
        drop(folder, "2.csv", "d3;2026-11-02 12:00;Tea;1;1", "d3;2026-11-09 12:00;Pie;1;1")
        import_dropped(folder, shop.pipeline_url)
        found = shop.read(
            "select business_day::text, item_name from raw_pos.order_lines where order_number = 'd3' order by 1"
        )
        assert found == [("2026-11-02", "Tea"), ("2026-11-07", "Pie"), ("2026-11-09", "Pie")]


class TestBucket:
    @pytest.fixture(autouse=True)
    def tills(self, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("POS_DROP_PATH", "s3://dropped/riverside")

    def test_objects_under_the_prefix_are_imported_once(self, shop: Kitchen, tmp_path: Path, bucket: Any) -> None:
        path = drop(tmp_path / "drop", "a.csv", "d4;2026-11-01 12:00;Pie;1;9,50")
        for name in ("a.csv", "default.mapping.yaml"):
            bucket.upload_file(str(path.with_name(name)), "dropped", f"riverside/{name}")
        bucket.put_object(Bucket="dropped", Key="other/b.csv", Body=b"x")
        bucket.copy_object(Bucket="dropped", Key="riverside/c.csv", CopySource="dropped/riverside/a.csv")
        found = import_dropped(till_place(), shop.pipeline_url)
        assert [(file.name, file.error, file.is_known) for file in found] == [
            ("a.csv", None, False),
            ("c.csv", None, True),
        ]
        assert all(file.is_known for file in import_dropped(till_place(), shop.pipeline_url))
        assert sold(shop, "d4") == [("Pie", Decimal(1), 1)]

    def test_a_bucket_that_is_not_there_is_named(self, bucket: Any) -> None:
        from ingestion.errors import UnreadableFile

        with pytest.raises(UnreadableFile, match="the bucket nowhere cannot be read"):
            drop_place("s3://nowhere/x").files()


class TestReplay:
    def test_repaired_rows_load_once_by_the_way_of_their_file(self, shop: Kitchen, tmp_path: Path) -> None:
        """A file with three bad rows of one order, one equal to a good row: each is a sale of its own when it is mended."""
        url, folder = shop.pipeline_url, tmp_path / "drop"
        path = drop(
            folder, "r.csv", "d5;2026-11-01 12:00;Pie;1;9,50", "d5;2026-11-01 12:00;Pie;one;9,50", "d5;never;Tea;1;2",
            "d5;2026-11-01 12:00;Cake",
        )  # fmt: skip
        import_dropped(folder, url)
        chosen = Filter(source="pos", file="r.csv")
        pie, tea, cake = list_rows(url, chosen)
        assert [(row.line, row.column, row.code) for row in (pie, tea, cake)] == [
            (3, "qty", "not_a_number"), (4, "when", "not_a_moment"), (5, None, "wrong_width"),
        ]  # fmt: skip
        repair(url, pie.id, {"qty": "1,0"}, "mara")
        repair(url, tea.id, {"when": "2026-11-01"}, "mara")
        repair(url, cake.id, {"qty": "3"}, "mara")
        assert replay(url, chosen=chosen) == Replayed(tried=3, loaded=1, failed=2)
        assert sold(shop, "d5") == [("Pie", Decimal(1), 1), ("Pie", Decimal(1), 2)]
        assert [row.code for row in list_rows(url, Filter(file="r.csv", states=("pending",)))] == [
            "not_a_moment",
            "wrong_width",
        ]
        repair(url, cake.id, {"price": "4"}, "mara")
        assert replay(url, [cake.id]) == Replayed(tried=1, loaded=1)

        shop_rows = len(sold(shop, "d5"))
        shop.read("update raw_quarantine.rows set state = 'repaired' where id = %s returning id", cake.id)
        assert replay(url, [cake.id]) == Replayed(
            tried=1, known=1
        )  # its load was not noted: a kill fell between the two
        os.utime(path, (2, 2))
        mended = path.read_text().replace("one", "1").replace("never", "2026-11-01 12:00")
        path.write_text(mended)
        import_dropped(folder, url)
        assert len(sold(shop, "d5")) == shop_rows + 1  # the tea; the pie was replayed, the cake is known
        assert list_rows(url, Filter(file="r.csv", states=("pending", "repaired"))) == []

    def test_the_next_days_file_of_the_same_name_settles_nothing(self, shop: Kitchen, tmp_path: Path) -> None:
        folder = tmp_path / "drop"
        drop(folder, "daily.csv", "d6;2026-11-01 12:00;Pie;one;9,50")
        import_dropped(folder, shop.pipeline_url)
        drop(folder, "daily.csv", "d7;2026-11-02 12:00;Pie;1;9,50")
        import_dropped(folder, shop.pipeline_url)
        (waiting,) = list_rows(shop.pipeline_url, Filter(file="daily.csv"))
        assert waiting.state == "pending"
        assert put(shop.pipeline_url, []) == 0
