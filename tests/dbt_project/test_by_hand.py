"""The benchmark's floor: the stock marts written by hand say, row for row, what dbt says."""

from __future__ import annotations

import psycopg
import pytest

from infra.bench.pipeline import BY_HAND, HAND_WRITTEN, differences
from tests.dbt_project.warehouse import BuiltHouse

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]


class TestHandWrittenMarts:
    def test_no_row_differs_and_a_wrong_one_would(self, built: BuiltHouse):
        with psycopg.connect(built.url) as connection:
            connection.execute(HAND_WRITTEN.read_bytes())
            assert {mart: differences(connection, mart) for mart in BY_HAND} == dict.fromkeys(BY_HAND, 0)
            connection.execute("update floor.fct_waste set value = value + 0.01")
            assert differences(connection, "fct_waste") > 0
            connection.rollback()
