"""Values as people read them: with their unit, in the digits that matter, nothing where there is nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from orchestration.lib.workbooks import RATES

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
ABBREVIATIONS = frozenset({"otif", "sku", "abc", "xyz", "mase"})
CENT, THOUSANDTH = Decimal("0.01"), Decimal("0.001")


@dataclass(frozen=True)
class Label:
    """Writes the page's number: an amount of money, a quantity of a unit, or a rate."""

    kind: str  # money, quantity, rate
    measured_in: str

    def __call__(self, value: Decimal) -> str:
        """The value with its unit."""
        if self.kind == "rate":
            return f"{value * 100:,.1f} %"
        if self.kind == "money":
            return money(value, self.measured_in)
        return f"{plain(value, THOUSANDTH)} {self.measured_in}".strip()

    @property
    def adds_up(self) -> bool:
        """Whether several values together are their sum."""
        return self.kind != "rate"

    @property
    def title(self) -> str:
        """For an axis."""
        return self.measured_in or ("%" if self.kind == "rate" else "")


def money(value: Decimal, currency: str) -> str:
    """`$1,234.50`; the code before the amount where the currency has no sign of its own."""
    sign = SIGNS.get(currency)
    amount = f"{abs(value).quantize(CENT, ROUND_HALF_EVEN):,}"
    minus = "−" if value < 0 else ""
    return f"{minus}{sign}{amount}" if sign else f"{minus}{currency} {amount}".strip()


def plain(value: Decimal, step: Decimal) -> str:
    """Thousands apart, no zeros that say nothing."""
    text = f"{value.quantize(step, ROUND_HALF_EVEN):,f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def heading(column: str) -> str:
    """`is_below_reorder` is `Below reorder`, `otif_rate` is `OTIF rate`."""
    words = column.removeprefix("is_").removesuffix("_id").split("_")
    text = " ".join(word.upper() if word in ABBREVIATIONS else word for word in words)
    return text[:1].upper() + text[1:]


def cell(column: str, value: Any) -> str:
    """A table's cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, Decimal):
        return _number(column, value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _number(column: str, value: Decimal) -> str:
    from orchestration.lib.documents.presentations import is_money

    if column.endswith(RATES):
        return f"{value * 100:,.1f} %"
    if is_money(column):
        return f"{value.quantize(CENT, ROUND_HALF_EVEN):,}".replace("-", "−")
    return plain(value, THOUSANDTH)
