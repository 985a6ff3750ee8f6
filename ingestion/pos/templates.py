"""Templates of a mapping: a column's name, or text with columns in braces, filled without any of format's powers."""

from __future__ import annotations

import string
from collections.abc import Callable
from functools import lru_cache


@lru_cache(maxsize=256)
def parts_of(specification: str) -> tuple[tuple[str, str | None], ...]:
    """Text and the column that follows it, in turn; ValueError where braces say anything but a column's name."""
    if "{" not in specification:
        return (("", specification),)
    parts = []
    for text, name, form, conversion in string.Formatter().parse(specification):
        if name == "" or form or conversion:
            raise ValueError(f"{specification!r}: braces hold the name of a column and nothing else")
        parts.append((text, name))
    return tuple(parts)


def names_in(specification: str) -> tuple[str, ...]:
    """The columns that one entry of the mapping reads: `"{name}_{size}"` reads `name` and `size`."""
    return tuple(name for _, name in parts_of(specification) if name is not None)


def fill(specification: str, text_of: Callable[[str], str]) -> str:
    """The template with each column's text in its place."""
    return "".join(text + (text_of(name) if name is not None else "") for text, name in parts_of(specification))
