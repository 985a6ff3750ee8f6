"""Labels that carry a weight, a price or a count inside an EAN-13: which digits say what.

A pattern spells the thirteen digits: literals, and fields in braces as long as their letters. `2{iiiii}{c}{wwwww}{k}`
is the prefix 2, five digits for the item, the value's own check digit, five digits of weight, the EAN's check digit.

| field | letters | |
|---|---|---|
| item | `i` | which product; together with the literals it is the code that the catalogue keeps |
| value | `w` weight, `p` price, `q` quantity | exactly one |
| value check | `c` | one digit, GS1's own for four or five digits of value |
| ignored | `x` | says nothing here |
| check | `k` | one digit, the last |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from api.domain.gtin import check_digit, normalise_gtin

LENGTH = 13
FIELDS = re.compile(r"([0-9])|\{([a-z])\2*\}")
PREFIXES = ("2", "02", "04")
"""GS1 prefixes for circulation within a company; only these may be given a meaning of one's own."""
MEASURES = {"w": "weight", "p": "price", "q": "quantity"}
VALUE_CHECK_LENGTHS = (4, 5)


class BadPattern(ValueError):
    """The pattern cannot be read; the message says why and what it may be."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A label read by a pattern: `base` is its code without the value, `check` the value's own check digit."""

    base: str
    value: str
    check: str | None


@dataclass(frozen=True, slots=True)
class LabelPattern:
    """A pattern, place by place: a digit stands for itself, a letter for its field."""

    places: str

    @classmethod
    def of(cls, text: str) -> LabelPattern:
        """Read a pattern.

        Raises:
            BadPattern: it does not spell an EAN-13 for circulation within a company, with an item and one value.
        """
        return _parse(text)

    @property
    def measures(self) -> str:
        """What its value says: weight, price or quantity."""
        return next(MEASURES[place] for place in self.places if place in MEASURES)

    @property
    def literals(self) -> int:
        """How many digits it fixes: of two patterns that fit, the narrower one is meant."""
        return sum(place.isdigit() for place in self.places)

    def read(self, ean13: str) -> Reading | None:
        """What the label says; None where the digits are not of this pattern."""
        pairs = list(zip(self.places, ean13, strict=True))
        if any(place.isdigit() and place != digit for place, digit in pairs):
            return None
        value = "".join(digit for place, digit in pairs if place in MEASURES)
        check = next((digit for place, digit in pairs if place == "c"), None)
        body = "".join(digit if place.isdigit() or place == "i" else "0" for place, digit in pairs[:-1])
        return Reading(normalise_gtin(body + str(check_digit(body))), value, check)


@lru_cache(maxsize=512)
def _parse(text: str) -> LabelPattern:
    if FIELDS.sub("", text):
        raise BadPattern("A pattern is digits and fields such as {iiiii}, {wwwww}, {c} and {k}.")
    places = "".join(match[1] or match[0][1:-1] for match in FIELDS.finditer(text))
    runs = [letter for letter, _ in groupby(places) if letter.isalpha()]
    unknown = set(runs) - {"i", "c", "x", "k", *MEASURES}
    if unknown:
        raise BadPattern(f"There is no field {{{min(unknown)}}}: use i, w, p, q, c, x or k.")
    if len(places) != LENGTH or not places.startswith(PREFIXES):
        raise BadPattern("A pattern spells 13 digits and begins with 2, 02 or 04.")
    if not places.endswith("k") or places.count("k") != 1:
        raise BadPattern("The last place, and only it, is the check digit {k}.")
    if "i" not in runs or sum(runs.count(letter) for letter in MEASURES) != 1:
        raise BadPattern("A pattern has an item {i…} and one value: {w…}, {p…} or {q…}.")
    lengths = {letter: places.count(letter) for letter in places}
    digits = max(lengths.get(letter, 0) for letter in MEASURES)
    if "c" in lengths and (lengths["c"] != 1 or digits not in VALUE_CHECK_LENGTHS):
        raise BadPattern("A value check {c} is one digit, and its value has four or five.")
    return LabelPattern(places)
