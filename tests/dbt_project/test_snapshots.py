"""What operational rows said before they were edited: two nights over the same house, the second a full rebuild."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from dashboards import queries
from dashboards.changes import shown_offers, shown_recipes
from orchestration.lib.publishing import publish
from tests.conftest import Database
from tests.dbt_project.house import build_house, create_raw, fill_raw, key
from tests.dbt_project.warehouse import dbt, rows

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]
MARTS = ("fct_price_changes", "dim_recipe_history", "dim_product", "dim_supplier", "dim_menu_item")
TABLES = ("products", "suppliers", "supplier_products", "menu_items", "recipes", "recipe_lines")
RAW = "raw_operational"
MARGHERITA = key("recipe", "menu marg_m")
LINE = "where cast(recipe_id as uuid) = %s and cast(product_id as uuid) = %s"
EDITS = (
    (f"update {RAW}.supplier_products set price = price * 1.1 where cast(id as uuid) = %s", key("offer", "FLO")),
    (f"update {RAW}.supplier_products set pack_quantity = 2 where cast(id as uuid) = %s", key("offer", "MOZ")),
    (f"update {RAW}.supplier_products set is_preferred = false where cast(id as uuid) = %s", key("offer", "OIL")),
    (f"delete from {RAW}.supplier_products where cast(id as uuid) = %s", key("offer", "HAM")),
    # A recipe that is saved has lines of new ids, of which one is another and one is missing.
    (f"update {RAW}.recipe_lines set id = cast(md5(id) as uuid) where cast(recipe_id as uuid) = %s", MARGHERITA),
    (f"update {RAW}.recipe_lines set quantity = 120 {LINE}", MARGHERITA, key("product", "MOZ")),
    (f"delete from {RAW}.recipe_lines {LINE}", MARGHERITA, key("product", "BAS")),
)


@pytest.fixture(scope="module")
def database(clone_database: Callable[[str], Database]) -> Database:
    """Where the two nights are."""
    return clone_database("snapshots")


@pytest.fixture(scope="module")
def url(database: Database, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A house without movements, its offers and recipes edited between two nights."""
    url, target, house = database.pipeline_url, tmp_path_factory.mktemp("dbt"), build_house(days=1)
    with psycopg.connect(url) as connection:
        create_raw(connection)
        fill_raw(connection, {table: house.rows[table] for table in TABLES})
    wanted = ("--select", *(f"+{mart}" for mart in MARTS), "--indirect-selection", "buildable")
    build = ("build", *wanted, "--exclude-resource-type", "unit_test")
    dbt(url, target, *build, load_id="night 1")
    with psycopg.connect(url) as connection:
        for statement, *names in EDITS:
            assert connection.execute(statement.encode(), names).rowcount
    dbt(url, target, *build, "--full-refresh", load_id="night 2")
    return url


def changes(url: str, sku: str) -> list[tuple[str, Decimal, Decimal | None]]:
    query = (
        "select change, unit_price, unit_price_change_rate from marts_build.fct_price_changes"
        " where supplier_product_id = %s order by known_from"
    )
    return rows(url, query, key("offer", sku))


def asked(url: str, sku: str) -> list[tuple[str, Decimal | None, bool]]:
    query = (
        "select change, gross_quantity, is_current from marts_build.dim_recipe_history"
        " where recipe_id = %s and product_id = %s order by known_from"
    )
    return rows(url, query, MARGHERITA, key("product", sku))


class TestPrices:
    def test_a_price_that_was_edited_is_a_change(self, url: str):
        """25 kg of flour for 21.00 are 0.00084 a gram; a tenth more are 0.000924."""
        assert changes(url, "FLO") == [
            ("first_seen", Decimal("0.000840"), None),
            ("price", Decimal("0.000924"), Decimal("0.100000")),
        ]

    def test_a_smaller_pack_at_the_same_price_is_dearer(self, url: str):
        """24.90 for 3 kg and then for 2 kg: half as much again."""
        assert [(change, rate) for change, _, rate in changes(url, "MOZ")] == [
            ("first_seen", None),
            ("pack", Decimal("0.500000")),
        ]

    def test_an_offer_that_is_gone_was_withdrawn(self, url: str):
        assert [change for change, *_ in changes(url, "HAM")] == ["first_seen", "withdrawn"]

    def test_what_is_no_term_of_the_price_is_no_change(self, url: str):
        assert [change for change, *_ in changes(url, "OIL")] == ["first_seen"]
        assert rows(url, "select count(*) from snapshots.supplier_product_prices where supplier_product_id = %s",
                    key("offer", "OIL")) == [(1,)]  # fmt: skip


class TestRecipes:
    def test_an_edited_line_keeps_what_it_asked_before(self, url: str):
        assert asked(url, "MOZ") == [
            ("first_seen", Decimal(110), False),
            ("changed", Decimal(120), True),
        ]

    def test_a_line_that_is_gone_was_removed(self, url: str):
        """3 g of basil of which 0.6 remain are 5 g."""
        assert asked(url, "BAS") == [("first_seen", Decimal(5), False), ("removed", None, False)]

    def test_a_line_of_a_new_id_that_says_the_same_is_the_same(self, url: str):
        assert asked(url, "FLO") == [("first_seen", Decimal(220), True)]


class TestVersions:
    def test_a_version_ends_when_the_next_begins(self, url: str):
        for table in ("supplier_product_prices", "recipe_lines"):
            name = "supplier_product_id" if table == "supplier_product_prices" else "recipe_line_key"
            gaps = rows(
                url,
                f"select * from (select dbt_valid_to, lead(dbt_valid_from) over (partition by {name} order by dbt_valid_from)"
                f" as next_from from snapshots.{table}) as versions where dbt_valid_to is distinct from next_from",
            )
            assert gaps == []


class TestPages:
    """What purchasing and menu show of it; the day before the night is the day that it tells of."""

    @pytest.fixture
    def period(self, url: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> tuple[date, date]:
        """Published, and read as somebody who may read everything."""
        publish(url, "night 2")
        monkeypatch.setenv("READER_URL", database.reader_url)
        with psycopg.connect(database.analyst_url) as analyst:
            (claim,) = analyst.execute("select row_scope.issue(uuidv7(), null, 60)").fetchone() or ("",)
        queries.read_as(queries.ReadingRight(claim, None))
        today = datetime.now(UTC).date()
        return today - timedelta(days=2), today

    def test_offers_are_told_by_what_they_were_and_are(self, period: tuple[date, date]):
        shown = shown_offers(queries.offer_changes([], *period)).drop("Known since", "Supplier")
        assert set(shown.iter_rows()) == {
            ("Flour, tipo 00", "Price", "USD 21.00 for 25 kg", "USD 23.10 for 25 kg", "+10.0 %"),
            ("Mozzarella", "Pack", "USD 24.90 for 3 kg", "USD 24.90 for 2 kg", "+50.0 %"),
            ("Ham, cooked", "No longer offered", "USD 19.80 for 2 kg", None, None),
        }

    def test_recipes_are_told_by_ingredient(self, period: tuple[date, date]):
        shown = shown_recipes(queries.recipe_changes([], *period)).drop("Known since")
        assert set(shown.iter_rows()) == {
            ("Margherita, medium", "Mozzarella", "Quantity", "110 g", "120 g", "1 each"),
            ("Margherita, medium", "Basil", "Taken out", "5 g", None, "1 each"),
        }

    def test_a_period_in_which_nothing_changed_shows_nothing(self, period: tuple[date, date]):
        before = period[0] - timedelta(days=30), period[0] - timedelta(days=1)
        assert queries.offer_changes([], *before).is_empty()
        assert queries.recipe_changes([], *before).is_empty()
