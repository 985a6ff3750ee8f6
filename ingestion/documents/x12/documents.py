"""X12 850 (purchase order), 810 (invoice) and 832 (price catalog) as typed documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from ingestion.documents.model import Adjustment, Document, Kind, Line, Pack, Price, Quantity, Tax, Totals, Validity
from ingestion.documents.problems import Finding, Refusal, Refused
from ingestion.documents.totals import cents, line_findings, plain
from ingestion.documents.units import house_unit
from ingestion.documents.x12 import parts
from ingestion.documents.x12.envelope import TransactionSet, read_sets
from ingestion.documents.x12.parts import Loop, Parts

CREDITS = frozenset({"CR", "CN"})  # BIG07: credit memo, credit invoice
DEBITS = frozenset({"", "DI", "DR", "PR", "CI", "PI", "FD", "FP", "FI"})


def read_x12(path: Path) -> Iterator[Document | Refusal]:
    """Every transaction set of a file as a document, or why it is refused; one bad set never hides its neighbours."""
    for each in read_sets(path):
        if isinstance(each, Refusal):
            yield each
            continue
        try:
            document = READERS[each.code](each)
        except Refused as error:
            yield Refusal.of(error)
        else:
            yield replace(document, findings=(*document.findings, *each.notes))


# ------------------------------------------------------------------ 850


def _order(one: TransactionSet) -> Document:
    cut = parts.cut(one, "PO1", ("CTT", "AMT"))
    beg = parts.needed(cut.header, "BEG")
    number = parts.text(cut.header, beg, 3)
    lines = tuple(_order_line(loop, number) for loop in _lines(cut, "PO1"))
    return Document(
        kind=Kind.ORDER,
        standard="x12",
        number=number,
        place=one.place,
        issued_on=parts.day(cut.header, beg, 5),
        currency=parts.currency(cut.header) or next((line.currency for line in lines if line.currency), None),
        supplier=parts.party(cut.header, "SU", "SE", "VN"),
        buyer=parts.from_sender(parts.party(cut.header, "BY", "BT", "ST"), one),
        lines=lines,
        order_number=number,
        adjustments=parts.adjustments(cut.header),
        findings=(*parts.lines_stated(cut), *parts.gtin_notes(cut.lines, 6)),
    )


def _order_line(loop: Loop, number: str) -> Line:
    return Line(
        number=loop.head[1],
        place=loop.place(),
        item=parts.item(loop, 6),
        quantity=parts.quantity(loop, 2),
        price=parts.price(loop, 4),
        order_number=number,
        order_line=loop.head[1] or None,
        pack=_pack(loop),
        currency=parts.currency(loop),
    )


# ------------------------------------------------------------------ 810


def _invoice(one: TransactionSet) -> Document:
    cut = parts.cut(one, "IT1", ("TDS",))
    big = parts.needed(cut.header, "BIG")
    kind = _kind(cut, big[7])
    lines = tuple(_invoice_line(loop, position) for position, loop in enumerate(_lines(cut, "IT1"), 1))
    taxes = _taxes(cut.summary)
    adjustments = (*parts.adjustments(cut.header), *parts.adjustments(cut.summary))
    totals = _totals(cut, lines, adjustments, taxes, kind)
    return Document(
        kind=kind,
        standard="x12",
        number=parts.text(cut.header, big, 2),
        place=one.place,
        issued_on=parts.day(cut.header, big, 1),
        currency=parts.currency(cut.header),
        supplier=parts.from_sender(parts.party(cut.header, "SU", "SE", "VN"), one),
        buyer=parts.party(cut.header, "BY", "BT", "SO", "ST"),
        lines=lines,
        order_number=big[4] or None,
        due_on=_due(cut.header),
        adjustments=adjustments,
        taxes=taxes,
        totals=totals,
        findings=(
            *line_findings(lines),
            *_payable_findings(cut, totals),
            *parts.lines_stated(cut),
            *parts.gtin_notes(cut.lines, 6),
        ),
    )


def _kind(cut: Parts, code: str) -> Kind:
    """BIG07 decides; an unknown type is refused, since its sign would be a guess."""
    if code in CREDITS:
        return Kind.CREDIT_NOTE
    if code in DEBITS:
        return Kind.INVOICE
    big = parts.needed(cut.header, "BIG")
    raise Refused("TYPE", cut.header.place(big, 7), f"BIG07 says {code!r}, which is neither an invoice nor a credit")


def _invoice_line(loop: Loop, position: int) -> Line:
    quantity, price = parts.quantity(loop, 2), parts.price(loop, 4)
    net = None
    if quantity is not None and price is not None:
        net = cents(quantity.value * price.amount / price.base_quantity)
    return Line(
        number=loop.head[1] or str(position),
        place=loop.place(),
        item=parts.item(loop, 6),
        quantity=quantity,
        price=price,
        net=net,
        order_number=parts.order_number(loop, 6),
        pack=_pack(loop),
    )


def _taxes(summary: Loop) -> tuple[Tax, ...]:
    """TXI segments of the summary; where there is none, the charges whose code is a tax."""
    found = tuple(
        Tax(
            amount=parts.number(summary, each, 2) or Decimal(0),
            taxable=parts.number(summary, each, 8),
            category=each[1],
            rate=parts.number(summary, each, 3),
        )
        for each in summary.all("TXI")
    )
    return found or tuple(
        Tax(each.signed, category=each.code) for each in parts.adjustments(summary) if each.tax_category
    )


def _totals(
    cut: Parts, lines: tuple[Line, ...], adjustments: tuple[Adjustment, ...], taxes: tuple[Tax, ...], kind: Kind
) -> Totals:
    """TDS01 is the amount to pay, in cents that are not written; the rest is reckoned from the parts."""
    tds = parts.needed(cut.summary, "TDS")
    payable = parts.number(cut.summary, tds, 1, cents=True)
    if payable is None:
        raise Refused("MISSING", cut.summary.place(tds, 1), "TDS01 is empty")
    if kind is Kind.CREDIT_NOTE and payable < 0:
        message = f"a credit note of {plain(payable)}: BIG07 says it takes back already, so the sign says the opposite"
        raise Refused("CREDIT_SIGN", cut.summary.place(tds, 1), message)
    net = sum((line.net for line in lines if line.net is not None), Decimal(0))
    own = [each for each in adjustments if not each.tax_category]
    allowances = sum((each.amount for each in own if not each.is_charge), Decimal(0))
    charges = sum((each.amount for each in own if each.is_charge), Decimal(0))
    tax = sum((each.amount for each in taxes), Decimal(0))
    without_tax = net - allowances + charges
    return Totals(net, allowances, charges, without_tax, tax, without_tax + tax, payable=payable)


def _payable_findings(cut: Parts, totals: Totals) -> tuple[Finding, ...]:
    """Lines − allowances + charges + tax = payable, to the cent."""
    assert totals.tax_inclusive is not None
    assert totals.payable is not None
    if cents(totals.tax_inclusive) == cents(totals.payable):
        return ()
    tds = parts.needed(cut.summary, "TDS")
    difference = cents(totals.payable) - cents(totals.tax_inclusive)
    message = (
        f"TDS01 is {plain(totals.payable)}, but lines, allowances, charges and taxes give "
        f"{plain(totals.tax_inclusive)} ({difference:+f})"
    )
    return (Finding("TDS01", cut.summary.place(tds, 1), message),)


def _due(header: Loop) -> date | None:
    """ITD06, the day on which the whole amount is due."""
    itd = header.find("ITD")
    return parts.day(header, itd, 6) if itd else None


# ------------------------------------------------------------------ 832


def _catalogue(one: TransactionSet) -> Document:
    cut = parts.cut(one, "LIN", ("CTT",))
    bct = parts.needed(cut.header, "BCT")
    issued = parts.dated(cut.header, "007", "097", "152")
    start = parts.dated(cut.header, "007", "092", "196")
    own = parts.currency(cut.header) or next((parts.currency(each) for each in cut.lines if parts.currency(each)), None)
    whole = Validity(start, parts.dated(cut.header, "093", "197", "036"))
    return Document(
        kind=Kind.CATALOGUE,
        standard="x12",
        number=parts.text(cut.header, bct, 2),
        place=one.place,
        issued_on=issued,
        currency=own,
        supplier=parts.from_sender(parts.party(cut.header, "SU", "SE", "VN", "98", "DS"), one),
        buyer=parts.party(cut.header, "BY", "BT"),
        lines=tuple(_catalogue_line(loop, position, whole) for position, loop in enumerate(_lines(cut, "LIN"), 1)),
        validity=whole,
        findings=(*parts.lines_stated(cut), *parts.gtin_notes(cut.lines, 2)),
    )


def _catalogue_line(loop: Loop, position: int, whole: Validity) -> Line:
    price, quantity = _catalogue_price(loop)
    return Line(
        number=loop.head[1] or str(position),
        place=loop.place(),
        item=parts.item(loop, 2),
        quantity=quantity,
        price=price,
        pack=_pack(loop),
        validity=Validity(
            parts.dated(loop, "007", "092", "196") or whole.start,
            parts.dated(loop, "093", "197", "036") or whole.end,
        ),
        currency=parts.currency(loop),
    )


def _catalogue_price(loop: Loop) -> tuple[Price | None, Quantity | None]:
    """CTP: the price and, with it, of how much."""
    ctp = loop.find("CTP")
    if ctp is None:
        return None, None
    amount, of = parts.number(loop, ctp, 3), parts.number(loop, ctp, 4)
    if of is not None and of <= 0:
        raise Refused("BAD_VALUE", loop.place(ctp, 4), f"CTP04 is {plain(of)}, which prices nothing")
    quantity = Quantity(Decimal(1), ctp[5], house_unit(ctp[5], "x12")) if ctp[5] else None
    return (None if amount is None else Price(amount, of or Decimal(1), ctp[5])), quantity


# ------------------------------------------------------------------ common


def _pack(loop: Loop) -> Pack:
    """PO4: how many inner packs, of what size."""
    po4 = loop.find("PO4")
    if po4 is None:
        return Pack()
    size = parts.number(loop, po4, 2)
    content = Quantity(size, po4[3], house_unit(po4[3], "x12")) if size is not None else None
    return Pack(content=content, units=parts.number(loop, po4, 1))


def _lines(cut: Parts, name: str) -> tuple[Loop, ...]:
    if not cut.lines:
        raise Refused("NO_LINES", cut.header.place(), f"the set has no {name}")
    return cut.lines


READERS: dict[str, Callable[[TransactionSet], Document]] = {"850": _order, "810": _invoice, "832": _catalogue}
