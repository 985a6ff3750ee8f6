"""Suppliers' documents as typed values, whichever standard they came in: money and quantities are exact decimals.

Amounts stand as the document states them. What a credit note takes back is told by its kind, never by a sign.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.documents.problems import Finding, Place


class Kind(StrEnum):
    """What a document is."""

    ORDER = "order"
    DESPATCH_ADVICE = "despatch_advice"
    CATALOGUE = "catalogue"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"

    @property
    def sign(self) -> int:
        """−1 for what is taken back, 1 for everything else."""
        return -1 if self is Kind.CREDIT_NOTE else 1


@dataclass(frozen=True)
class Identifier:
    """An id and its scheme: `gln`, `vat`, `duns`, or the scheme's own code (ISO 6523, X12 element 66)."""

    scheme: str
    value: str


@dataclass(frozen=True)
class Party:
    """A company as the document names it."""

    name: str = ""
    ids: tuple[Identifier, ...] = ()

    def id_of(self, scheme: str) -> str | None:
        """The first id of that scheme."""
        return next((each.value for each in self.ids if each.scheme == scheme), None)

    @property
    def gln(self) -> str | None:
        """The Global Location Number."""
        return self.id_of("gln")

    @property
    def vat(self) -> str | None:
        """The VAT registration."""
        return self.id_of("vat")


@dataclass(frozen=True)
class Item:
    """What is sold; `gtin` has passed its check digit, `standard_id` is what the document wrote."""

    name: str = ""
    standard_id: str | None = None
    gtin: str | None = None
    supplier_sku: str | None = None
    buyer_sku: str | None = None
    manufacturer_sku: str | None = None


@dataclass(frozen=True)
class Quantity:
    """So many of a unit: its code as written, and the house's unit where there is one that means the same."""

    value: Decimal
    code: str = ""
    unit: str | None = None


@dataclass(frozen=True)
class Price:
    """`amount` buys `base_quantity` of the unit."""

    amount: Decimal
    base_quantity: Decimal = Decimal(1)
    base_code: str = ""

    @property
    def per_unit(self) -> Decimal:
        """The price of one, as exact as the decimal context."""
        return self.amount / self.base_quantity


@dataclass(frozen=True)
class Adjustment:
    """An allowance (taken off) or a charge (put on top); `amount` is positive in both."""

    is_charge: bool
    amount: Decimal
    code: str = ""
    reason: str = ""
    tax_category: str = ""
    tax_rate: Decimal | None = None

    @property
    def signed(self) -> Decimal:
        """What it adds to the sum."""
        return self.amount if self.is_charge else -self.amount


@dataclass(frozen=True)
class Tax:
    """One tax at one rate on one basis."""

    amount: Decimal
    taxable: Decimal | None = None
    category: str = ""
    rate: Decimal | None = None


@dataclass(frozen=True)
class Validity:
    """From and including, until and including; None is open."""

    start: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class Pack:
    """How much one ordered unit holds."""

    content: Quantity | None = None
    units: Decimal | None = None  # how many inner units
    minimum: Quantity | None = None
    multiple: Decimal | None = None


@dataclass(frozen=True)
class Line:
    """One line; `net` is what the document says the line amounts to, before tax."""

    number: str
    place: Place
    item: Item
    quantity: Quantity | None = None
    price: Price | None = None
    net: Decimal | None = None
    adjustments: tuple[Adjustment, ...] = ()
    tax_category: str = ""
    tax_rate: Decimal | None = None
    order_number: str | None = None
    order_line: str | None = None
    lot: str | None = None
    best_before: date | None = None
    pack: Pack = Pack()
    validity: Validity = Validity()
    currency: str | None = None
    is_removed: bool = False


@dataclass(frozen=True)
class Totals:
    """What the document says its sums are; None where it says nothing."""

    lines: Decimal | None = None
    allowances: Decimal | None = None
    charges: Decimal | None = None
    tax_exclusive: Decimal | None = None
    tax: Decimal | None = None
    tax_inclusive: Decimal | None = None
    prepaid: Decimal | None = None
    rounding: Decimal | None = None
    payable: Decimal | None = None


@dataclass(frozen=True)
class Document:
    """A document, complete; `findings` name what in it does not add up."""

    kind: Kind
    standard: str
    number: str
    place: Place
    issued_on: date | None
    currency: str | None
    supplier: Party
    buyer: Party
    lines: tuple[Line, ...]
    order_number: str | None = None
    invoice_number: str | None = None  # that a credit note belongs to
    due_on: date | None = None
    adjustments: tuple[Adjustment, ...] = ()
    taxes: tuple[Tax, ...] = ()
    totals: Totals = Totals()
    validity: Validity = Validity()
    findings: tuple[Finding, ...] = field(default=())
