"""Labels as a PDF: bars and modules drawn as vectors from what `zxing-cpp` encodes, text beside or below them."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import zxingcpp
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from api.catalog.printing.sheets import DoesNotFit, Printed, Sheet

FONT = "Vera"
PADDING = 2.0
TEXT_SIZE = 3.0
LINE = 3.6
LINEAR_MODULES = (0.19, 0.33)
"""Narrowest and widest bar in millimetres: below, thermal printers and cameras lose it; 0.33 is EAN's nominal size."""
MATRIX_MODULES = (0.3, 0.8)
CARRIERS = {
    "ean13": zxingcpp.BarcodeFormat.EAN13,
    "code128": zxingcpp.BarcodeFormat.Code128,
    "qr": zxingcpp.BarcodeFormat.QRCode,
    "datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
}
MATRICES = frozenset({"qr", "datamatrix"})


def draw(sheet: Sheet, labels: Sequence[Printed], *, skip: int = 0) -> bytes:
    """The PDF of these labels in order.

    Raises:
        DoesNotFit: a code is too long for its carrier on this label.
    """
    _register_font()
    held = io.BytesIO()
    canvas = Canvas(held, pagesize=(sheet.page[0] * mm, sheet.page[1] * mm), invariant=1)
    canvas.setTitle("Labels")
    drawn = {label: _modules(label) for label in set(labels)}
    at = 0
    for (page, left, top), label in zip(sheet.places(len(labels), skip), labels, strict=True):
        while at < page:
            canvas.showPage()
            at += 1
        _draw_label(canvas, sheet, label, drawn[label], left, top)
    canvas.save()
    return held.getvalue()


def _draw_label(canvas: Canvas, sheet: Sheet, label: Printed, rows: list[bytes], left: float, top: float) -> None:
    width, height = sheet.label[0] - 2 * PADDING, sheet.label[1] - 2 * PADDING
    x, y = left + PADDING, top + PADDING
    canvas.setFont(FONT, TEXT_SIZE * mm)
    if label.carrier in MATRICES:
        size = _module(min(width / 2, height) / len(rows), MATRIX_MODULES)
        side = size * len(rows)
        _bars(canvas, sheet, rows, x, y + (height - side) / 2, size, size)
        _write(canvas, sheet, label.lines, x + side + PADDING, y, width - side - PADDING)
        return
    size = _module(width / len(rows[0]), LINEAR_MODULES)
    across = size * len(rows[0])
    below = label.lines[1:]
    bars = height - LINE * (1 + len(below)) - 1
    _write(canvas, sheet, label.lines[:1], x, y, width)
    _bars(canvas, sheet, rows[:1], x + (width - across) / 2, y + LINE + 0.5, size, bars)
    _write(canvas, sheet, below, x, y + LINE + bars + 1, width)


def _bars(canvas: Canvas, sheet: Sheet, rows: list[bytes], x: float, y: float, width: float, height: float) -> None:
    """Each run of dark modules as one rectangle."""
    for place, row in enumerate(rows):
        for start, length in _runs(row):
            lower = sheet.page[1] - y - (place + 1) * height
            canvas.rect((x + start * width) * mm, lower * mm, length * width * mm, height * mm, stroke=0, fill=1)


def _runs(row: bytes) -> Iterator[tuple[int, int]]:
    start = 0
    for shade, run in groupby(row):
        length = len(list(run))
        if shade == 0:
            yield start, length
        start += length


def _write(canvas: Canvas, sheet: Sheet, lines: Sequence[str], x: float, y: float, width: float) -> None:
    for place, line in enumerate(lines):
        text = _printable(line)
        while text and pdfmetrics.stringWidth(text, FONT, TEXT_SIZE * mm) > width * mm:
            text = text[:-2].rstrip() + "…" if len(text) > 2 else ""
        canvas.drawString(x * mm, (sheet.page[1] - y - place * LINE - TEXT_SIZE * 0.9) * mm, text)


def _module(available: float, limits: tuple[float, float]) -> float:
    smallest, largest = limits
    if available < smallest:
        raise DoesNotFit
    return min(available, largest)


def _modules(label: Printed) -> list[bytes]:
    """The rows of the code, quiet zones with it; 0 is dark. All rows of a linear code are alike."""
    encoded = zxingcpp.create_barcode(label.content, CARRIERS[label.carrier], gs1=label.is_gs1)
    seen: Any = memoryview(encoded.to_image(scale=1))  # type: ignore[arg-type]  # a buffer, as its stubs do not say
    height, width = seen.shape
    whole: bytes = seen.tobytes()
    return [whole[row * width : (row + 1) * width] for row in range(height)]


def _register_font() -> Any:
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(FONT, "Vera.ttf"))


def _printable(text: str) -> str:
    """The text in the letters that the font has: ł and ő lose their strokes, what has no such letter is a `?`."""
    known = pdfmetrics.getFont(FONT).face.charToGlyph
    folded = (letter if ord(letter) in known else unicodedata.normalize("NFKD", letter)[:1] for letter in text)
    return "".join(letter if ord(letter) in known else "?" for letter in folded)
