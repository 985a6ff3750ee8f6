"""Does a document add up? The rules of EN 16931 by their names; differences are named, never mended.

BR-CO-10  Σ line amounts = sum of lines            BR-CO-13  lines − allowances + charges = total without tax
BR-CO-11  Σ allowances = allowance total           BR-CO-14  Σ taxes = tax
BR-CO-12  Σ charges = charge total                 BR-CO-15  without tax + tax = with tax
R120      quantity × price ÷ base + charges − allowances = line amount (Peppol, within 0.02)
BR-CO-16  with tax − prepaid + rounding = payable
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal

from ingestion.documents.model import Adjustment, Line, Tax, Totals
from ingestion.documents.problems import Finding, Place

CENT = Decimal("0.01")
SLACK = Decimal("0.02")
ZERO = Decimal(0)


def check_totals(
    lines: tuple[Line, ...], adjustments: tuple[Adjustment, ...], taxes: tuple[Tax, ...], totals: Totals, place: Place
) -> tuple[Finding, ...]:
    """Every rule that does not hold, in the order of the arithmetic."""
    return (
        *line_findings(lines),
        *_sums(lines, adjustments, taxes, totals, place),
        *_chain(totals, place),
    )


def line_findings(lines: Iterable[Line]) -> Iterator[Finding]:
    """Lines whose amount is not what their quantity and price give."""
    for line in lines:
        if line.net is None or line.price is None or line.quantity is None:
            continue
        expected = line.quantity.value * line.price.amount / line.price.base_quantity + _signed(line.adjustments)
        if abs(expected - line.net) > SLACK:
            yield Finding(
                "PEPPOL-EN16931-R120",
                line.place,
                f"line {line.number} says {plain(line.net)}, but {plain(line.quantity.value)} × "
                f"{plain(line.price.amount)} per {plain(line.price.base_quantity)} with its allowances and charges is "
                f"{plain(expected)}",
            )


def _sums(
    lines: tuple[Line, ...], adjustments: tuple[Adjustment, ...], taxes: tuple[Tax, ...], totals: Totals, place: Place
) -> Iterator[Finding]:
    allowances = sum((each.amount for each in adjustments if not each.is_charge), ZERO)
    charges = sum((each.amount for each in adjustments if each.is_charge), ZERO)
    yield from _equal("BR-CO-10", "the sum of the lines", totals.lines, _nets(lines), place)
    yield from _equal("BR-CO-11", "the sum of allowances", totals.allowances, allowances, place)
    yield from _equal("BR-CO-12", "the sum of charges", totals.charges, charges, place)
    without_tax = None if totals.lines is None else totals.lines - (totals.allowances or 0) + (totals.charges or 0)
    yield from _equal("BR-CO-13", "the total without tax", totals.tax_exclusive, without_tax, place)
    if taxes:
        yield from _equal("BR-CO-14", "the tax", totals.tax, sum((tax.amount for tax in taxes), ZERO), place)


def _chain(totals: Totals, place: Place) -> Iterator[Finding]:
    with_tax = None if totals.tax_exclusive is None else totals.tax_exclusive + (totals.tax or 0)
    yield from _equal("BR-CO-15", "the total with tax", totals.tax_inclusive, with_tax, place)
    payable = (
        None if totals.tax_inclusive is None else totals.tax_inclusive - (totals.prepaid or 0) + (totals.rounding or 0)
    )
    yield from _equal("BR-CO-16", "the payable amount", totals.payable, payable, place)


def _equal(code: str, what: str, stated: Decimal | None, reckoned: Decimal | None, place: Place) -> Iterator[Finding]:
    if stated is None or reckoned is None or cents(stated) == cents(reckoned):
        return
    difference = cents(stated) - cents(reckoned)
    yield Finding(
        code, place, f"{what} is stated as {plain(stated)}, the parts give {plain(reckoned)} ({difference:+f})"
    )


def _nets(lines: tuple[Line, ...]) -> Decimal | None:
    nets = [line.net for line in lines if line.net is not None]
    return sum(nets, ZERO) if len(nets) == len(lines) else None


def _signed(adjustments: tuple[Adjustment, ...]) -> Decimal:
    return sum((each.signed for each in adjustments), ZERO)


def cents(value: Decimal) -> Decimal:
    """To two decimals, halves away from zero, as EN 16931 rounds."""
    return value.quantize(CENT, ROUND_HALF_UP)


def plain(value: Decimal) -> str:
    """Without zeros that say nothing beyond two decimals."""
    return format(cents(value) if value == cents(value) else value.normalize(), "f")
