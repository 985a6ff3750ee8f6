"""What is wrong with a document: a code that programs know, where it stands, and a sentence.

Refusal   the document, or its whole envelope, cannot be taken
Finding   it can be read, and this is what does not add up (a difference) or is worth knowing (a note)
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """The line in the file, and the path in the document: `ST[1]/IT1[2]/IT104`, `Invoice/InvoiceLine[2]/Price`."""

    line: int
    path: str


@dataclass(frozen=True)
class Finding:
    """A rule that does not hold; a difference keeps the document out, a note does not."""

    code: str
    place: Place
    message: str
    is_difference: bool = True

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Refused(Exception):
    """A document that cannot be taken; the message is one sentence, `code` names the reason."""

    def __init__(self, code: str, place: Place, message: str) -> None:
        super().__init__(f"{code}: {message} (line {place.line}, {place.path})")
        self.code, self.place, self.message = code, place, message


@dataclass(frozen=True)
class Refusal:
    """A refused document among others of the same file; `number` where it can be told."""

    code: str
    place: Place
    message: str
    number: str = ""

    @classmethod
    def of(cls, error: Refused) -> Refusal:
        """The refusal that an error stands for."""
        return cls(error.code, error.place, error.message)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
