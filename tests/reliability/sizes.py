"""How much is tried: little in `make test`, everything the safety list asks for in `make soak`."""

from __future__ import annotations

import os

IS_SOAK = bool(os.environ.get("STOCKPOT_SOAK_MINUTES"))


def size(short: int, full: int) -> int:
    """The short size, or under `make soak` the full one."""
    return full if IS_SOAK else short
