"""Which fields may stand together in one message (GS1 General Specifications, sections 4.13 and 4.14).

Only what a kitchen can meet is a table here; an identifier that is in none of them is free.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from api.catalog.gs1.elements import Element

TRADE = ("01", "02", "03", "8006", "8026")
MEASURES = ("30", "31", "32", "35", "36")

# Either the one or the other; a pattern of three digits stands for its family.
EXCLUSIVE = (
    ("01", "02"),
    ("01", "03"),
    ("02", "03"),
    ("01", "37"),
    ("01", "255"),
    ("390", "391"),
    ("390", "394"),
    ("391", "394"),
    ("392", "393"),
    ("392", "395"),
    ("393", "395"),
    ("394", "8111"),
    ("395", "8005"),
)
# What must stand beside a field: one of the alternatives, whole.
REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    "02": (("37",),),
    "37": (("00", "02"), ("00", "8026")),
    **dict.fromkeys(("10", "11", "13", "15", "16", "17", "20"), tuple((ai,) for ai in TRADE)),
    "21": (("01",), ("03",), ("8006",)),
    "22": (("01",),),
    "235": (("01",),),
    "240": tuple((ai,) for ai in TRADE),
    "241": tuple((ai,) for ai in TRADE),
    "242": tuple((ai,) for ai in TRADE),
    "243": (("01",),),
    "250": (("01", "21"), ("8006", "21")),
    "251": (("01",), ("8006",)),
    "254": (("414",),),
    "30": (("01",), ("02",)),
    **dict.fromkeys(("310", "320", "356"), (("01",), ("02",))),
    "392": tuple(("01", measure) for measure in MEASURES),
    "393": tuple(("01", measure) for measure in MEASURES),
    "395": tuple(("01", measure) for measure in MEASURES),
    "8011": (("8010",),),
    "8019": (("8017",), ("8018",)),
    "8030": (
        ("00",),
        ("01", "21"),
        ("253",),
        ("255",),
        ("8003",),
        ("8004",),
        ("8006", "21"),
        ("8010", "8011"),
        ("8017",),
        ("8018",),
    ),
}
KEY_LENGTHS = {"253": 13, "255": 13, "8003": 14}


def problems(elements: Sequence[Element]) -> list[str]:
    """What cannot stand together, a sentence each; an empty list means that the message may be believed."""
    return [*repeats(elements), *exclusions(elements), *missing(elements), *unserialised(elements)]


def contradictions(elements: Sequence[Element]) -> list[str]:
    """The same, without what is merely incomplete: labels in the field often are."""
    return [*repeats(elements), *exclusions(elements)]


def repeats(elements: Sequence[Element]) -> Iterator[str]:
    """Fields that stand twice and differ."""
    first: dict[str, str] = {}
    for element in elements:
        if first.setdefault(element.ai, element.value) != element.value:
            yield f"({element.ai}) says both {first[element.ai]} and {element.value}"


def exclusions(elements: Sequence[Element]) -> Iterator[str]:
    """Fields that exclude each other: two keys, or one measure with its point in two places."""
    ais = {element.ai for element in elements}
    for one, other in EXCLUSIVE:
        if _has(ais, one) and _has(ais, other):
            yield f"({one}) and ({other}) exclude each other"
    for family in sorted({ai[:3] for ai in ais if len(ai) == 4 and ai.startswith("3")}):
        if sum(ai.startswith(family) for ai in ais) > 1:
            yield f"({family}n) says the same measure twice"


def missing(elements: Sequence[Element]) -> Iterator[str]:
    """Fields that mean nothing without another."""
    ais = {element.ai for element in elements}
    for ai in sorted(ais):
        alternatives = REQUIRED.get(ai) or (REQUIRED.get(ai[:3]) if ai.startswith("3") else None)
        if alternatives and not any(all(_has(ais, need) for need in needs) for needs in alternatives):
            yield f"({ai}) needs one of " + ", ".join("+".join(f"({need})" for need in needs) for needs in alternatives)


def unserialised(elements: Sequence[Element]) -> Iterator[str]:
    """A signature beside a key that is the same for many things."""
    if not any(element.ai == "8030" for element in elements):
        return
    for element in elements:
        if element.ai in KEY_LENGTHS and len(element.value) <= KEY_LENGTHS[element.ai]:
            yield f"(8030) needs a serial number in ({element.ai})"


def _has(ais: set[str], wanted: str) -> bool:
    """Whether the field is there; of measures and amounts, whose last digit is a decimal place, any of the family."""
    return any(ai == wanted or (len(ai) == 4 and ai[0] == "3" == wanted[0] and ai.startswith(wanted)) for ai in ais)
