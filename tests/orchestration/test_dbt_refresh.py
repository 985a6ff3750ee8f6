"""When the marts are built whole: once at first, and when what old rows were computed from has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestration.lib.dbt import PROJECT
from orchestration.lib.dbt_refresh import begin_build, full_refresh_reason, models_digest, remember_basis
from tests.orchestration.conftest import execute

pytestmark = pytest.mark.pipeline

RAW = """
create schema raw_operational;
create table raw_operational.locations (id text, time_zone text, day_cutoff time);
create table raw_operational.products (id text, category text, stock_unit text);
create table raw_operational.inventory_items (id text, product_id text, location_id text, area_id text);
insert into raw_operational.locations values ('harbour', 'Europe/Berlin', '04:00');
insert into raw_operational.products values ('flour', 'Dry goods', 'g');
insert into raw_operational.inventory_items values ('item', 'flour', 'harbour', null)
"""


@pytest.fixture
def url(fresh_database: Any) -> str:
    """A warehouse whose basis has been kept once."""
    address: str = fresh_database.pipeline_url
    assert full_refresh_reason(address, PROJECT) == "nothing has been built yet"
    execute(address, RAW)
    remember_basis(address, PROJECT)
    return address


class TestFullRefreshReason:
    def test_only_a_change_of_what_was_there_asks_for_it(self, url: str, tmp_path: Path) -> None:
        assert full_refresh_reason(url, PROJECT) is None

        execute(url, "insert into raw_operational.products values ('salt', 'Dry goods', 'g')")
        assert full_refresh_reason(url, PROJECT) is None

        execute(url, "update raw_operational.locations set day_cutoff = '05:00'")
        assert full_refresh_reason(url, PROJECT) == "location harbour is not what the last build went by"

        remember_basis(url, PROJECT)
        assert full_refresh_reason(url, PROJECT) is None

        execute(url, "update raw_operational.inventory_items set area_id = 'cellar'")
        assert full_refresh_reason(url, PROJECT) == "item item is not what the last build went by"

    def test_a_build_that_did_not_end_well_does_until_one_has(self, url: str) -> None:
        begin_build(url)
        assert full_refresh_reason(url, PROJECT) == "the last build did not end well"
        begin_build(url)
        remember_basis(url, PROJECT)
        assert full_refresh_reason(url, PROJECT) is None

    def test_other_models_do(self, url: str, tmp_path: Path) -> None:
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / "a.sql").write_text("select 1")
        assert models_digest(tmp_path) != models_digest(PROJECT)
        assert full_refresh_reason(url, tmp_path) == "models is not what the last build went by"
