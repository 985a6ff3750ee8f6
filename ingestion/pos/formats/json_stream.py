"""The elements of a list in a JSON file, one at a time, however long the list is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

BLOCK = 1 << 16
LONGEST_ELEMENT = 16 << 20
BLANKS = " \t\r\n"


def elements(stream: IO[str], decoder: json.JSONDecoder, path: str | None = None) -> Iterator[Any]:
    """The elements of the file's list, or of the list at `path` (`data.orders`); ValueError says what is wrong."""
    window = _Window(stream, decoder)
    for name in path.split(".") if path else []:
        window.enter(name)
    window.expect("[")
    if window.peek() == "]":
        return
    while True:
        yield window.value()
        mark = window.take()
        if mark == "]":
            return
        if mark != ",":
            raise ValueError(f"after an element there is {mark!r} where a comma or the list's end belongs")


class _Window:
    """The part of the text that is being read."""

    def __init__(self, stream: IO[str], decoder: json.JSONDecoder) -> None:
        self._stream, self._decoder = stream, decoder
        self._text, self._at = "", 0

    def peek(self) -> str:
        """The next character that is no blank, empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in BLANKS:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self) -> str:
        """The same, and go on behind it."""
        mark = self.peek()
        self._at += 1
        return mark

    def expect(self, mark: str) -> None:
        found = self.take()
        if found != mark:
            raise ValueError(f"there is {found or 'the end'!r} where {mark!r} begins the records")

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if not self._more():
                    raise
                continue
            if end == len(self._text) and self._more():
                continue  # a number may go on in the next block
            self._at = end
            return value

    def enter(self, name: str) -> None:
        """Go on to the value of the member `name` of the object that begins here."""
        self.expect("{")
        while True:
            key = self.value() if self.peek() == '"' else None
            self.expect(":")
            if key == name:
                return
            self.value()
            if self.take() != ",":
                raise ValueError(f"there is no member {name!r}")

    def _more(self) -> bool:
        """Read a block further; what was read before the present place is forgotten."""
        block = self._stream.read(max(BLOCK, len(self._text) - self._at))
        self._text, self._at = self._text[self._at :] + block, 0
        if len(self._text) > LONGEST_ELEMENT:
            raise ValueError(f"one element is longer than {LONGEST_ELEMENT >> 20} MB")
        return bool(block)
