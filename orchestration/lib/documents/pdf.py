"""A page as PDF: A4, landscape for wide tables, head and page numbers on every page."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from orchestration.lib.documents.charts import WIDTH
from orchestration.lib.documents.pages import Column, Page

MOST_ROWS = 250
MOST_COLUMNS = 9
NARROW_COLUMNS = 7
FONT, BOLD = "StockpotSans", "StockpotSans-Bold"
INK, LINE, LEAF, BEET, QUIET, SHADE = "#14211b", "#d9d6cc", "#1f6f43", "#a31f34", "#55605a", "#fbfaf6"
MARGIN = 40
LONGEST_CELL = 60
DRAWN = str.maketrans({"▲": "!", "✓": ""})
"""What Vera has no sign for."""


def write_pdf(page: Page, path: Path) -> None:
    """Write the page; equal pages give equal bytes."""
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.platypus import SimpleDocTemplate

    _register_fonts()
    columns = page.columns[:MOST_COLUMNS]
    size = landscape(A4) if len(columns) > NARROW_COLUMNS else A4
    document = SimpleDocTemplate(
        str(path), pagesize=size, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN + 8,
        title=page.heading.title, author="Stockpot", invariant=1,
    )  # fmt: skip
    foot = _foot(page)
    document.build(_story(page, columns, size[0] - 2 * MARGIN), onFirstPage=foot, onLaterPages=foot)


def _register_fonts() -> None:
    """Vera comes with ReportLab: a PDF's own fonts know little beyond western Europe."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(FONT, "Vera.ttf"))
        pdfmetrics.registerFont(TTFont(BOLD, "VeraBd.ttf"))


def _story(page: Page, columns: Any, width: float) -> list[Any]:
    from reportlab.platypus import Spacer

    facts = page.heading.facts
    story = [
        _text(f"{page.heading.title} · {facts['Business day']}", 9, color=QUIET),
        _text(page.title, 20, bold=True),
        _text(f"As of {facts['As of']} · {facts['Gates']}", 9, color=QUIET),
        *_stamp(page, width),
        Spacer(1, 10),
        _text(page.answer, 24, bold=True),
    ]
    figures = " · ".join(
        [*([page.change] if page.change else []), *(f"{name} {value}" for name, value in page.figures)]
    )
    story += [_text(figures, 9, color=QUIET), Spacer(1, 12)]
    for plot in page.plots:
        story.append(_picture(plot, width))
    if page.rows:
        story.append(_table(page, columns, width))
    story += [Spacer(1, 8), *(_text(note, 8, color=QUIET) for note in _notes(page, columns))]
    return story


def _stamp(page: Page, width: float) -> list[Any]:
    from reportlab.platypus import Spacer, Table

    if not page.heading.stamp:
        return []
    texts = [[_text(sentence, 9, bold=place == 0, color=BEET)] for place, sentence in enumerate(page.heading.stamp)]
    box = Table(
        texts, colWidths=[width], style=[("BOX", (0, 0), (-1, -1), 1.5, BEET), ("LEFTPADDING", (0, 0), (-1, -1), 10)]
    )
    return [Spacer(1, 8), box]


def _notes(page: Page, columns: Any) -> list[str]:
    notes = []
    if len(page.rows) > MOST_ROWS:
        notes.append(f"The first {MOST_ROWS} of {len(page.rows):,} rows that the HTML report shows.")
    if page.note:
        notes.append(page.note)
    if left := page.columns[len(columns) :]:
        notes.append(f"Columns left out: {', '.join(column.heading for column in left)}.")
    return notes


def _picture(plot: Any, width: float) -> Any:
    from reportlab.lib.utils import ImageReader
    from reportlab.platypus import Image, KeepTogether, Spacer

    content = plot.png()
    pixels_wide, pixels_high = ImageReader(BytesIO(content)).getSize()
    drawn = min(width, WIDTH * 0.72)
    image = Image(BytesIO(content), drawn, drawn * pixels_high / pixels_wide, hAlign="LEFT")
    return KeepTogether([_text(plot.heading, 10, bold=True), Spacer(1, 4), image, Spacer(1, 12)])


def _table(page: Page, columns: Any, width: float) -> Any:
    from reportlab.platypus import LongTable

    shares = _shares(page, columns)
    head = [_text(column.heading, 8, bold=True, right=column.is_number, color="#ffffff") for column in columns]
    body = [_row(row, columns, is_troubled=place in page.troubled) for place, row in enumerate(page.rows[:MOST_ROWS])]
    style = [
        ("BACKGROUND", (0, 0), (-1, 0), LEAF), ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"), ("ROWBACKGROUNDS", (0, 1), (-1, -1), ["#ffffff", SHADE]),
        ("LEFTPADDING", (0, 0), (-1, -1), 5), ("RIGHTPADDING", (0, 0), (-1, -1), 5),
        ("TOPPADDING", (0, 0), (-1, -1), 3), ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]  # fmt: skip
    return LongTable([head, *body], colWidths=[width * share for share in shares], repeatRows=1, style=style)


def _row(row: Any, columns: list[Column], *, is_troubled: bool) -> list[Any]:
    first = BEET if is_troubled else INK
    return [
        _text(_cut(text), 8, right=column.is_number, color=INK if position else first)
        for position, (text, column) in enumerate(zip(row, columns, strict=False))
    ]


def _shares(page: Page, columns: list[Column]) -> list[float]:
    """Each column's share of the width, by its longest text within reason."""
    longest = [
        min(max([len(column.heading), 6, *(len(row[position]) for row in page.rows[:MOST_ROWS])]), 28)
        for position, column in enumerate(columns)
    ]
    return [length / sum(longest) for length in longest]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"


def _text(text: str, size: int, *, bold: bool = False, right: bool = False, color: str = INK) -> Any:
    from reportlab.lib.enums import TA_LEFT, TA_RIGHT
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    style = ParagraphStyle(
        "text", fontName=BOLD if bold else FONT, fontSize=size, leading=size * 1.3, textColor=color,
        alignment=TA_RIGHT if right else TA_LEFT, wordWrap="LTR", splitLongWords=True,
    )  # fmt: skip
    return Paragraph(escape(text.translate(DRAWN)), style)


def _foot(page: Page) -> Any:
    said = f"{page.heading.title} · {page.heading.facts['Business day']} · load {page.heading.facts['Load']}"
    warning = "! Not today's figures: a newer load was stopped by a gate.  " if page.heading.stamp else ""

    def draw(canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont(FONT, 7)
        canvas.setFillColor(BEET if warning else QUIET)
        canvas.drawString(MARGIN, MARGIN - 10, warning + said)
        canvas.drawRightString(document.pagesize[0] - MARGIN, MARGIN - 10, f"Page {canvas.getPageNumber()}")
        canvas.restoreState()

    return draw
