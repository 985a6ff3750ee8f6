"""UBL 2 documents as Peppol and EN 16931 use them: order, despatch advice, catalogue, invoice, credit note."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import BinaryIO, TypedDict

from ingestion.documents.model import Document, Kind, Line, Pack, Validity
from ingestion.documents.problems import Finding, Place, Refused
from ingestion.documents.totals import check_totals
from ingestion.documents.ubl import parts
from ingestion.documents.ubl.tree import Node, read_tree

NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:"
CREDIT_CODES = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"})
"""UN/EDIFACT 1001 codes that are credit notes in EN 16931."""


def read_ubl(stream: BinaryIO) -> Document:
    """The document in a stream; Refused names another kind, a missing element or a value that cannot be read."""
    root = read_tree(stream)
    kind = _kind(root)
    return READERS[kind](root, kind)


def _kind(root: Node) -> Kind:
    if not root.namespace.startswith(NAMESPACE):
        raise Refused("NOT_UBL", root.place, f"the root {root.name!r} is not of UBL 2 (namespace {root.namespace!r})")
    kind = ROOTS.get(root.name)
    if kind is None:
        known = ", ".join(ROOTS)
        raise Refused("UNSUPPORTED_DOCUMENT", root.place, f"a UBL {root.name} is not read here; {known} are")
    return kind


# ------------------------------------------------------------------ invoices and credit notes


def _invoice(root: Node, kind: Kind) -> Document:
    _check_type_code(root, kind)
    currency = parts.required(root, "DocumentCurrencyCode")
    name = "CreditNoteLine" if kind is Kind.CREDIT_NOTE else "InvoiceLine"
    quantity = "CreditedQuantity" if kind is Kind.CREDIT_NOTE else "InvoicedQuantity"
    lines = tuple(_billed_line(each, quantity) for each in root.all(name))
    taxes, tax = parts.taxes(root, currency)
    total = root.find("LegalMonetaryTotal")
    document = Document(
        **_header(root, kind, currency),
        supplier=parts.party(root.find("AccountingSupplierParty")),
        buyer=parts.party(root.find("AccountingCustomerParty")),
        lines=_needed(lines, root, name),
        order_number=root.value("OrderReference/ID") or None,
        invoice_number=root.value("BillingReference/InvoiceDocumentReference/ID") or None,
        due_on=parts.day(root, "DueDate"),
        adjustments=parts.adjustments(root),
        taxes=taxes,
        totals=parts.totals(total, tax),
    )
    parts.required(root, "LegalMonetaryTotal/PayableAmount")
    return _checked(document, root, name)


def _check_type_code(root: Node, kind: Kind) -> None:
    """The root element decides what a document is; a code that says the opposite is refused, not weighed."""
    code = root.value("CreditNoteTypeCode" if kind is Kind.CREDIT_NOTE else "InvoiceTypeCode")
    if code and (code in CREDIT_CODES) is not (kind is Kind.CREDIT_NOTE):
        raise Refused("TYPE_CONFLICT", root.place, f"a UBL {root.name} with the type code {code} contradicts itself")


def _billed_line(node: Node, quantity: str) -> Line:
    return Line(
        number=parts.required(node, "ID"),
        place=node.place,
        item=parts.item(node.find("Item")),
        quantity=parts.quantity(node, quantity),
        price=parts.price(node.find("Price")),
        net=parts.needed_number(node, "LineExtensionAmount"),
        adjustments=parts.adjustments(node),
        tax_category=node.value("Item/ClassifiedTaxCategory/ID"),
        tax_rate=parts.number(node, "Item/ClassifiedTaxCategory/Percent"),
        order_number=node.value("OrderLineReference/OrderReference/ID") or None,
        order_line=node.value("OrderLineReference/LineID") or None,
    )


# ------------------------------------------------------------------ orders, despatch advices, catalogues


def _order(root: Node, kind: Kind) -> Document:
    currency = root.value("DocumentCurrencyCode") or None
    lines = tuple(_order_line(each) for each in root.all("OrderLine/LineItem"))
    taxes, tax = parts.taxes(root, currency)
    document = Document(
        **_header(root, kind, currency),
        supplier=parts.party(root.find("SellerSupplierParty")),
        buyer=parts.party(root.find("BuyerCustomerParty")),
        lines=_needed(lines, root, "OrderLine"),
        order_number=root.value("ID"),
        adjustments=parts.adjustments(root),
        taxes=taxes,
        totals=parts.totals(root.find("AnticipatedMonetaryTotal"), tax),
        validity=parts.validity(root, "ValidityPeriod"),
    )
    return _checked(document, root, "OrderLine/LineItem")


def _order_line(node: Node) -> Line:
    return Line(
        number=parts.required(node, "ID"),
        place=node.place,
        item=parts.item(node.find("Item")),
        quantity=parts.quantity(node, "Quantity"),
        price=parts.price(node.find("Price")),
        net=parts.number(node, "LineExtensionAmount"),
        adjustments=parts.adjustments(node),
        tax_category=node.value("Item/ClassifiedTaxCategory/ID"),
        tax_rate=parts.number(node, "Item/ClassifiedTaxCategory/Percent"),
    )


def _despatch_advice(root: Node, kind: Kind) -> Document:
    lines = tuple(_despatched_line(each) for each in root.all("DespatchLine"))
    document = Document(
        **_header(root, kind, None),
        supplier=parts.party(root.find("DespatchSupplierParty")),
        buyer=parts.party(root.find("BuyerCustomerParty") or root.find("DeliveryCustomerParty")),
        lines=_needed(lines, root, "DespatchLine"),
        order_number=root.value("OrderReference/ID") or None,
    )
    return _checked(document, root, "DespatchLine")


def _despatched_line(node: Node) -> Line:
    batch = node.find("Item/ItemInstance")
    return Line(
        number=parts.required(node, "ID"),
        place=node.place,
        item=parts.item(node.find("Item")),
        quantity=parts.quantity(node, "DeliveredQuantity"),
        order_number=node.value("OrderLineReference/OrderReference/ID") or None,
        order_line=node.value("OrderLineReference/LineID") or None,
        lot=(batch.value("LotIdentification/LotNumberID") or None) if batch else None,
        best_before=parts.day(batch, "BestBeforeDate") if batch else None,
    )


def _catalogue(root: Node, kind: Kind) -> Document:
    issued, whole = parts.day(root, "IssueDate"), parts.validity(root, "ValidityPeriod")
    lines = tuple(_catalogue_line(each, whole, issued) for each in root.all("CatalogueLine"))
    document = Document(
        **_header(root, kind, None),
        supplier=parts.party(root.find("SellerSupplierParty") or root.find("ProviderParty")),
        buyer=parts.party(root.find("ReceiverParty")),
        lines=_needed(lines, root, "CatalogueLine"),
        validity=whole,
    )
    return _checked(document, root, "CatalogueLine")


def _catalogue_line(node: Node, whole: Validity, issued: date | None) -> Line:
    """A line's price is valid as its price, else its line, else its catalogue says, else from the day of issue."""
    priced = node.find("RequiredItemLocationQuantity/Price")
    own = parts.validity(priced, "ValidityPeriod") if priced else Validity()
    line = parts.validity(node, "LineValidityPeriod")
    amount = priced.find("PriceAmount") if priced else None
    return Line(
        number=parts.required(node, "ID"),
        place=node.place,
        item=parts.item(node.find("Item")),
        price=parts.price(priced),
        tax_category=node.value("Item/ClassifiedTaxCategory/ID"),
        tax_rate=parts.number(node, "Item/ClassifiedTaxCategory/Percent"),
        pack=Pack(
            content=parts.quantity(node, "ContentUnitQuantity"),
            units=parts.number(node, "Item/PackSizeNumeric"),
            minimum=parts.quantity(node, "MinimumOrderQuantity"),
            multiple=parts.number(node, "OrderQuantityIncrementNumeric"),
        ),
        quantity=parts.orderable(node),
        validity=Validity(
            own.start or line.start or whole.start or issued,
            own.end or line.end or whole.end,
        ),
        currency=amount.attributes.get("currencyID") if amount else None,
        is_removed=node.value("ActionCode") == "Delete",
    )


# ------------------------------------------------------------------ common


class _Header(TypedDict):
    kind: Kind
    standard: str
    number: str
    place: Place
    issued_on: date | None
    currency: str | None


def _header(root: Node, kind: Kind, currency: str | None) -> _Header:
    parts.required(root, "IssueDate")
    return {
        "kind": kind,
        "standard": "ubl",
        "number": parts.required(root, "ID"),
        "place": root.place,
        "issued_on": parts.day(root, "IssueDate"),
        "currency": currency,
    }


def _needed(lines: tuple[Line, ...], root: Node, name: str) -> tuple[Line, ...]:
    if not lines:
        raise Refused("NO_LINES", root.place, f"the {root.name} has no {name}")
    return lines


def _checked(document: Document, root: Node, line: str) -> Document:
    """The document with what does not add up in it, and notes on codes that are none."""
    differences = check_totals(
        document.lines, document.adjustments, document.taxes, document.totals, _total_place(root).place
    )
    notes: list[Finding] = [note for each in root.all(line) for note in parts.gtin_notes(each)]
    return replace(document, findings=(*differences, *notes))


def _total_place(root: Node) -> Node:
    return root.find("LegalMonetaryTotal") or root.find("AnticipatedMonetaryTotal") or root


ROOTS = {
    "Order": Kind.ORDER,
    "DespatchAdvice": Kind.DESPATCH_ADVICE,
    "Catalogue": Kind.CATALOGUE,
    "Invoice": Kind.INVOICE,
    "CreditNote": Kind.CREDIT_NOTE,
}
READERS: dict[Kind, Callable[[Node, Kind], Document]] = {
    Kind.ORDER: _order,
    Kind.DESPATCH_ADVICE: _despatch_advice,
    Kind.CATALOGUE: _catalogue,
    Kind.INVOICE: _invoice,
    Kind.CREDIT_NOTE: _invoice,
}
