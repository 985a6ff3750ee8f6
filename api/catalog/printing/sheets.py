"""The labels, and the sheets and rolls that they are printed on; lengths in millimetres, counted from the top left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


class DoesNotFit(ValueError):
    """The code is too long for this carrier on this label."""


@dataclass(frozen=True, slots=True)
class Printed:
    """One label: what is encoded, and the lines that people read, the name first."""

    carrier: str
    content: str
    is_gs1: bool
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page and the labels on it; on a roll a page is one label."""

    name: str
    page: tuple[float, float]
    label: tuple[float, float]
    columns: int = 1
    rows: int = 1
    margin: tuple[float, float] = (0, 0)
    gap: tuple[float, float] = (0, 0)

    @property
    def labels(self) -> int:
        """How many a page holds."""
        return self.columns * self.rows

    def places(self, count: int, skip: int) -> Iterator[tuple[int, float, float]]:
        """Page, left and top of `count` labels, row by row, after `skip` that are used up on the first page."""
        for place in range(skip, skip + count):
            page, here = divmod(place, self.labels)
            row, column = divmod(here, self.columns)
            left = self.margin[0] + column * (self.label[0] + self.gap[0])
            yield page, left, self.margin[1] + row * (self.label[1] + self.gap[1])


A4: Final = (210.0, 297.0)
LETTER: Final = (215.9, 279.4)
SHEETS: Final = {
    sheet.name: sheet
    for sheet in (
        Sheet("a4_3x8", A4, (70, 37), 3, 8, (0, 0.5)),
        Sheet("a4_3x7", A4, (63.5, 38.1), 3, 7, (7.2, 15.15), (2.5, 0)),
        Sheet("letter_3x10", LETTER, (66.675, 25.4), 3, 10, (4.7625, 12.7), (3.175, 0)),
        Sheet("roll_62", (62, 29), (62, 29)),
    )
}
