"""What a sample of cells proves about a till's way of writing, and what stays a question. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingestion.pos.cells import SIGNS
from ingestion.pos.mapping import OPEN

NAMES: dict[str, tuple[str, ...]] = {
    "order_number": (
        "order number", "order no", "order id", "order", "bill", "invoice", "receipt", "ticket", "check",
        "transaction", "bon", "rechnung", "facture", "comanda", "scontrino",
    ),
    "ordered_at": (
        "ordered at", "order date time", "datetime", "timestamp", "date time", "sold at", "created at", "closed at",
        "when", "order date", "at",
    ),
    "ordered_date": ("date", "order date", "business date", "day", "datum", "tag", "fecha", "data", "sale date"),
    "ordered_time": ("time", "order time", "zeit", "uhrzeit", "heure", "hora", "ora", "sale time"),
    "item_code": ("item code", "plu", "sku", "item id", "product code", "article number", "artikelnummer", "code"),
    "item_name": (
        "item name", "item", "product name", "product", "description", "menu item", "article", "artikel", "name",
        "dish",
    ),
    "category": ("category", "item category", "group", "type", "department", "kategorie", "warengruppe"),
    "quantity": ("quantity", "qty", "units", "count", "sold", "menge", "anzahl", "quantite", "cantidad"),
    "unit_price": ("unit price", "product price", "price", "item price", "preis", "einzelpreis", "prix", "precio"),
    "line_total": ("line total", "total", "amount", "net sales", "gross sales", "summe", "betrag", "montant"),
    "stated_line_count": ("total products", "line count", "lines"),
    "currency": ("currency", "currency code", "wahrung", "devise"),
    "location": ("location", "store", "shop", "site", "restaurant", "filiale", "outlet"),
}  # fmt: skip
NEEDED = ("order_number", "item_name", "unit_price")

DAYS = r"(?P<a>\d{1,4})(?P<s>[./-])(?P<b>\d{1,2})(?P=s)(?P<c>\d{2,4})"
CLOCKS = {
    r"": "",
    r"[ T]\d{1,2}:\d\d": "%H:%M",
    r"[ T]\d{1,2}:\d\d:\d\d": "%H:%M:%S",
    r"[ T]\d{1,2}:\d\d ?[AaPp][Mm]": "%I:%M %p",
    r"[ T]\d{1,2}:\d\d:\d\d ?[AaPp][Mm]": "%I:%M:%S %p",
}
COMMA = re.compile(r"\d,\d{1,2}(\D|$)|\d[. ]\d{3},\d")
POINT = re.compile(r"\d\.\d{1,2}(\D|$)|\d,\d{3}\.\d")
EITHER = re.compile(r"\d[.,]\d{3}(\D|$)")
HOURS = (r"(\d{1,2})h", r"(\d{1,2}):00", r"h(\d{1,2})", r"hour[ _]?(\d{1,2})", r"(\d{1,2}) ?Uhr")
FEWEST_HOURS = 3


@dataclass(frozen=True)
class Guess:
    """A value that the sample shows, None where it shows none, and the question that stays."""

    value: Any
    doubt: str | None = None


def find_columns(values: dict[str, list[str]]) -> tuple[dict[str, str], list[str]]:
    """Ours → theirs by the columns' names, and which needed ones were not found.

    Exact names win over names that merely contain ours; a column is used once.
    """
    plain = {
        name: re.sub(r"[^a-z0-9]+", " ", name.lower().replace("ä", "a").replace("é", "e")).strip() for name in values
    }
    found: dict[str, str] = {}
    for is_exact in (True, False):
        for ours, theirs in NAMES.items():
            free = [name for name in values if name not in found.values()]
            match = next((n for word in theirs for n in free if _fits(plain[n], word, is_exact=is_exact)), None)
            if ours not in found and match is not None:
                found[ours] = match
    _settle_moment(found, values)
    if "line_total" in found or "item_code" in found:
        missing = [name for name in NEEDED if name == "order_number"]
    else:
        missing = list(NEEDED)
    return found, [*missing, *([] if {"ordered_at", "ordered_date"} & set(found) else ["ordered_at"])]


def _fits(name: str, word: str, *, is_exact: bool) -> bool:
    return name == word if is_exact else len(word) > 3 and f" {word} " in f" {name} "


def _settle_moment(found: dict[str, str], values: dict[str, list[str]]) -> None:
    """A date column that carries the time is the moment; a moment without a time is the date."""
    for ours in ("ordered_at", "ordered_date"):
        column = found.get(ours)
        has_time = column is not None and any(re.search(r"\d:\d\d", cell) for cell in values[column])
        if ours == "ordered_date" and has_time and "ordered_at" not in found:
            found["ordered_at"] = found.pop("ordered_date")
        if ours == "ordered_at" and column is not None and not has_time and "ordered_time" in found:
            found.setdefault("ordered_date", found.pop("ordered_at"))
    if "ordered_at" in found:
        found.pop("ordered_date", None)
        found.pop("ordered_time", None)


def dates(ours: str, column: str, cells: list[str]) -> Guess:
    """The strptime format that all cells have; day and month are told apart by a value above 12, or not at all."""
    texts = [cell.strip() for cell in cells if cell.strip()]
    if not texts:
        return Guess(None, f"formats.{ours}: {column!r} is empty in every row that was looked at")
    if ours == "ordered_time":
        return Guess(_fitting(texts, ("%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S %p")))
    if all(re.fullmatch(r"\d{10}|\d{13}", text) for text in texts):
        return Guess("epoch_ms" if len(texts[0]) == 13 else "epoch")
    if all(re.fullmatch(r"\d{4}-\d\d-\d\d[T ][\d:.]+(Z|[+-]\d\d:?\d\d)", text) for text in texts):
        return Guess("iso")
    for clock, form in CLOCKS.items():
        found = [re.fullmatch(f"{DAYS}(?P<clock>{clock})", text) for text in texts]
        if all(found):
            parts = [(m["a"], m["b"], m["c"]) for m in found if m]
            first = next(m for m in found if m)
            tail = (first["clock"][:1] + form) if form else ""
            return _ordered(ours, column, parts, first["s"], tail, texts[0])
    return Guess(OPEN, f"formats.{ours}: {texts[0]!r} is written in no way that is known here; say its strptime format")


def _ordered(
    ours: str, column: str, parts: list[tuple[str, str, str]], separator: str, tail: str, example: str
) -> Guess:
    a, b = (max(int(part[place]) for part in parts) for place in range(2))
    year = "%Y" if any(len(part[2]) == 4 for part in parts) else "%y"
    if any(len(part[0]) == 4 for part in parts):
        return Guess(separator.join(("%Y", "%m", "%d")) + tail)
    if a > 12 >= b:
        return Guess(separator.join(("%d", "%m", year)) + tail)
    if b > 12 >= a:
        return Guess(separator.join(("%m", "%d", year)) + tail)
    day_first, month_first = (separator.join((*order, year)) + tail for order in (("%d", "%m"), ("%m", "%d")))
    question = f"is {example!r} in {column!r} day first ({day_first}) or month first ({month_first})?"
    return Guess(OPEN, f"formats.{ours}: {question} No value above 12 tells; look into the till's settings")


def _fitting(texts: list[str], patterns: tuple[str, ...]) -> str | None:
    def fits(text: str, pattern: str) -> bool:
        try:
            datetime.strptime(text, pattern)  # noqa: DTZ007 - only whether it fits
        except ValueError:
            return False
        return True

    return next((pattern for pattern in patterns if all(fits(text, pattern) for text in texts)), None)


def numbers(cells: list[str]) -> Guess:
    """Whether decimals are written with a comma."""
    commas = next((cell for cell in cells if COMMA.search(cell)), None)
    points = next((cell for cell in cells if POINT.search(cell)), None)
    if commas and points:
        return Guess(
            value=False, doubt=f"formats.decimal_comma: both {commas!r} and {points!r} occur; one of them is misread"
        )
    unclear = next((cell for cell in cells if EITHER.search(cell)), None)
    if not commas and not points and unclear:
        question = f"formats.decimal_comma: is {unclear!r} more than a thousand, or a number with three decimals?"
        return Guess(value=False, doubt=question)
    return Guess(value=commas is not None)


def money(cells: list[str]) -> Guess:
    """The currency whose sign or code the amounts carry."""
    found = sorted({sign for cell in cells for sign in re.findall(r"[€£¥₹₺$]|\b[A-Z]{3}\b|\bkr\b|zł|Kč", cell)})
    if not found:
        return Guess(None)
    codes = SIGNS.get(found[0], found[0]).split()
    if len(found) == 1 and len(codes) == 1 and found[0] != "$":
        return Guess(codes[0])
    return Guess(None, f"currency: the amounts carry {', '.join(found)}; say which currency they are in")


def hour_columns(columns: list[str]) -> str | None:
    """The pattern of the columns that are hours, where there are at least three of one kind."""
    return next((form for form in HOURS if sum(bool(re.fullmatch(form, c)) for c in columns) >= FEWEST_HOURS), None)
