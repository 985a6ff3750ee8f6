"""Every published X12 and UBL file is read, or refused by name: nothing is taken silently, nothing fails otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.documents.model import Document
from ingestion.documents.problems import Refusal
from ingestion.documents.reading import read_documents

DATA = Path(__file__).parents[3].parent / "shared" / "data"
R120 = "PEPPOL-EN16931-R120"

READ = {
    # file: [(kind, lines, payable, currency, differences), …]
    "edi/x12.810a.edi": [("invoice", 2, "365.96", "USD", ())],
    "edi/x12.810b.edi": [("invoice", 2, "401.92", "USD", ())],
    "edi/x12.810c.edi": [("invoice", 1, "411.92", "USD", ("TDS01",))],
    "edi/x12.810d.edi": [("invoice", 2, "646.92", "USD", ("TDS01",))],
    "edi/x12.850.issue135.edi": [("order", 10, None, "USD", ()), ("order", 11, None, "USD", ())],
    "ubl/Catalogue_Example.xml": [("catalogue", 2, None, None, ())],
    "ubl/DespatchAdvice_Example.xml": [("despatch_advice", 1, None, None, ())],
    "ubl/Order_Example.xml": [("order", 2, "6363", "NOK", ())],
    "ubl/base-creditnote-correction.xml": [("credit_note", 2, "1656.25", "EUR", ())],
    "ubl/base-example.xml": [("invoice", 2, "1656.25", "EUR", ())],
    "ubl/guide-example1.xml": [("invoice", 20, "250.33", "EUR", (R120,))],
    "ubl/guide-example2.xml": [("invoice", 5, "801.78", "NOK", (R120,))],
    "ubl/guide-example3.xml": [("invoice", 2, "1125.00", "DKK", (R120, R120))],
    "ubl/issue116.xml": [("invoice", 4, "830", "SEK", ())],
    "ubl/sample-discount-price.xml": [("invoice", 1, "15.15", "EUR", ())],
    "ubl/ubl-tc434-creditnote1.xml": [("credit_note", 1, "100.11", "EUR", ())],
    "ubl/ubl-tc434-example1.xml": [("invoice", 20, "250.33", "EUR", (R120,))],
    "ubl/ubl-tc434-example10.xml": [("invoice", 20, "250.33", "EUR", (R120,))],
    "ubl/ubl-tc434-example2.xml": [("invoice", 5, "801.78", "NOK", (R120,))],
    "ubl/ubl-tc434-example3.xml": [("invoice", 2, "2005.00", "DKK", (R120, R120))],
    "ubl/ubl-tc434-example4.xml": [("invoice", 3, "4675.00", "DKK", ())],
    "ubl/ubl-tc434-example5.xml": [("invoice", 3, "2337.50", "DKK", ())],
    "ubl/ubl-tc434-example6.xml": [("invoice", 3, "4675.00", "DKK", ())],
    "ubl/ubl-tc434-example7.xml": [("invoice", 2, "3200.00", "SEK", ())],
    "ubl/ubl-tc434-example8.xml": [("invoice", 10, "1099.78", "EUR", ())],
    "ubl/ubl-tc434-example9.xml": [("invoice", 1, "177.87", "EUR", ())],
}
REFUSED = {
    # file: (code, line, path)
    "edi/x12.810.mandatory-conditions.edi": ("SE01", 8, "ISA[1]/GS[1]/ST[1]/SE01"),
    "edi/x12.820.issue140.edi": ("UNSUPPORTED_DOCUMENT", 3, "ISA[1]/GS[1]/ST[1]/ST01"),
    "edi/x12.832.edi": ("SE01", 14, "ISA[1]/GS[1]/ST[1]/SE01"),
    "edi/x12.850.edi": ("IEA02", 15, "ISA[1]/IEA02"),
    "edi/x12.850a.edi": ("IEA02", 54, "ISA[1]/IEA02"),
    "ubl/OrderResponse_Example.xml": ("UNSUPPORTED_DOCUMENT", 3, "OrderResponse"),
}

pytestmark = pytest.mark.skipif(
    not (DATA / "edi").is_dir(), reason="the published documents are not beside the project (../shared/data)"
)


def as_row(one: Document | Refusal) -> tuple[object, ...]:
    assert isinstance(one, Document), str(one)
    payable = None if one.totals.payable is None else str(one.totals.payable)
    differences = tuple(finding.code for finding in one.findings if finding.is_difference)
    return one.kind.value, len(one.lines), payable, one.currency, differences


def test_the_table_knows_every_file() -> None:
    files = {f"{path.parent.name}/{path.name}" for folder in ("edi", "ubl") for path in (DATA / folder).iterdir()}
    assert files == READ.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", sorted(READ.keys() | REFUSED.keys()))
def test_is_read_or_refused_by_name(name: str) -> None:
    found = list(read_documents(DATA / name))
    if name in READ:
        assert [as_row(each) for each in found] == READ[name]
        return
    (refusal,) = found
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.place.line, refusal.place.path) == REFUSED[name]
    assert len(refusal.message) > 20
