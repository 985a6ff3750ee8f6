"""A real takeaway's export: every line accounted for, nothing lost, nothing twice."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.pos.cli import import_file
from tests.ingestion.conftest import Kitchen

ROOT = Path(__file__).parents[3]
FILE = ROOT.parent / "shared" / "data" / "takeaway-orders" / "restaurant-1-orders.csv"
MAPPING = ROOT / "ingestion" / "pos" / "mappings" / "takeaway.mapping.yaml"

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.skipif(not FILE.exists(), reason="the takeaway's export is not beside the project (../shared/data)"),
]


class TestImport:
    def test_every_line_is_accounted_for_and_a_second_import_adds_nothing(self, kitchen: Kitchen) -> None:
        seen: list[int] = []
        first = import_file(FILE, "RIV", MAPPING, kitchen.pipeline_url, progress=seen.append)
        assert seen[-1] == first["lines_read"] == 59_144
        assert first["lines_loaded"] + first["lines_quarantined"] == 59_144
        assert (first["orders"], first["units_in_file"], first["total_in_file"]) == (10_533, "73591", "353847.40")
        assert (first["exact_duplicate_lines"], first["orders_with_wrong_line_count"]) == (73, 185)
        loaded = "select count(*), sum(quantity), sum(line_total), count(*) filter (where occurrence > 1) from raw_pos.order_lines"
        once = kitchen.read(loaded)
        assert once == [(59_144, Decimal(73_591), Decimal("353847.40"), 73)]

        again = import_file(FILE, "RIV", MAPPING, kitchen.pipeline_url)
        assert (again["lines_loaded"], again["lines_already_known"]) == (0, 59_144)
        assert (again["orders"], again["total_in_file"]) == (10_533, "353847.40")
        assert kitchen.read(loaded) == once
