"""Digital Link: a web address that is a message (GS1 Digital Link, URI syntax)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, unquote

from api.catalog.gs1.elements import Element, NotGs1, parse_field
from api.catalog.gs1.rules import repeats

ADDRESS = re.compile(
    r"https?://([a-z0-9.\-]+(?::[0-9]+)?|\[[0-9a-f:.]+\])(/[^?#]*)(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE | re.ASCII
)
ILLEGAL = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
GTIN_KEYS = frozenset({"01", "02"})
# A primary key, and what may follow it in the path, in this order.
QUALIFIERS: dict[str, tuple[str, ...]] = {
    "01": ("22", "10", "21", "235"),
    "8006": ("22", "10", "21"),
    "8010": ("8011",),
    "8013": (),
    "414": ("254", "7040"),
    "415": ("8020",),
    "417": ("7040",),
    "8017": ("8019",),
    "8018": ("8019",),
    "255": (),
    "00": (),
    "253": (),
    "401": (),
    "402": (),
    "8003": (),
    "8004": ("7040",),
}
NAMES = {
    "gtin": "01",
    "itip": "8006",
    "cpid": "8010",
    "gmn": "8013",
    "gln": "414",
    "payto": "415",
    "partygln": "417",
    "gsrnp": "8017",
    "gsrn": "8018",
    "gcn": "255",
    "sscc": "00",
    "gdti": "253",
    "ginc": "401",
    "gsin": "402",
    "grai": "8003",
    "giai": "8004",
    "cpv": "22",
    "lot": "10",
    "ser": "21",
    "tpx": "235",
    "cpsn": "8011",
    "glnx": "254",
    "refno": "8020",
    "srin": "8019",
    "uic-ext": "7040",
}


def is_web_address(text: str) -> bool:
    """Whether the text begins like an address of the web."""
    return text[:8].lower().startswith(("http://", "https://"))


def parse_link(text: str, *, is_strict: bool = False) -> list[Element]:
    """The fields of a Digital Link, the key first, then its qualifiers, then the query in its order.

    Unless `is_strict`, older forms are read too: names (`/gtin/`), GTINs without their leading zeros, and identifiers
    in the query that are not in the catalogue of identifiers.

    Raises:
        NotGs1: it is another address, or a field is wrong.
    """
    parts = ADDRESS.fullmatch(text)
    if parts is None or ILLEGAL.search(text):
        raise NotGs1("it is not an address of the web")
    path = [part if is_strict else NAMES.get(part, part) for part in parts[2].split("/")[1:]]
    start = _key_place(path)
    key, *qualifiers = zip(path[start::2], path[start + 1 :: 2], strict=True)
    elements = [_field(*key, is_strict=is_strict)]
    allowed = iter(QUALIFIERS[key[0]])
    for ai, value in qualifiers:
        if ai not in allowed:  # an iterator: each may stand once, and in order
            raise NotGs1(f"({ai}) cannot follow ({key[0]}) there")
        elements.append(_field(ai, value, is_strict=is_strict))
    elements += _query(parts[3] or "", taken={key[0], *QUALIFIERS[key[0]]}, is_strict=is_strict)
    for problem in repeats(elements):
        raise NotGs1(problem)
    return elements


def _key_place(path: Sequence[str]) -> int:
    """Where the key stands: the last of the places from which the path goes on in pairs, stems before it."""
    for place in range(len(path) - 2, -1, -2):
        if path[place] in QUALIFIERS:
            return place
    raise NotGs1("there is no key in the path")


def _query(query: str, *, taken: set[str], is_strict: bool) -> list[Element]:
    """Identifiers in the query; other parameters are the address's own business."""
    elements = []
    for ai, value in parse_qsl(query, keep_blank_values=True):
        if not (ai.isascii() and ai.isdigit()):
            continue
        if ai in taken:
            raise NotGs1(f"({ai}) belongs into the path")
        elements.append(_query_field(ai, value, is_strict=is_strict))
    return elements


def _query_field(ai: str, value: str, *, is_strict: bool) -> Element:
    try:
        return _field(ai, value, is_strict=is_strict)
    except NotGs1:
        is_unknown = ai == "89" or not 2 <= len(ai) <= 4
        if is_strict or not is_unknown or not value.isascii() or not value.isprintable():
            raise
        return Element(ai, value)


def _field(ai: str, value: str, *, is_strict: bool) -> Element:
    decoded = unquote(value)
    if ai in GTIN_KEYS and not is_strict and len(decoded) in {8, 12, 13}:
        decoded = decoded.zfill(14)
    return parse_field(ai, decoded)
