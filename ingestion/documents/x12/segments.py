"""X12 text as segments: separators come from each interchange's own ISA, the text is read as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from ingestion.documents.problems import Finding, Place, Refused

ISA_ELEMENTS = 16
ISA_LENGTH = 106  # fixed: every element of ISA has its width
LONGEST_ISA = 400
LONGEST_SEGMENT = 20_000
BLOCK = 1 << 16
BLANKS = " \t\r\n\v\f\u00a0\ufeff"


@dataclass(frozen=True)
class Separators:
    """What parts elements, the components of an element, and segments."""

    element: str
    component: str
    segment: str


@dataclass(frozen=True)
class Segment:
    """A segment: its name, its elements (the first is number 1), and the line of the file where it begins."""

    name: str
    elements: tuple[str, ...]
    line: int

    def __getitem__(self, number: int) -> str:
        """The element of that number, empty where the segment ends before it."""
        return self.elements[number - 1] if number <= len(self.elements) else ""

    def pairs(self, first: int) -> Iterator[tuple[str, str]]:
        """Qualifier and value from an element on: IT1 and its kind name an item so."""
        for number in range(first, len(self.elements), 2):
            if self[number] and self[number + 1]:
                yield self[number], self[number + 1]


class SegmentReader:
    """The segments of one file, in order; `notes` gather what is irregular and still read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[Finding] = []

    def __iter__(self) -> Iterator[Segment]:
        with self.path.open(encoding=_encoding(self.path), newline="") as stream:
            source = _Source(stream)
            separators = None
            while source.has_more():
                if source.startswith("ISA"):
                    isa, separators = self._header(source)
                    yield isa
                elif separators is None:
                    raise Refused("NOT_X12", Place(source.line, "/"), "the file does not begin with an ISA segment")
                else:
                    yield _segment(source, separators)

    def _header(self, source: _Source) -> tuple[Segment, Separators]:
        """ISA by counting elements, not columns: its separators are right even where blanks were lost on the way."""
        line, text = source.line, source.peek(LONGEST_ISA)
        element = text[3:4]
        parts = text.split(element, ISA_ELEMENTS) if element.strip() else []
        if len(parts) <= ISA_ELEMENTS or len(parts[-1]) < 2:
            raise Refused("ISA", Place(line, "ISA"), f"ISA has not the {ISA_ELEMENTS} elements that it must have")
        component, terminator = parts[-1][0], parts[-1][1]
        length = len(text) - len(parts[-1]) + 2
        if len({element, component, terminator}) < 3 or any(
            each.isalnum() for each in (element, component, terminator)
        ):
            raise Refused("ISA", Place(line, "ISA"), "ISA's separators are not three different signs")
        if length != ISA_LENGTH:
            message = f"ISA is {length} characters long instead of {ISA_LENGTH}"
            self.notes.append(Finding("ISA_LENGTH", Place(line, "ISA"), message, is_difference=False))
        source.skip(length)
        elements = tuple(part.strip(BLANKS) for part in parts[1:-1])
        return Segment("ISA", (*elements, component), line), Separators(element, component, terminator)


class _Source:
    """A text stream with a line count; blanks between segments are no part of them."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._text = ""
        self._position = 0
        self.line = 1

    def has_more(self) -> bool:
        """Whether anything but blanks is left; skips the blanks."""
        while True:
            while self._position < len(self._text) and self._text[self._position] in BLANKS:
                self.line += self._text[self._position] == "\n"
                self._position += 1
            if self._position < len(self._text):
                return True
            if not self._fill():
                return False

    def startswith(self, text: str) -> bool:
        """Whether the next characters are these."""
        return self.peek(len(text)) == text

    def peek(self, count: int) -> str:
        """The next characters, fewer at the end."""
        while len(self._text) - self._position < count and self._fill():
            pass
        return self._text[self._position : self._position + count]

    def skip(self, count: int) -> None:
        """Go on by so many characters."""
        self.line += self._text.count("\n", self._position, self._position + count)
        self._position += count

    def until(self, terminator: str) -> str:
        """The text up to the terminator, which is passed; the end of the file ends the last segment too."""
        searched = self._position
        while (end := self._text.find(terminator, searched)) < 0:
            pending = len(self._text) - self._position
            if pending > LONGEST_SEGMENT:
                message = f"no segment end within {LONGEST_SEGMENT:,} characters"
                raise Refused("SEGMENT_TOO_LONG", Place(self.line, "/"), message)
            if not self._fill():
                end = len(self._text)
                break
            searched = self._position + pending
        text = self._text[self._position : end]
        self.skip(len(text) + 1)
        return text

    def _fill(self) -> bool:
        block = self._stream.read(BLOCK)
        self._text = self._text[self._position :] + block
        self._position = 0
        return bool(block)


def _segment(source: _Source, separators: Separators) -> Segment:
    line = source.line
    name, *elements = source.until(separators.segment).split(separators.element)
    trailing = BLANKS + separators.component
    return Segment(name.strip(trailing), tuple(each.rstrip(trailing) for each in elements), line)


def _encoding(path: Path) -> str:
    """UTF-8 where the whole file is, else Windows' Western text; read once as a stream to know."""
    try:
        with path.open(encoding="utf-8-sig") as stream:
            while stream.read(BLOCK):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"
