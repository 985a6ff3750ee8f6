"""Numbers that a person sets in the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping

from infra.local.errors import CannotRunError


def whole_number(name: str, default: int, least: int = 0, environment: Mapping[str, str] = os.environ) -> int:
    """The variable `name` as a whole number, `default` where it is not set or empty.

    Raises CannotRunError where it is none, or less than `least`.
    """
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        raise CannotRunError(f"{name} is {text!r}: it wants a whole number from {least}; without it, it is {default}")
    return int(text)


def api_workers() -> int:
    """How many processes serve the API (STOCKPOT_API_WORKERS)."""
    return whole_number("STOCKPOT_API_WORKERS", 1, least=1)
