"""The restaurants that sales can belong to, as the operational tables know them."""

from __future__ import annotations

from ingestion.errors import InvalidMapping, UnknownLocation
from ingestion.pos.lines import Place
from ingestion.pos.mapping import Mapping
from ingestion.pos.parsing import Places
from ingestion.warehouse import connect

QUERY = "select id::text, code, time_zone, currency, day_cutoff from public.locations"


def all_places(url: str) -> dict[str, Place]:
    """Every restaurant by its code."""
    with connect(url) as session:
        return {row[1]: Place(*row) for row in session.execute(QUERY).fetchall()}


def find_places(url: str, mapping: Mapping, code: str | None = None) -> Places:
    """The restaurant of the file, by `code` or the mapping's, and those that its rows may name.

    UnknownLocation lists the codes there are, InvalidMapping says a wrong currency or that no location is named.
    """
    known, own = all_places(url), code or mapping.location
    if own is None and mapping.columns.location is None:
        raise InvalidMapping("say the location of the sales: --location CODE, or `location` in the mapping")
    named = [each for each in (own, *mapping.locations.values()) if each is not None]
    for each in named:
        if each not in known:
            codes = ", ".join(sorted(known)) or "none"
            raise UnknownLocation(f"there is no location {each!r}; the locations are {codes}")
        if mapping.currency not in {None, known[each].currency}:
            raise InvalidMapping(
                f"the mapping says {mapping.currency}, but the location {each} keeps {known[each].currency}"
            )
    return places_of(known, own, mapping.currency)


def places_of(known: dict[str, Place], own: str | None, currency: str | None = None) -> Places:
    """A look-up: the file's own restaurant where a row names none; one of another currency than declared is none."""

    def find(code: str | None) -> Place | None:
        place = known.get(code or own or "")
        return place if place and currency in {None, place.currency} else None

    return find
