"""Reports as HTML and PDF: the answer first, the gates' word in the head, and no text that runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import psycopg
import pypdfium2
import pytest

from orchestration.lib.documents.presentations import KNOWN
from orchestration.lib.documents.wording import Label, cell, heading, money
from orchestration.lib.exporting import export_report
from orchestration.lib.object_store import FolderStore
from orchestration.lib.publishing import publish
from orchestration.lib.verifying import verify_path
from tests.orchestration.conftest import RESULTS, execute, report

DAY = date(2026, 11, 21)
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    '"><svg onload=alert(3)>',
    "</style><script>alert(4)</script>",
    "{{ 7 * 7 }}",
    "&lt;b&gt;",
)
STOCK = """
create schema marts_build;
create table marts_build.dim_product (product_id uuid, name text, load_id text);
create table marts_build.fct_stock_on_hand_daily (business_day date, product_id uuid, unit text, on_hand numeric(18, 6),
    value numeric(18, 6), currency text, is_below_reorder boolean, load_id text);
create table marts_build.fct_supplier_performance (period date, supplier_id uuid, lines_due integer, lines_otif integer,
    otif_rate numeric(9, 6), load_id text);
insert into marts_build.fct_supplier_performance values ('2026-11-01', '00000000-0000-0000-0000-00000000000a', 30, 29,
    0.966667, 'load'), ('2026-11-01', '00000000-0000-0000-0000-00000000000b', 10, 1, 0.1, 'load');
"""


@pytest.fixture(scope="module")
def stock(clone_database: Any) -> str:
    """Two days of stock of six products whose names are attacks: n kg worth $10.50 × n, one dollar less the day before."""
    url: str = clone_database("report_documents").pipeline_url
    with psycopg.connect(url) as session:
        session.execute(STOCK)
        session.execute(RESULTS)
        for number, name in enumerate(HOSTILE, 1):
            product = f"00000000-0000-0000-0000-{number:012d}"
            session.execute("insert into marts_build.dim_product values (%s, %s, 'load')", [product, name])
            for day, less in (("2026-11-20", 1), ("2026-11-21", 0)):
                session.execute(
                    "insert into marts_build.fct_stock_on_hand_daily values (%s, %s, 'kg', %s, %s, 'USD', %s, 'load')",
                    [day, product, number, number * 10.5 - less, number == 1],
                )
    publish(url, "load")
    return url


def document(url: str, folder: Path, **changes: Any) -> Path:
    """The exported file, which verifies."""
    definition = report("stock_on_hand", "fct_stock_on_hand_daily", name="Stock on hand") | changes
    done = export_report(definition, DAY, run_id="run", warehouse_url=url, store=FolderStore(folder))
    assert [each.differences for each in verify_path(folder)] == [[]]
    assert done.object_key is not None
    return folder / done.object_key


class Elements(HTMLParser):
    """Every element with its attributes, and the texts between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def texts_of(path: Path) -> str:
    """All text of a PDF."""
    pdf = pypdfium2.PdfDocument(str(path))
    text = "\n".join(page.get_textpage().get_text_bounded() for page in pdf)
    pdf.close()
    return text


@pytest.mark.pipeline
class TestHtml:
    @pytest.fixture(scope="class")
    def page(self, stock: str, tmp_path_factory: pytest.TempPathFactory) -> str:
        return document(stock, tmp_path_factory.mktemp("html"), format="html").read_text()

    def test_the_answer_is_one_number_with_its_change(self, page: str) -> None:
        """(1 + … + 6) × 10.50 = 220.50; the day before each of six products was worth a dollar less."""
        texts = Elements(page).texts
        assert "What is on the shelf?" in texts
        assert "$220.50" in texts
        assert "$6.00 more than on Friday 20 November" in texts
        assert "▲ reorder" in texts

    def test_hostile_texts_are_shown_and_never_run(self, page: str) -> None:
        elements = Elements(page)
        assert {tag for tag, _ in elements.found} <= {
            "html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer", "p", "h1", "h2",
            "ul", "li", "div", "span", "dl", "dt", "dd", "img", "table", "thead", "tbody", "tr", "th", "td",
        }  # fmt: skip
        assert not [name for _, attributes in elements.found for name in attributes if name.startswith("on")]
        sources = [attributes["src"] or "" for tag, attributes in elements.found if tag == "img"]
        assert len(sources) == 2
        assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
        for name in HOSTILE:
            assert name in elements.texts, name

    def test_it_asks_nobody_for_anything(self, page: str) -> None:
        assert "default-src 'none'" in page
        assert not [attributes for _, attributes in Elements(page).found if "href" in attributes]
        assert "@import" not in page
        assert "url(" not in page

    def test_a_rate_is_the_sum_over_the_sum(self, stock: str, tmp_path: Path) -> None:
        """30 of 40 lines came on time and in full: 75 %, not the mean of 96.7 % and 10 %."""
        file = document(stock, tmp_path, code="supplier_performance", mart="fct_supplier_performance", format="html")
        assert "75.0 %" in Elements(file.read_text()).texts

    def test_no_rows_are_said(self, stock: str, tmp_path: Path) -> None:
        file = document(stock, tmp_path, format="html", filters={"unit": "l"})
        assert "No rows of this day." in Elements(file.read_text()).texts


@pytest.mark.pipeline
class TestPdf:
    def test_it_says_the_same_and_equal_rows_give_equal_bytes(self, stock: str, tmp_path: Path) -> None:
        first = document(stock, tmp_path / "a", format="pdf")
        text = texts_of(first)
        for said in ("What is on the shelf?", "$220.50", "$6.00 more than on Friday 20 November", *HOSTILE):
            assert said in " ".join(text.split()), said
        assert first.read_bytes() == document(stock, tmp_path / "b", format="pdf").read_bytes()


@pytest.mark.pipeline
class TestStamp:
    @pytest.fixture
    def stopped(self, stock: str) -> Iterator[str]:
        execute(
            stock,
            "insert into raw_quality.results values ('newer', 'sales_gate', 'raw_pos.order_lines',"
            " '<b>quantity</b> above 0', 'block', false, null, 2, '[-1, -2]', 'A till sent returns as sales.')",
        )
        yield stock
        execute(stock, "delete from raw_quality.results")

    @pytest.mark.parametrize("kind", ["html", "pdf"])
    def test_the_head_says_which_store_and_why(self, stopped: str, tmp_path: Path, kind: str) -> None:
        file = document(stopped, tmp_path, format=kind)
        text = texts_of(file) if kind == "pdf" else "\n".join(Elements(file.read_text()).texts)
        assert "A newer load was stopped by a gate; these figures are those of" in " ".join(text.split())
        assert "raw_pos.order_lines: <b>quantity</b> above 0 found 2" in " ".join(text.split())


class TestWording:
    def test_values_have_their_unit_and_no_more_digits_than_matter(self) -> None:
        from decimal import Decimal

        assert money(Decimal("-1234.505"), "EUR") == "−€1,234.50"
        assert money(Decimal(3), "CHF") == "CHF 3.00"
        assert Label("quantity", "kg")(Decimal("1200.500000")) == "1,200.5 kg"
        assert Label("rate", "")(Decimal("0.9234")) == "92.3 %"
        assert cell("otif_rate", Decimal("0.5")) == "50.0 %"
        assert cell("on_hand", Decimal("-1.250000")) == "−1.25"
        assert (heading("is_below_reorder"), heading("otif_rate")) == ("Below reorder", "OTIF rate")

    def test_every_presented_mart_is_one(self) -> None:
        models = Path(__file__).parents[2] / "dbt_project" / "models" / "marts"
        assert {name for name in KNOWN if name.startswith("fct_")} <= {path.stem for path in models.rglob("*.sql")}
