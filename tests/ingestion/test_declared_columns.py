"""What dlt makes of suppliers' documents is what dbt declares as its sources."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from ingestion.invoices.rows import INVOICES, LINES
from ingestion.supplier_catalogs.rows import SCHEMA

STAGING = Path(__file__).parents[2] / "dbt_project" / "models" / "staging"


@pytest.mark.parametrize(
    ("source", "table", "schema"),
    [("supplier_catalogs", "prices", SCHEMA), ("invoices", "invoices", INVOICES), ("invoices", "invoice_lines", LINES)],
    ids=["prices", "invoices", "invoice_lines"],
)
def test_a_source_declares_every_column(source: str, table: str, schema: pa.Schema) -> None:
    (declared,) = yaml.safe_load((STAGING / source / "_sources.yml").read_text())["sources"]
    columns = next(each["columns"] for each in declared["tables"] if each["name"] == table)
    assert declared["schema"] == f"raw_{source}"
    assert [column["name"] for column in columns] == schema.names
