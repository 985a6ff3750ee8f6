"""How the demo's suppliers write: price lists as CSV and XLSX, invoices as X12 810 and UBL 2.1. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

from infra.demo.restaurant import CURRENCY

HEADER = ("Article", "Description", "Price", "Currency", "Valid from", "Content", "Unit")
ITALIAN_HEADER = ("Articolo", "Descrizione", "Prezzo", "Valido dal", "Contenuto", "Unità")
ITALIAN_MAPPING = """\
# How Stockpot reads listino.csv: semicolons, decimal commas, the day before the month.
file:
  delimiter: ";"
columns:
  supplier_sku: Articolo
  name: Descrizione
  price: Prezzo
  valid_from: Valido dal
  pack_quantity: Contenuto
  pack_unit: Unità
formats:
  days: "%d/%m/%Y"
  decimal_comma: true
"""
UBL_NAMES = "urn:oasis:names:specification:ubl:schema:xsd:"


@dataclass(frozen=True)
class Priced:
    """An article's price for a pack from a day on; a pack holds `content` of `unit`."""

    supplier_sku: str
    name: str
    price: Decimal
    since: date
    content: Decimal
    unit: str


@dataclass(frozen=True)
class BillLine:
    """So many packs at a price each."""

    supplier_sku: str
    name: str
    packs: int
    price: Decimal

    @property
    def amount(self) -> Decimal:
        """Before tax."""
        return self.packs * self.price

    def with_price(self, price: Decimal) -> BillLine:
        """The line at another price."""
        return replace(self, price=price)


@dataclass(frozen=True)
class Bill:
    """An invoice for one order."""

    supplier: str
    supplier_name: str
    buyer: str
    number: str
    order_number: str
    ordered_on: date
    issued_on: date
    lines: Sequence[BillLine]

    @property
    def total(self) -> Decimal:
        """What is to pay; food for resale carries no sales tax."""
        return sum((line.amount for line in self.lines), Decimal(0))

    def issued(self, day: date, lines: Sequence[BillLine]) -> Bill:
        """The invoice of another day, with other lines."""
        return replace(self, issued_on=day, lines=lines)


# ------------------------------------------------------------------ price lists


def plain_list(prices: Iterable[Priced]) -> str:
    """CSV whose header tells what its columns are."""
    rows = (
        (each.supplier_sku, each.name, each.price, CURRENCY, each.since, f"{each.content:f}", each.unit)
        for each in prices
    )
    return _csv(HEADER, rows, ",")


def italian_list(prices: Iterable[Priced]) -> str:
    """CSV with semicolons, decimal commas and days first; ITALIAN_MAPPING says so."""
    rows = (
        (each.supplier_sku, each.name, _comma(each.price), f"{each.since:%d/%m/%Y}", _comma(each.content), each.unit)
        for each in prices
    )
    return _csv(ITALIAN_HEADER, rows, ";")


def workbook(prices: Iterable[Priced]) -> bytes:
    """XLSX with typed numbers and days."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Prices")
    sheet.append(HEADER)
    for each in prices:
        row = (each.supplier_sku, each.name, float(each.price), CURRENCY, each.since, float(each.content), each.unit)
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()


def _comma(value: Decimal) -> str:
    return f"{value:f}".replace(".", ",")


# ------------------------------------------------------------------ invoices


def x12(bills: Sequence[Bill]) -> str:
    """One interchange with an 810 for each bill, a segment a line."""
    sets = [_transaction_set(bill, number) for number, bill in enumerate(bills, 1)]
    last = max((bill.issued_on for bill in bills), default=date(2026, 1, 1))
    sender = f"{bills[0].supplier if bills else 'NOBODY':<15}"
    head = f"ISA*00*{'':10}*00*{'':10}*ZZ*{sender}*ZZ*{'STOCKPOT':<15}*{last:%y%m%d}*0600*U*00401*000000001*0*P*>~"
    group = f"GS*IN*{sender.strip()}*STOCKPOT*{last:%Y%m%d}*0600*1*X*004010~"
    return "\n".join([head, group, *sets, f"GE*{len(sets)}*1~", "IEA*1*000000001~", ""])


def _transaction_set(bill: Bill, number: int) -> str:
    lines = [
        segment
        for position, line in enumerate(bill.lines, 1)
        for segment in (
            f"IT1*{position}*{line.packs}*CA*{line.price}**VN*{line.supplier_sku}~",
            f"PID*F****{_bare(line.name)}~",
        )
    ]
    body = [
        f"BIG*{bill.issued_on:%Y%m%d}*{bill.number}*{bill.ordered_on:%Y%m%d}*{bill.order_number}***DI~",
        f"CUR*SE*{CURRENCY}~",
        f"N1*SU*{_bare(bill.supplier_name)}~",
        f"N1*BY*{_bare(bill.buyer)}~",
        *lines,
        f"TDS*{(bill.total * 100).quantize(Decimal(1))}~",
        f"CTT*{len(bill.lines)}~",
    ]
    return "\n".join([f"ST*810*{number:04d}~", *body, f"SE*{len(body) + 2}*{number:04d}~"])


def _bare(text: str) -> str:
    """X12 has no way to write its own separators, and its basic characters have no sign ×."""
    return text.translate(str.maketrans("*~>×", "x--x"))


def ubl(bill: Bill) -> str:
    """A UBL 2.1 invoice."""
    total = f"{bill.total:.2f}"
    lines = "".join(_ubl_line(line, position) for position, line in enumerate(bill.lines, 1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="{UBL_NAMES}Invoice-2" xmlns:cac="{UBL_NAMES}CommonAggregateComponents-2"
  xmlns:cbc="{UBL_NAMES}CommonBasicComponents-2">
  <cbc:ID>{bill.number}</cbc:ID>
  <cbc:IssueDate>{bill.issued_on}</cbc:IssueDate>
  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
  <cbc:DocumentCurrencyCode>{CURRENCY}</cbc:DocumentCurrencyCode>
  <cac:OrderReference><cbc:ID>{escape(bill.order_number)}</cbc:ID></cac:OrderReference>
  <cac:AccountingSupplierParty><cac:Party>
    <cac:PartyName><cbc:Name>{escape(bill.supplier_name)}</cbc:Name></cac:PartyName>
  </cac:Party></cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty><cac:Party>
    <cac:PartyName><cbc:Name>{escape(bill.buyer)}</cbc:Name></cac:PartyName>
  </cac:Party></cac:AccountingCustomerParty>
  <cac:TaxTotal><cbc:TaxAmount currencyID="{CURRENCY}">0.00</cbc:TaxAmount></cac:TaxTotal>
  <cac:LegalMonetaryTotal>
    <cbc:LineExtensionAmount currencyID="{CURRENCY}">{total}</cbc:LineExtensionAmount>
    <cbc:TaxExclusiveAmount currencyID="{CURRENCY}">{total}</cbc:TaxExclusiveAmount>
    <cbc:TaxInclusiveAmount currencyID="{CURRENCY}">{total}</cbc:TaxInclusiveAmount>
    <cbc:PayableAmount currencyID="{CURRENCY}">{total}</cbc:PayableAmount>
  </cac:LegalMonetaryTotal>{lines}
</Invoice>
"""


def _ubl_line(line: BillLine, position: int) -> str:
    return f"""
  <cac:InvoiceLine>
    <cbc:ID>{position}</cbc:ID>
    <cbc:InvoicedQuantity unitCode="XCS">{line.packs}</cbc:InvoicedQuantity>
    <cbc:LineExtensionAmount currencyID="{CURRENCY}">{line.amount:.2f}</cbc:LineExtensionAmount>
    <cac:Item>
      <cbc:Name>{escape(line.name)}</cbc:Name>
      <cac:SellersItemIdentification><cbc:ID>{escape(line.supplier_sku)}</cbc:ID></cac:SellersItemIdentification>
    </cac:Item>
    <cac:Price><cbc:PriceAmount currencyID="{CURRENCY}">{line.price}</cbc:PriceAmount></cac:Price>
  </cac:InvoiceLine>"""
