"""XML as a small tree with line numbers, read by expat with limits that hold while it is read.

A document type is refused at its first word: entities begin there, so none is ever expanded, and nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from ingestion.documents.problems import Place, Refused

MAX_BYTES = 32 * 1024 * 1024
MAX_ELEMENTS = 250_000
MAX_DEPTH = 40
MAX_TEXT = 1_000_000
BLOCK = 1 << 16
BULKY = "EmbeddedDocumentBinaryObject"  # a picture or a PDF in base64, which no figure needs


@dataclass(slots=True)
class Node:
    """An element: local name, namespace, attributes, text and children, and where it stands."""

    name: str
    namespace: str
    place: Place
    attributes: dict[str, str]
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, path: str) -> Iterator[Node]:
        """The elements at a path of local names, `Price/BaseQuantity`."""
        first, _, rest = path.partition("/")
        for child in self.children:
            if child.name == first:
                if rest:
                    yield from child.all(rest)
                else:
                    yield child

    def find(self, path: str) -> Node | None:
        """The first element at a path, or None."""
        return next(self.all(path), None)

    def value(self, path: str) -> str:
        """The text of the first element at a path, without surrounding blanks; empty where there is none."""
        found = self.find(path)
        return found.text.strip() if found else ""


def read_tree(stream: BinaryIO) -> Node:
    """Parse a document; Refused names what is not XML, not allowed, or larger than a document is."""
    builder = _Builder()
    size = 0
    try:
        while block := stream.read(BLOCK):
            size += len(block)
            if size > MAX_BYTES:
                raise builder.refused("TOO_LARGE", f"the document is larger than {MAX_BYTES:,} bytes")
            builder.parser.Parse(block, False)
        builder.parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise builder.refused("NOT_WELL_FORMED", f"this is no well-formed XML: {error}") from error
    assert builder.root is not None
    return builder.root


class _Builder:
    """Expat's handlers, which count."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator="\n")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.root: Node | None = None
        self._open: list[Node] = []
        self._seen: list[dict[str, int]] = [{}]
        self._pieces: list[str] = []
        self._elements = self._characters = 0

    def refused(self, code: str, message: str) -> Refused:
        """A refusal at the place where the parser stands."""
        path = self._open[-1].place.path if self._open else "/"
        return Refused(code, Place(max(1, self.parser.CurrentLineNumber), path), message)

    def _doctype(self, *_: object) -> None:
        raise self.refused("DOCTYPE", "the document declares a document type, which business documents never need")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise self.refused("TOO_LARGE", f"more than {MAX_ELEMENTS:,} elements, or more than {MAX_DEPTH} deep")
        namespace, _, local = name.rpartition("\n")
        node = Node(local, namespace, self._place(local), attributes)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)
        self._seen.append({})
        self._pieces, self._characters = [], 0

    def _place(self, local: str) -> Place:
        seen = self._seen[-1]
        seen[local] = seen.get(local, 0) + 1
        path = f"{self._open[-1].place.path}/{local}[{seen[local]}]" if self._open else local
        return Place(self.parser.CurrentLineNumber, path)

    def _data(self, text: str) -> None:
        if self._open and self._open[-1].name == BULKY:
            return
        self._characters += len(text)
        if self._characters > MAX_TEXT:
            raise self.refused("TOO_LARGE", f"a text of more than {MAX_TEXT:,} characters")
        self._pieces.append(text)

    def _end(self, _: str) -> None:
        node = self._open.pop()
        self._seen.pop()
        node.text = "" if node.children else "".join(self._pieces)
        self._pieces = []
