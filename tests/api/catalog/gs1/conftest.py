"""The published cases of the GS1 syntax engine, where they lie beside the project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[5] / "shared" / "data" / "gs1"


def cases(name: str) -> list[Any]:
    """Every case of a file as a parameter; without the file one that says why it is skipped."""
    path = FOLDER / name
    if not path.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"{name} is not beside the project"))]
    return [pytest.param(case, id=f"{n:03}") for n, case in enumerate(json.loads(path.read_text()))]
