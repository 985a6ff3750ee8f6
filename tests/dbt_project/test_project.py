"""The project's own house rules: documented columns, contracts, and a README that says what is there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from api.reports.bootstrap import BUILTINS
from ingestion.operational.tables import OVERLAP
from orchestration.lib.dbt_environment import dbt_environment

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "dbt_project"
MODELS = sorted(PROJECT.glob("models/**/*.sql"))
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def marts() -> dict[str, dict]:
    files = sorted(PROJECT.glob("models/marts/**/_*.yml"))
    return {model["name"]: model for path in files for model in yaml.safe_load(path.read_text()).get("models", [])}


class TestModels:
    @pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
    def test_a_model_ends_with_select_from_final_and_stays_readable(self, path: Path):
        text = path.read_text()
        assert text.rstrip().endswith("select * from final")
        assert len(text.splitlines()) <= 100

    @pytest.mark.parametrize("path", [path for path in MODELS if "staging" in path.parts], ids=lambda path: path.stem)
    def test_staging_renames_and_casts_and_nothing_else(self, path: Path):
        words = path.read_text().lower().split()
        assert not {"join", "where", "group", "case", "union"} & set(words)

    def test_new_movements_are_looked_for_as_far_back_as_late_ones_are_loaded(self):
        variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
        assert timedelta(hours=variables["ledger_overlap_hours"]) > OVERLAP

    def test_every_mart_is_described_column_by_column(self):
        names = {path.stem for path in MODELS if "marts" in path.parts}
        assert set(marts()) == names
        for model in marts().values():
            assert model["description"], model["name"]
            for column in model["columns"]:
                assert column.get("description"), f"{model['name']}.{column['name']}"
                assert column.get("data_type"), f"{model['name']}.{column['name']}"
            assert model["columns"][-1]["name"] == "load_id"


class TestExposures:
    """Every page, built-in report and nightly alert says which models it reads."""

    def test_each_page_report_and_alert_has_one_and_no_other_has(self):
        pages = {f"page_{path.stem}" for path in (ROOT / "dashboards" / "app_pages").glob("[a-z]*.py")}
        reports = {f"report_{report.code}" for report in BUILTINS}
        alerts = {"alert_low_stock", "alert_predicted_stockout"}
        exposures = yaml.safe_load((PROJECT / "models" / "_exposures.yml").read_text())["exposures"]
        assert {exposure["name"] for exposure in exposures} == pages | reports | alerts


class TestReadme:
    def test_it_lists_every_mart(self):
        listed = {line.split("`")[1] for line in README.splitlines() if line.startswith("| `")}
        assert listed == set(marts())


class TestDbtEnvironment:
    def test_a_url_is_split_and_unquoted(self):
        variables = dbt_environment("postgresql://user:p%40ss%2Fword@db.example:6543/stock?sslmode=require")
        assert variables["DBT_HOST"] == "db.example"
        assert variables["DBT_PORT"] == "6543"
        assert variables["DBT_PASSWORD"] == "p@ss/word"
        assert variables["DBT_DBNAME"] == "stock"
        assert variables["DBT_SSLMODE"] == "require"

    @pytest.mark.parametrize("url", ["", "mysql://u@h/d", "postgresql:///stock", "postgresql://u@h"])
    def test_what_is_no_postgresql_url_is_refused(self, url: str):
        with pytest.raises(ValueError, match="WAREHOUSE_URL"):
            dbt_environment(url)

    def test_every_variable_that_the_profile_reads_is_given_or_has_a_default(self):
        profile = (PROJECT / "profiles.yml").read_text()
        given = dbt_environment("postgresql://u:p@h/d").keys()
        for name in ("DBT_HOST", "DBT_PORT", "DBT_USER", "DBT_PASSWORD", "DBT_DBNAME"):
            assert name in given
            assert f"'{name}'" in profile
