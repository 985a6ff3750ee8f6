"""A restaurant that the files of a whole test file are loaded for: each test sells in orders of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.ingestion.conftest import Kitchen, make_kitchen


@pytest.fixture(scope="module")
def shop(
    clone_database: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Kitchen]:
    """A kitchen in a database of the test file's own."""
    name = request.module.__name__.rpartition(".")[2]
    with pytest.MonkeyPatch.context() as patch:
        yield make_kitchen(clone_database(name), tmp_path_factory.mktemp("home"), patch)
