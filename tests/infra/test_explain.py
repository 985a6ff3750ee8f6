"""`stockpot explain`: from a row of a mart to its movements on the command line."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.cli.main import run
from orchestration.lib.loads import LoadFacts
from orchestration.lib.publishing import publish
from tests.api.reports.test_explanations import LEGS, MART, MODELS, QUANTITIES
from tests.conftest import environment_for

NAMES = """
create table marts_build.dim_location (location_id uuid, code text);
create table marts_build.dim_product (product_id uuid, sku text);
alter table marts_build.fct_stock_on_hand_daily add column product_id uuid;
"""
ITEMS = {"HAR": uuid.uuid4(), "RIV": uuid.uuid4()}
PRODUCT = uuid.uuid4()
TOO_MUCH = "7.25"
"""What the mart shows at RIV, whose movements add up to 6.25."""


@pytest.fixture(scope="module", autouse=True)
def warehouse(clone_database, redis_url: str, key_folder: Path, tmp_path_factory) -> Iterator[None]:
    """One product at two locations, three movements each: 10.5 − 0.25 − 4 = 6.25; the mart is wrong about one."""
    database = clone_database("explain-cli")
    with psycopg.connect(database.pipeline_url) as connection:
        connection.execute(LEGS + NAMES)
        connection.execute("insert into marts_build.dim_product values (%s, 'MOZZ')", [PRODUCT])
        for code, item in ITEMS.items():
            place = uuid.uuid4()
            connection.execute("insert into marts_build.dim_location values (%s, %s)", [place, code])
            for quantity in QUANTITIES:
                connection.execute(
                    "insert into marts_build.fct_stock_movements values (%s, uuidv7(), %s, %s, %s, 'waste', %s, %s, 0, 'USD', "
                    "'2026-11-20 10:00Z', '2026-11-20 10:00Z', '2026-11-20', 'scan', null, null, null, 'l')",
                    (uuid.uuid4().hex, item, PRODUCT, place, quantity, quantity),
                )  # fmt: skip
            shown = "6.25" if code == "HAR" else TOO_MUCH
            connection.execute(
                "insert into marts_build.fct_stock_on_hand_daily values (%s, '2026-11-20', %s, %s, 6.25, 'l', %s)",
                (item, place, shown, PRODUCT),
            )
    publish(database.pipeline_url, "l", LoadFacts(models=MODELS))
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        for name, value in environment_for(database, redis_url, home, key_folder).items():
            patch.setenv(name, value)
        yield


def answer(capsys: pytest.CaptureFixture[str]) -> dict:
    return json.loads(capsys.readouterr().out)


class TestExplain:
    def test_a_row_by_the_names_people_use(self, capsys: pytest.CaptureFixture[str]):
        assert run(["explain", MART, "product=MOZZ", "location=HAR", "business_day=2026-11-20", "--json"]) == 0
        found = answer(capsys)
        assert found["key"] == {"inventory_item_id": str(ITEMS["HAR"]), "business_day": "2026-11-20"}
        assert {"figure": "on_hand", "shown": "6.25", "explained": "6.25", "records": 3} in found["figures"]
        assert {record["amounts"]["on_hand"] for record in found["records"]} == set(QUANTITIES)
        assert found["load"]["model_version"] == "ab12"

    def test_one_figure_for_people(self, capsys: pytest.CaptureFixture[str]):
        key = [f"inventory_item_id={ITEMS['HAR']}", "business_day=2026-11-20"]
        assert run(["explain", MART, *key, "--figure", "on_hand", "--limit", "2"]) == 0
        shown = capsys.readouterr().out
        assert "6.25" in shown
        assert shown.count("on_hand -") + shown.count("on_hand 1") == 2
        assert "--limit shows more" in shown
        assert "models/on_hand.sql, version ab12" in shown

    def test_what_does_not_add_up_is_exit_code_1(self, capsys: pytest.CaptureFixture[str]):
        assert run(["explain", MART, "location=RIV"]) == 1
        assert "DIFFERS" in capsys.readouterr().out

    def test_without_a_mart_it_says_what_can_be_explained(self, capsys: pytest.CaptureFixture[str]):
        assert run(["explain", "--json"]) == 0
        assert {"mart": MART, "named by": "inventory_item_id business_day"} in answer(capsys)

    def test_without_a_key_it_shows_rows_and_what_names_them(self, capsys: pytest.CaptureFixture[str]):
        assert run(["explain", MART, "--json"]) == 0
        assert {(row["location"], row["product"]) for row in answer(capsys)} == {("HAR", "MOZZ"), ("RIV", "MOZZ")}

    def test_several_rows_are_shown_and_more_is_asked_for(self, capsys: pytest.CaptureFixture[str]):
        assert run(["explain", MART, "product=MOZZ"]) == 2
        said = capsys.readouterr()
        assert "HAR" in said.out
        assert (
            "2 rows of fct_stock_on_hand_daily are like that: say more of inventory_item_id, business_day" in said.err
        )

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["dim_date"], "rows of dim_date cannot be explained; those that can: fct_actual_vs_theoretical"),
            ([MART, "colour=red"], "has no column colour; it has location, product, inventory_item_id"),
            ([MART, "MOZZ"], "'MOZZ' is no COLUMN=VALUE"),
            ([MART, "location=NOPE"], f"`stockpot explain {MART}` shows its newest ones"),
            ([MART, "business_day=soon"], "invalid input syntax for type date"),
            ([MART, "location=HAR", "--figure", "taste"], "has no figure taste that can be explained here; it has on_hand"),
        ],
        ids=["mart", "column", "pair", "row", "value", "figure"],
    )  # fmt: skip
    def test_what_names_no_row_is_refused_with_a_way_out(
        self, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
    ):
        assert run(["explain", *arguments]) == 2
        assert said in capsys.readouterr().err
