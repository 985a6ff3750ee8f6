"""Suppliers as the operational tables know them."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from ingestion.errors import UnknownSupplier
from ingestion.warehouse import connect


@dataclass(frozen=True)
class Supplier:
    """Who sells, as the operational tables know it."""

    supplier_id: str
    code: str
    currency: str


def find_supplier(url: str, code: str) -> Supplier:
    """The supplier by its code; UnknownSupplier lists the codes there are."""
    with connect(url) as session:
        try:
            rows = session.execute("select id::text, code, currency from public.suppliers order by code").fetchall()
        except psycopg.errors.UndefinedTable:
            raise UnknownSupplier("the database has no suppliers yet: run `stockpot migrate` first") from None
    found = next((row for row in rows if row[1] == code), None)
    if found is None:
        known = ", ".join(row[1] for row in rows[:50]) or "none"
        raise UnknownSupplier(f"there is no supplier {code!r}; the suppliers are {known}")
    return Supplier(*found)
