"""What suppliers drop in folders and buckets: read once by content and mapping, refused by name, once across kills."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion.drops.notes import Notes
from ingestion.drops.places import Folder, drop_place
from ingestion.invoices.cli import DROPPED_INVOICES
from ingestion.quarantine.replay import Replayed, replay
from ingestion.quarantine.store import Filter, discard, list_rows
from ingestion.supplier_catalogs.cli import DROPPED_PRICE_LISTS
from tests.conftest import Database
from tests.ingestion.conftest import Kitchen, make_kitchen
from tests.ingestion.documents.test_ubl import invoice
from tests.ingestion.documents.test_x12 import INVOICE, group, interchange

pytestmark = pytest.mark.pipeline

PROCESSES: Any = multiprocessing.get_context("forkserver")
FEEDS = {"catalogs": DROPPED_PRICE_LISTS, "invoices": DROPPED_INVOICES}
POUNDS = INVOICE.replace("CUR*SE*USD", "CUR*SE*GBP")


@pytest.fixture(scope="module")
def kitchen(clone_database: Callable[[str], Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kitchen]:
    """One kitchen for this file: each test has articles and document numbers of its own."""
    with pytest.MonkeyPatch.context() as patch:
        yield make_kitchen(clone_database("supplier_drops"), tmp_path_factory.mktemp("home"), patch)


def drop(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path


def prices(kitchen: Kitchen, *articles: str) -> list[tuple[Any, ...]]:
    query = "select supplier_sku, price from raw_supplier_catalogs.prices where supplier_sku = any(%s) order by 1, 2"
    return kitchen.read(query, list(articles))


class CountedFolder(Folder):
    """A deep folder that counts the files that are opened."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, is_deep=True)
        self.opened: list[str] = []

    def local(self, name: str) -> AbstractContextManager[Path]:
        self.opened.append(name)
        return super().local(name)


class TestKnownFiles:
    def test_a_night_opens_only_what_is_new(self, kitchen: Kitchen, tmp_path: Path) -> None:
        """A list and its mapping, then nothing, then one more file: three files are opened in three nights."""
        drop(tmp_path, "MILL/a.csv", 'nr,geld\nN1,"1,50"\n')
        drop(
            tmp_path,
            "MILL/default.mapping.yaml",
            "columns: {supplier_sku: nr, price: geld}\nformats: {decimal_comma: true}\n",
        )
        drop(tmp_path, "MILL/.hidden.csv", "x")
        drop(tmp_path, "MILL/b.csv.part", "x")
        place, url = CountedFolder(tmp_path), kitchen.pipeline_url
        assert [file.name for file in DROPPED_PRICE_LISTS.new_files(url, place)] == ["MILL/a.csv"]
        assert DROPPED_PRICE_LISTS.new_files(url, place, settled_for=timedelta(hours=1)) == []
        (first,) = DROPPED_PRICE_LISTS.import_dropped(place, url)
        assert first.figures is not None
        assert first.figures["rows_loaded"] == 1
        assert [each.is_known for each in DROPPED_PRICE_LISTS.import_dropped(place, url)] == [True]
        drop(tmp_path, "MILL/c.csv", 'nr,geld\nN2,"2,50"\n')
        assert [each.is_known for each in DROPPED_PRICE_LISTS.import_dropped(place, url)] == [True, False]
        mapping = "MILL/default.mapping.yaml"
        assert place.opened == ["MILL/a.csv", mapping, "MILL/c.csv", mapping]
        assert DROPPED_PRICE_LISTS.new_files(url, place) == []
        assert kitchen.read("select source_file from raw_supplier_catalogs.prices where supplier_sku = 'N1'") == [
            ("MILL/a.csv",)
        ]

    def test_a_content_is_known_by_its_digest_its_mapping_and_its_supplier(
        self, kitchen: Kitchen, tmp_path: Path
    ) -> None:
        """The same bytes under another name are known; under another mapping, or of another supplier, they are read."""
        kitchen.execute("insert into suppliers (code, name, currency) values ('DAIRY', 'The Dairy', 'GBP')")
        list_ = drop(tmp_path, "MILL/a.csv", "sku,price,other\nK1,1.00,9.00\n")
        url = kitchen.pipeline_url
        DROPPED_PRICE_LISTS.import_dropped(tmp_path, url)
        shutil.copy(list_, list_.with_name("renamed.csv"))
        os.utime(list_, (1, 1))
        assert [each.is_known for each in DROPPED_PRICE_LISTS.import_dropped(tmp_path, url)] == [True, True]
        (tmp_path / "DAIRY").mkdir()
        shutil.copy(list_, tmp_path / "DAIRY" / "a.csv")
        drop(tmp_path, "MILL/renamed.csv.mapping.yaml", "columns: {supplier_sku: sku, price: other}")
        found = {each.name: each.is_known for each in DROPPED_PRICE_LISTS.import_dropped(tmp_path, url)}
        assert found == {"DAIRY/a.csv": False, "MILL/a.csv": True, "MILL/renamed.csv": False}
        owners = "select supplier_code, price from raw_supplier_catalogs.prices where supplier_sku = 'K1' order by 1, 2"
        assert kitchen.read(owners) == [("DAIRY", 1), ("MILL", 1), ("MILL", 9)]

    def test_invoices_are_known_too(self, kitchen: Kitchen, tmp_path: Path) -> None:
        drop(tmp_path, "MILL/nov.edi", interchange(group([POUNDS.replace("INV-7", "K-1")])))
        drop(tmp_path, "k.xml", invoice().replace("R-1", "K-2"))
        first = DROPPED_INVOICES.import_dropped(tmp_path, kitchen.pipeline_url)
        assert [each.figures and each.figures["documents_loaded"] for each in first] == [1, 1]
        assert all(each.is_known for each in DROPPED_INVOICES.import_dropped(tmp_path, kitchen.pipeline_url))


class TestRefusedFiles:
    def test_one_waits_in_quarantine_until_its_surroundings_are_mended(self, kitchen: Kitchen, tmp_path: Path) -> None:
        """A list of a supplier that is not known yet: asked for once, one row however many nights, then settled."""
        drop(tmp_path, "LATE/a.csv", "sku,price\nR1,1.00\n")
        url, place = kitchen.pipeline_url, drop_place(tmp_path, is_deep=True)
        for _ in range(2):
            (refused,) = DROPPED_PRICE_LISTS.import_dropped(place, url)
            assert "there is no supplier 'LATE'" in str(refused.error)
            assert DROPPED_PRICE_LISTS.new_files(url, place) == []
        (waiting,) = list_rows(url, Filter(source="supplier_catalogs", file="LATE/a.csv"))
        assert (waiting.code, waiting.message, waiting.state) == ("unknown_supplier", refused.error, "pending")
        kitchen.execute("insert into suppliers (code, name, currency) values ('LATE', 'Late Ltd', 'GBP')")
        DROPPED_PRICE_LISTS.import_dropped(place, url)
        assert [row.state for row in list_rows(url, Filter(file="LATE/a.csv"))] == ["loaded"]
        assert prices(kitchen, "R1") == [("R1", 1)]

    def test_a_mended_file_is_settled_by_its_replay(self, kitchen: Kitchen, tmp_path: Path) -> None:
        """The next day's file may have the same name, so a person says that this one is the mended one."""
        drop(tmp_path, "MILL/m.csv", "hello\nworld\n")
        url = kitchen.pipeline_url
        DROPPED_PRICE_LISTS.import_dropped(tmp_path, url)
        (waiting,) = list_rows(url, Filter(file="MILL/m.csv"))
        assert replay(url, [waiting.id]) == Replayed(tried=1, failed=1)
        assert "drop the mended file under the same name" in list_rows(url, Filter(file="MILL/m.csv"))[0].message
        drop(tmp_path, "MILL/m.csv", "sku,price\nR2,2.00\n")
        DROPPED_PRICE_LISTS.import_dropped(tmp_path, url)
        assert replay(url, [waiting.id]) == Replayed(tried=1, known=1)

    def test_an_empty_invoice_file_is_named_and_may_be_discarded(self, kitchen: Kitchen, tmp_path: Path) -> None:
        drop(tmp_path, "empty.edi", "")
        url = kitchen.pipeline_url
        DROPPED_INVOICES.import_dropped(tmp_path, url)
        (waiting,) = list_rows(url, Filter(source="invoices", file="empty.edi"))
        assert (waiting.code, waiting.message) == ("unreadable_file", "empty.edi is empty")
        discard(url, waiting.id, "an empty file", "mara")
        DROPPED_INVOICES.import_dropped(tmp_path, url)
        assert [row.state for row in list_rows(url, Filter(file="empty.edi"))] == ["discarded"]


def killed_before_its_note(feed: str, folder: str, url: str, home: str) -> None:
    """What the child does: import, and be killed when the rows are loaded and the file is not noted."""
    os.environ["STOCKPOT_HOME"] = home
    Notes.loaded = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment,method-assign]
    FEEDS[feed].import_dropped(Path(folder), url)

    def test_a_name_that_is_no_text_stops_no_other_file(self, kitchen: Kitchen, tmp_path: Path) -> None:
        (tmp_path / "MILL").mkdir()
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/MILL/caf\xe9.csv")).write_text("sku,price\nR3,1\n")
        drop(tmp_path, "MILL/z.csv", "sku,price\nR4,1.00\n")
        url, place = kitchen.pipeline_url, drop_place(tmp_path, is_deep=True)
        refused, good = DROPPED_PRICE_LISTS.import_dropped(place, url)
        assert "is not UTF-8: give the file another one" in str(refused.error)
        assert good.error is None
        assert DROPPED_PRICE_LISTS.new_files(url, place) == []


class TestKill:
    @pytest.mark.parametrize("feed", FEEDS)
    def test_a_kill_between_load_and_note_loads_nothing_twice(
        self, kitchen: Kitchen, tmp_path: Path, feed: str
    ) -> None:
        """Rows and the rejected row are there before the kill; the next import finds them and notes the file."""
        url, home = kitchen.pipeline_url, tmp_path / "home"
        bad = POUNDS.replace("INV-7", "Z-2").replace("TDS*10225", "TDS*10226")
        drop(tmp_path, "catalogs/MILL/k.csv", "sku,price\nZ1,1.00\nZ2,2.00\nZ3,x\n")
        drop(tmp_path, "invoices/MILL/k.edi", interchange(group([POUNDS.replace("INV-7", "Z-1"), bad])))
        name = "MILL/k.csv" if feed == "catalogs" else "MILL/k.edi"
        arguments = (feed, str(tmp_path / feed), url, str(home))
        child = PROCESSES.Process(target=killed_before_its_note, args=arguments)
        child.start()
        child.join(120)
        assert child.exitcode == -signal.SIGKILL
        there = {
            "catalogs": "select row_id from raw_supplier_catalogs.prices where supplier_sku like 'Z%%' order by 1",
            "invoices": "select document_id from raw_invoices.invoices where number like 'Z-%%' order by 1",
        }[feed]
        loaded = kitchen.read(there)
        assert len(loaded) == {"catalogs": 2, "invoices": 1}[feed]

        place = drop_place(tmp_path / feed, is_deep=True)
        assert [file.name for file in FEEDS[feed].new_files(url, place)] == [name]
        (again,) = FEEDS[feed].import_dropped(place, url)
        assert again.figures is not None
        new = [value for key, value in again.figures.items() if key.endswith(("s_loaded", "newly_quarantined"))]
        assert set(new) == {0}
        assert kitchen.read(there) == loaded
        assert len(list_rows(url, Filter(file=name))) == 1
        assert [each.is_known for each in FEEDS[feed].import_dropped(place, url)] == [True]


class TestBucket:
    def test_suppliers_are_folders_under_the_prefix(
        self, kitchen: Kitchen, tmp_path: Path, bucket: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SUPPLIER_CATALOG_DROP_PATH", "s3://dropped/lists")
        monkeypatch.setenv("INVOICE_DROP_PATH", "s3://dropped/bills")
        bucket.put_object(Bucket="dropped", Key="lists/MILL/b.csv", Body=b"sku;price\nB1;1,20\n")
        mapping = b"file: {delimiter: ';'}\nformats: {decimal_comma: true}"
        bucket.put_object(Bucket="dropped", Key="lists/MILL/default.mapping.yaml", Body=mapping)
        bucket.put_object(Bucket="dropped", Key="bills/MILL/2026/b.xml", Body=invoice().replace("R-1", "B-1").encode())
        bucket.put_object(Bucket="dropped", Key="elsewhere/MILL/b.csv", Body=b"x")
        url = kitchen.pipeline_url
        assert [file.name for file in DROPPED_PRICE_LISTS.new_files(url)] == ["MILL/b.csv"]
        assert [file.name for file in DROPPED_INVOICES.new_files(url)] == ["MILL/2026/b.xml"]
        for feed in FEEDS.values():
            (first,) = feed.import_dropped(feed.address(), url)
            assert first.error is None
            assert [each.is_known for each in feed.import_dropped(feed.address(), url)] == [True]
            assert feed.new_files(url) == []
        assert prices(kitchen, "B1") == [("B1", Decimal("1.2"))]
