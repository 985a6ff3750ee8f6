"""What a till's row becomes: the order line, its restaurant, and the key by which it is known for ever. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from ingestion.pos.cells import plain


@dataclass(frozen=True)
class Place:
    """A restaurant as the operational tables know it."""

    location_id: str
    code: str
    time_zone: str
    currency: str
    day_cutoff: time


@dataclass(frozen=True)
class OrderLine:
    """One sold line; `ordered_at` in UTC, money in the location's currency, quantities in sold units."""

    order_number: str
    ordered_at: datetime
    business_day: date
    item_code: str
    item_name: str
    category: str
    quantity: Decimal
    unit_price: Decimal
    line_total: Decimal
    stated_line_count: int | None

    def canonical(self, location_code: str) -> str:
        """Location and values in one spelling: identical lines have identical texts."""
        values = (
            self.order_number,
            self.ordered_at.isoformat(),
            self.item_code,
            self.item_name,
            self.category,
            *(plain(number) for number in (self.quantity, self.unit_price, self.line_total)),
            self.stated_line_count,
        )
        return canonical(location_code, values)


def canonical(location_code: str, values: object) -> str:
    """The text that a row's key is made of."""
    return json.dumps([location_code, values], ensure_ascii=False, separators=(",", ":"))


def row_key(text: str, occurrence: int) -> str:
    """SHA-256 of a canonical text and which of its file's identical rows it is: 64 hexadecimal digits."""
    return hashlib.sha256(f"{text[:-1]},{occurrence}]".encode("utf-8", "backslashreplace")).hexdigest()
