"""UBL: read safely, typed, and held against the arithmetic of EN 16931."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.documents.model import Document, Kind
from ingestion.documents.problems import Refusal
from ingestion.documents.reading import read_documents
from ingestion.documents.ubl import tree

NAMES = "urn:oasis:names:specification:ubl:schema:xsd:"


def invoice(root: str = "Invoice", **other: str) -> str:
    """Two kilograms at 30.00 per 10 kg with 1.00 off: 5.00; freight 2.00, 20 % tax: 8.40."""
    parts = {
        "type": "380", "net": "5.00", "lines": "5.00", "charges": "2.00", "exclusive": "7.00", "tax": "1.40",
        "inclusive": "8.40", "payable": "8.40", "charge": "2.00", "base": "10",
    } | other  # fmt: skip
    line, quantity = (
        ("CreditNoteLine", "CreditedQuantity") if root == "CreditNote" else ("InvoiceLine", "InvoicedQuantity")
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="{NAMES}{root}-2" xmlns:a="{NAMES}CommonAggregateComponents-2" xmlns:b="{NAMES}CommonBasicComponents-2">
<b:ID>R-1</b:ID><b:IssueDate>2026-11-20</b:IssueDate><b:{root}TypeCode>{parts["type"]}</b:{root}TypeCode>
<b:DocumentCurrencyCode>GBP</b:DocumentCurrencyCode><a:OrderReference><b:ID>PO-000012</b:ID></a:OrderReference>
<a:AccountingSupplierParty><a:Party><a:PartyIdentification><b:ID schemeID="0088">5012345000015</b:ID>
</a:PartyIdentification><a:PartyName><b:Name>Alder</b:Name></a:PartyName><a:PartyTaxScheme><b:CompanyID>GB1</b:CompanyID>
<a:TaxScheme><b:ID>VAT</b:ID></a:TaxScheme></a:PartyTaxScheme></a:Party></a:AccountingSupplierParty>
<a:AllowanceCharge><b:ChargeIndicator>true</b:ChargeIndicator><b:Amount currencyID="GBP">{parts["charge"]}</b:Amount>
</a:AllowanceCharge>
<a:TaxTotal><b:TaxAmount currencyID="GBP">{parts["tax"]}</b:TaxAmount><a:TaxSubtotal>
<b:TaxAmount currencyID="GBP">1.40</b:TaxAmount></a:TaxSubtotal></a:TaxTotal>
<a:LegalMonetaryTotal><b:LineExtensionAmount>{parts["lines"]}</b:LineExtensionAmount>
<b:TaxExclusiveAmount>{parts["exclusive"]}</b:TaxExclusiveAmount>
<b:TaxInclusiveAmount>{parts["inclusive"]}</b:TaxInclusiveAmount>
<b:ChargeTotalAmount>{parts["charges"]}</b:ChargeTotalAmount><b:PayableAmount>{parts["payable"]}</b:PayableAmount>
</a:LegalMonetaryTotal>
<a:{line}><b:ID>1</b:ID><b:{quantity} unitCode="KGM">2</b:{quantity}>
<b:LineExtensionAmount>{parts["net"]}</b:LineExtensionAmount>
<a:AllowanceCharge><b:ChargeIndicator>false</b:ChargeIndicator><b:Amount>1.00</b:Amount></a:AllowanceCharge>
<a:Item><b:Name>Butter</b:Name><a:SellersItemIdentification><b:ID>BUTTER</b:ID></a:SellersItemIdentification>
<a:StandardItemIdentification><b:ID schemeID="0160">5012345678900</b:ID></a:StandardItemIdentification></a:Item>
<a:Price><b:PriceAmount>30.00</b:PriceAmount><b:BaseQuantity unitCode="KGM">{parts["base"]}</b:BaseQuantity></a:Price>
</a:{line}></{root}>"""


def read(tmp_path: Path, text: str | bytes) -> Document | Refusal:
    path = tmp_path / "file.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (found,) = read_documents(path)
    return found


class TestInvoice:
    def test_is_typed_to_the_cent(self, tmp_path: Path) -> None:
        found = read(tmp_path, invoice())
        assert isinstance(found, Document)
        (line,) = found.lines
        assert line.quantity is not None
        assert line.price is not None
        assert (found.kind, found.number, found.order_number) == (Kind.INVOICE, "R-1", "PO-000012")
        assert (found.supplier.gln, found.supplier.vat) == ("5012345000015", "GB1")
        assert (line.quantity.value, line.quantity.code, line.quantity.unit) == (2, "KGM", "kg")
        assert (line.price.amount, line.price.base_quantity, line.net) == (30, 10, Decimal("5.00"))
        assert line.item.gtin == "5012345678900"
        assert found.findings == ()

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"net": "6.00", "lines": "6.00", "exclusive": "8.00", "inclusive": "9.40", "payable": "9.40"}, "PEPPOL-EN16931-R120"),
            ({"lines": "5.01", "exclusive": "7.01", "inclusive": "8.41", "payable": "8.41"}, "BR-CO-10"),
            ({"charge": "2.01"}, "BR-CO-12"),
            ({"exclusive": "7.01", "inclusive": "8.41", "payable": "8.41"}, "BR-CO-13"),
            ({"tax": "1.41", "inclusive": "8.41", "payable": "8.41"}, "BR-CO-14"),
            ({"inclusive": "8.41", "payable": "8.41"}, "BR-CO-15"),
            ({"payable": "8.41"}, "BR-CO-16"),
        ],
    )  # fmt: skip
    def test_what_does_not_add_up_is_named_by_its_rule(self, tmp_path: Path, wrong: dict[str, str], code: str) -> None:
        found = read(tmp_path, invoice(**wrong))
        assert isinstance(found, Document)
        assert [finding.code for finding in found.findings] == [code]

    def test_a_credit_note_is_one_by_its_root(self, tmp_path: Path) -> None:
        found = read(tmp_path, invoice("CreditNote", type="381"))
        assert isinstance(found, Document)
        assert (found.kind, found.kind.sign, found.totals.payable) == (Kind.CREDIT_NOTE, -1, Decimal("8.40"))

    @pytest.mark.parametrize(
        ("other", "code"),
        [({"type": "381"}, "TYPE_CONFLICT"), ({"base": "0"}, "BAD_VALUE"), ({"payable": ""}, "MISSING")],
    )
    def test_what_contradicts_itself_is_refused(self, tmp_path: Path, other: dict[str, str], code: str) -> None:
        found = read(tmp_path, invoice(**other))
        assert isinstance(found, Refusal)
        assert found.code == code


class TestSafety:
    BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            (invoice().replace("?>", f"?>{BOMB}", 1).replace("Butter", "&b;"), "DOCTYPE"),
            (invoice().replace("?>", '?><!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">', 1), "DOCTYPE"),
            ("<a>" * 60, "TOO_LARGE"),
            ("<a>" + "<b/>" * 5_001, "TOO_LARGE"),
            (f"<a>{'x' * 1_100_000}</a>", "TOO_LARGE"),
            ("<a><b></a>", "NOT_WELL_FORMED"),
            (b"<a>\xff\xfe</a>", "NOT_WELL_FORMED"),
            ("<a/>", "NOT_UBL"),
            ("hello", "UNKNOWN_FORMAT"),
        ],
        ids=["bomb", "external", "deep", "many", "long", "broken", "bytes", "other", "text"],
    )
    def test_is_refused_by_name(
        self, tmp_path: Path, text: str | bytes, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tree, "MAX_ELEMENTS", 5_000)
        found = read(tmp_path, text)
        assert isinstance(found, Refusal)
        assert found.code == code

    def test_a_refusal_says_line_and_path(self, tmp_path: Path) -> None:
        found = read(tmp_path, invoice().replace(">30.00<", ">thirty<"))
        assert isinstance(found, Refusal)
        assert (found.code, found.place.line) == ("BAD_VALUE", 22)
        assert found.place.path == "Invoice/InvoiceLine[1]/Price[1]/PriceAmount[1]"
