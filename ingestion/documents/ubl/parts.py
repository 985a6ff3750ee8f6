"""What all UBL documents are made of: numbers, days, parties, items, prices, allowances and charges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TypeVar

from ingestion.documents.model import Adjustment, Identifier, Item, Party, Price, Quantity, Tax, Totals, Validity
from ingestion.documents.problems import Finding, Refused
from ingestion.documents.ubl.tree import Node
from ingestion.documents.units import house_unit
from ingestion.documents.values import PRICE_PLACES, decimal, iso_day, valid_gtin

Value = TypeVar("Value")
SCHEMES = {"0088": "gln", "0060": "duns", "9956": "vat"}
GTIN_SCHEMES = frozenset({"0160", "GTIN"})


def required(node: Node, path: str) -> str:
    """A text that must be there; Refused names the path that is empty."""
    text = node.value(path)
    if not text:
        raise Refused("MISSING", node.place, f"{node.place.path}/{path} is missing or empty")
    return text


def number(node: Node, path: str) -> Decimal | None:
    """A number where there is one; Refused where it is none."""
    return _read(node, path, decimal)


def needed_number(node: Node, path: str) -> Decimal:
    """A number that must be there."""
    required(node, path)
    value = number(node, path)
    assert value is not None
    return value


def day(node: Node, path: str) -> date | None:
    """A day where there is one; Refused where it is none."""
    return _read(node, path, iso_day)


def _read(node: Node, path: str, convert: Callable[[str], Value]) -> Value | None:
    found = node.find(path)
    if found is None or not found.text.strip():
        return None
    try:
        return convert(found.text)
    except ValueError as error:
        raise Refused("BAD_VALUE", found.place, f"{found.place.path}: {error}") from error


def quantity(node: Node, path: str) -> Quantity | None:
    """A quantity with its unit's code of Recommendation 20 and the house's unit."""
    found, value = node.find(path), number(node, path)
    if found is None or value is None:
        return None
    code = found.attributes.get("unitCode", "")
    return Quantity(value, code, house_unit(code, "ubl"))


def orderable(node: Node) -> Quantity | None:
    """One of the unit that a catalogue line is ordered in."""
    code = node.value("OrderableUnit")
    return Quantity(Decimal(1), code, house_unit(code, "ubl")) if code else None


def party(node: Node | None) -> Party:
    """A company by its trading name, its ids and its VAT registration."""
    if node is None:
        return Party()
    inner = node.find("Party") or node
    ids = [
        _identifier(each)
        for path in ("EndpointID", "PartyIdentification/ID", "PartyLegalEntity/CompanyID")
        for each in inner.all(path)
    ]
    taxed = [
        Identifier(each.value("TaxScheme/ID").lower() or "tax", each.value("CompanyID"))
        for each in inner.all("PartyTaxScheme")
    ]
    name = inner.value("PartyName/Name") or inner.value("PartyLegalEntity/RegistrationName")
    return Party(name, tuple(dict.fromkeys(each for each in (*ids, *taxed) if each.value)))


def _identifier(node: Node) -> Identifier:
    scheme = node.attributes.get("schemeID", "")
    return Identifier(SCHEMES.get(scheme, scheme), node.text.strip())


def item(node: Node | None) -> Item:
    """An item with its ids; a GTIN counts as one only with the right check digit."""
    if node is None:
        return Item()
    standard = node.find("StandardItemIdentification/ID")
    written = standard.text.strip() if standard else None
    claims = standard is not None and standard.attributes.get("schemeID", "0160") in GTIN_SCHEMES
    return Item(
        name=node.value("Name") or node.value("Description"),
        standard_id=written,
        gtin=valid_gtin(written) if written and claims else None,
        supplier_sku=node.value("SellersItemIdentification/ID") or None,
        buyer_sku=node.value("BuyersItemIdentification/ID") or None,
        manufacturer_sku=node.value("ManufacturersItemIdentification/ID") or None,
    )


def gtin_notes(node: Node) -> list[Finding]:
    """Notes on the GTINs in a document whose check digit is wrong."""
    return [
        Finding("GTIN", each.place, f"{each.text.strip()!r} is no GTIN: its check digit is wrong", is_difference=False)
        for each in node.all("Item/StandardItemIdentification/ID")
        if each.attributes.get("schemeID") in GTIN_SCHEMES and valid_gtin(each.text.strip()) is None
    ]


def price(node: Node | None) -> Price | None:
    """A price for its base quantity, one where the document says none; Refused for a base of zero or below."""
    if node is None:
        return None
    amount = _read(node, "PriceAmount", lambda text: decimal(text, PRICE_PLACES))
    if amount is None:
        return None
    base = number(node, "BaseQuantity")
    if base is not None and base <= 0:
        raise Refused("BAD_VALUE", node.place, f"{node.place.path}/BaseQuantity is {base}, which prices nothing")
    found = node.find("BaseQuantity")
    return Price(amount, Decimal(1) if base is None else base, found.attributes.get("unitCode", "") if found else "")


def adjustments(node: Node) -> tuple[Adjustment, ...]:
    """The allowances and charges directly under an element."""
    return tuple(_adjustment(each) for each in node.all("AllowanceCharge"))


def _adjustment(node: Node) -> Adjustment:
    indicator = required(node, "ChargeIndicator").lower()
    if indicator not in {"true", "false", "1", "0"}:
        raise Refused("BAD_VALUE", node.place, f"{node.place.path}/ChargeIndicator is {indicator!r}, not true or false")
    return Adjustment(
        is_charge=indicator in {"true", "1"},
        amount=needed_number(node, "Amount"),
        code=node.value("AllowanceChargeReasonCode"),
        reason=node.value("AllowanceChargeReason"),
        tax_category=node.value("TaxCategory/ID"),
        tax_rate=number(node, "TaxCategory/Percent"),
    )


def taxes(node: Node, currency: str | None) -> tuple[tuple[Tax, ...], Decimal | None]:
    """The taxes by rate and their stated sum, in the document's currency (a second total may be in another one)."""
    totals = [each for each in node.all("TaxTotal") if _currency(each, "TaxAmount") in {None, currency}]
    if not totals:
        return (), None
    parts = tuple(
        Tax(
            amount=needed_number(each, "TaxAmount"),
            taxable=number(each, "TaxableAmount"),
            category=each.value("TaxCategory/ID"),
            rate=number(each, "TaxCategory/Percent"),
        )
        for total in totals
        for each in total.all("TaxSubtotal")
    )
    return parts, sum((needed_number(total, "TaxAmount") for total in totals), Decimal(0))


def _currency(node: Node, path: str) -> str | None:
    found = node.find(path)
    return found.attributes.get("currencyID") if found else None


def totals(node: Node | None, tax: Decimal | None) -> Totals:
    """The stated sums."""
    if node is None:
        return Totals(tax=tax)
    return Totals(
        lines=number(node, "LineExtensionAmount"),
        allowances=number(node, "AllowanceTotalAmount"),
        charges=number(node, "ChargeTotalAmount"),
        tax_exclusive=number(node, "TaxExclusiveAmount"),
        tax=tax,
        tax_inclusive=number(node, "TaxInclusiveAmount"),
        prepaid=number(node, "PrepaidAmount"),
        rounding=number(node, "PayableRoundingAmount"),
        payable=number(node, "PayableAmount"),
    )


def validity(node: Node, path: str) -> Validity:
    """A period; open where the document says nothing."""
    return Validity(day(node, f"{path}/StartDate"), day(node, f"{path}/EndDate"))
