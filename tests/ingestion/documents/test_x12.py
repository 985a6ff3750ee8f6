"""X12: separators from ISA, envelopes that vouch for what they hold, sets as typed documents."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.documents.model import Document, Identifier, Kind
from ingestion.documents.problems import Refusal
from ingestion.documents.reading import read_documents

ISA = "ISA*00*          *00*          *01*123456789      *ZZ*BISTRO         *261120*0936*U*00401*000000055*0*P*>~"
INVOICE = (
    "BIG*20261120*INV-7*20261118*PO-000012***DI~CUR*SE*USD~N1*SU*Alder Dairy*UL*5012345000015~"
    "IT1*1*10*LB*2.50**VN*BUTTER*UP*012345678905~PID*F****Butter~IT1*2*3*CA*24.00**VN*MILK~"
    "TDS*10225~SAC*C*G830***525~TXI*ST*0.00*0~CTT*2~"
)


def group(sets: list[str], code: str = "IN", number: int = 1) -> str:
    body = "".join(
        f"ST*810*{place:04d}~{text}SE*{text.count('~') + 2}*{place:04d}~" for place, text in enumerate(sets, 1)
    )
    return f"GS*{code}*A*B*20261120*0936*{number}*X*004010~{body}GE*{len(sets)}*{number}~"


def interchange(*groups: str) -> str:
    return f"{ISA}{''.join(groups)}IEA*{len(groups)}*000000055~"


def read(tmp_path: Path, text: str) -> list[Document | Refusal]:
    path = tmp_path / "file.edi"
    path.write_text(text, encoding="utf-8", newline="")
    return list(read_documents(path))


def codes(found: list[Document | Refusal]) -> list[str]:
    return [each.code if isinstance(each, Refusal) else each.kind.value for each in found]


class TestEnvelope:
    def test_several_interchanges_groups_and_sets_are_all_read(self, tmp_path: Path) -> None:
        text = interchange(group([INVOICE, INVOICE]), group([INVOICE], number=2)) + "\n" + interchange(group([INVOICE]))
        found = read(tmp_path, text)
        assert codes(found) == ["invoice"] * 4
        assert [each.place.path for each in found] == [
            "ISA[1]/GS[1]/ST[1]", "ISA[1]/GS[1]/ST[2]", "ISA[1]/GS[2]/ST[1]", "ISA[2]/GS[1]/ST[1]",
        ]  # fmt: skip

    def test_separators_are_those_of_each_isa(self, tmp_path: Path) -> None:
        other = interchange(group([INVOICE])).replace("*", "|").replace("~", "\n").replace(">", "^")
        assert codes(read(tmp_path, other + interchange(group([INVOICE])))) == ["invoice", "invoice"]

    def test_a_bad_set_never_hides_its_neighbours(self, tmp_path: Path) -> None:
        text = interchange(group([INVOICE, INVOICE])).replace("SE*12*0001", "SE*13*0001")
        assert codes(read(tmp_path, text)) == ["SE01", "invoice"]

    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ("SE*12*0001", "SE*12*0009", "SE02"),
            ("GE*1*1", "GE*2*1", "GE01"),
            ("GE*1*1", "GE*1*9", "GE02"),
            ("IEA*1*000000055", "IEA*2*000000055", "IEA01"),
            ("IEA*1*000000055", "IEA*1*000000056", "IEA02"),
            ("IEA*1*000000055~", "", "ENVELOPE"),
            ("GE*1*1~", "", "ENVELOPE"),
            ("GS*IN", "GS*PO", "GS01"),
            ("ST*810", "ST*855", "UNSUPPORTED_DOCUMENT"),
            ("ST*810", "ST*856", "UNSUPPORTED_DOCUMENT"),
            ("ISA*00*", "ISA*", "ISA"),
            ("~", "A", "ISA"),
        ],
    )
    def test_what_does_not_agree_is_refused_by_name(self, tmp_path: Path, old: str, new: str, code: str) -> None:
        assert codes(read(tmp_path, interchange(group([INVOICE])).replace(old, new))) == [code]

    def test_an_endless_segment_is_refused(self, tmp_path: Path) -> None:
        assert codes(read(tmp_path, ISA + "GS*IN*" + "A" * 30_000)) == ["SEGMENT_TOO_LONG"]

    def test_a_document_without_an_acknowledged_name_says_which_are_read(self, tmp_path: Path) -> None:
        (refusal,) = read(tmp_path, interchange(group([INVOICE])).replace("ST*810", "ST*855"))
        assert isinstance(refusal, Refusal)
        assert "855 (purchase order acknowledgment)" in refusal.message
        assert "850, 810 and 832 are" in refusal.message


class TestInvoice:
    """10 lb × 2.50 + 3 cases × 24.00 = 97.00; freight 5.25: 102.25, written as TDS*10225."""

    def test_is_typed_to_the_cent(self, tmp_path: Path) -> None:
        (found,) = read(tmp_path, interchange(group([INVOICE])))
        assert isinstance(found, Document)
        assert (found.number, found.order_number, found.currency) == ("INV-7", "PO-000012", "USD")
        assert found.supplier.gln == "5012345000015"
        assert Identifier("duns", "123456789") in found.supplier.ids
        butter, milk = found.lines
        assert butter.quantity is not None
        assert milk.quantity is not None
        assert (butter.quantity.value, butter.quantity.unit, butter.net) == (Decimal(10), "lb", Decimal("25.00"))
        assert (butter.item.supplier_sku, butter.item.gtin, butter.item.name) == ("BUTTER", "012345678905", "Butter")
        assert (milk.quantity.code, milk.quantity.unit) == ("CA", None)
        assert (found.totals.charges, found.totals.payable) == (Decimal("5.25"), Decimal("102.25"))
        assert found.findings == ()

    def test_a_total_that_the_parts_do_not_give_is_named(self, tmp_path: Path) -> None:
        (found,) = read(tmp_path, interchange(group([INVOICE])).replace("TDS*10225", "TDS*10325"))
        assert isinstance(found, Document)
        (difference,) = found.findings
        assert (difference.code, difference.place.path) == ("TDS01", "ISA[1]/GS[1]/ST[1]/TDS/TDS01")
        assert "103.25" in difference.message
        assert "102.25 (+1.00)" in difference.message

    def test_its_type_says_that_it_is_a_credit(self, tmp_path: Path) -> None:
        (found,) = read(tmp_path, interchange(group([INVOICE])).replace("***DI", "***CR"))
        assert isinstance(found, Document)
        assert (found.kind, found.kind.sign) == (Kind.CREDIT_NOTE, -1)

    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ("***DI", "***XX", "TYPE"),
            ("***DI~", "***CR~", "CREDIT_SIGN"),
            ("*10*LB", "*ten*LB", "BAD_VALUE"),
            ("BIG*20261120", "BIG*20261320", "BAD_VALUE"),
            ("INV-7", "", "MISSING"),
        ],
    )
    def test_what_would_be_a_guess_is_refused(self, tmp_path: Path, old: str, new: str, code: str) -> None:
        text = interchange(group([INVOICE])).replace(old, new)
        if code == "CREDIT_SIGN":
            text = text.replace("TDS*10225", "TDS*-10225")
        assert codes(read(tmp_path, text)) == [code]


class TestOrderAndCatalog:
    ORDER = "BEG*00*SA*PO-9**20261120~CUR*BY*USD~N1*BY*Bistro*9*123456789~PO1*1*5*CA*12.5*HP*VN*MILK~CTT*1~"
    CATALOG = (
        "BCT*PC*AUTUMN~DTM*007*20261101~CUR*SE*USD~N1*SU*Alder*UL*5012345000015~"
        "LIN*1*VN*MILK*UP*012345678905~PID*F****Milk~CTP**CON*24.00*1*CA~PO4*12*1*LT~CTT*1~"
    )

    def set_of(self, code: str, of: str, text: str) -> str:
        return interchange(group([text], of).replace("ST*810", f"ST*{code}"))

    def test_an_order_is_typed(self, tmp_path: Path) -> None:
        (found,) = read(tmp_path, self.set_of("850", "PO", self.ORDER))
        assert isinstance(found, Document)
        assert (found.kind, found.number, found.buyer.name) == (Kind.ORDER, "PO-9", "Bistro")
        price = found.lines[0].price
        assert price is not None
        assert (price.amount, price.base_quantity, price.per_unit) == (Decimal("12.5"), 100, Decimal("0.125"))

    def test_a_price_catalog_is_typed(self, tmp_path: Path) -> None:
        (found,) = read(tmp_path, self.set_of("832", "SC", self.CATALOG))
        assert isinstance(found, Document)
        (line,) = found.lines
        assert line.price is not None
        assert line.pack.content is not None
        assert (found.kind, line.price.amount, str(line.validity.start)) == (Kind.CATALOGUE, 24, "2026-11-01")
        assert (line.pack.units, line.pack.content.value, line.pack.content.unit) == (12, 1, "l")

    def test_a_wrong_count_of_lines_is_named(self, tmp_path: Path) -> None:
        (found,) = read(tmp_path, self.set_of("832", "SC", self.CATALOG.replace("CTT*1", "CTT*5")))
        assert isinstance(found, Document)
        assert [finding.code for finding in found.findings] == ["CTT01"]
