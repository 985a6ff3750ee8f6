"""The dashboards' arithmetic and how it is written out: pure, tested without a browser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

URGENT_DAYS = 2.0
"""Stock that ends sooner ends before most deliveries could come."""
LARGER_UNITS = {"g": "kg", "ml": "l"}


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included, and the equally long period before."""

    first: date
    last: date

    @classmethod
    def ending(cls, last: date, days: int) -> Period:
        """The `days` days up to and with `last`."""
        return cls(last - timedelta(days=days - 1), last)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Period:
        """The equally long period that ends where this one begins."""
        return Period.ending(self.first - timedelta(days=1), self.days)


def change(now: Decimal, before: Decimal) -> Decimal | None:
    """Relative change; None where there is nothing to compare with."""
    return (now - before) / before if before > 0 else None


def change_text(now: Decimal, before: Decimal) -> str | None:
    """`+4.2 %`, as a delta shows it."""
    relative = change(now, before)
    return None if relative is None else f"{relative * 100:+.1f} %"


def signed_percent(relative: Decimal | float) -> str:
    """`+4.2 %`, `−0.5 %`: a change in a table, with a real minus sign."""
    return f"{relative * 100:+.1f} %".replace("-", "−")


def rate(part: int, whole: int) -> float | None:
    """A share; None where there was nothing to share."""
    return part / whole if whole else None


def percent_text(share: float | None, sample: int) -> str:
    """`83 % of 24`: a share never stands without its sample."""
    return "nothing due" if share is None else f"{share * 100:.0f} % of {sample}"


def grouped(amount: Decimal, places: int) -> str:
    """`1,234.50`: digits in threes, rounded half up, with a real minus sign; nothing is not less than nothing."""
    rounded = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return f"{rounded or abs(rounded):,}".replace("-", "−")


def quantity_text(quantity: Decimal, unit: str) -> str:
    """`12.4 kg`, `350 g`, `−2 each`: three significant decimals at most, in the unit a cook would say."""
    if abs(quantity) >= 1000 and unit in LARGER_UNITS:
        quantity, unit = quantity / 1000, LARGER_UNITS[unit]
    places = 0 if abs(quantity) >= 100 or quantity == quantity.to_integral_value() else 1
    return f"{grouped(quantity, places)} {unit}"


def plot_unit(unit: str, largest: float) -> tuple[float, str]:
    """What to divide by, and the unit that remains, so that an axis has no needless thousands."""
    return (1000.0, LARGER_UNITS[unit]) if largest >= 1000 and unit in LARGER_UNITS else (1.0, unit)


def money_text(amounts: Mapping[str, Decimal]) -> str:
    """`USD 1,234`, and `USD 0.36` below ten, for each currency, the largest first.

    Amounts of different currencies are never added.
    """
    ordered = sorted(amounts.items(), key=lambda pair: (-pair[1], pair[0]))
    return (
        " · ".join(f"{currency} {grouped(each, 2 if 0 < abs(each) < 10 else 0)}" for currency, each in ordered) or "0"
    )


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Their exact sum."""
    return sum(amounts, Decimal(0))


def by_currency(rows: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Sums of amounts per currency."""
    sums: dict[str, Decimal] = {}
    for currency, amount in rows:
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    return sums


def cover_text(days: float | None) -> str:
    """`out`, `less than a day`, `3 days`; `over two weeks` where it outlasts the forecast."""
    if days is None:
        return "longer than foreseen"
    if days <= 0:
        return "out"
    if days < 1:
        return "less than a day"
    return "1 day" if days < 2 else f"{int(days)} days"


def age_text(age: timedelta) -> str:
    """`3 hours`, `2 days`: how old something is, rounded down."""
    hours = int(age.total_seconds() // 3600)
    if hours < 1:
        return "less than an hour"
    count, unit = (hours, "hour") if hours < 48 else (hours // 24, "day")
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
