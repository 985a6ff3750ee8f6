"""Units of measure: the codes of UN/ECE Recommendation 20 (UBL) and X12 element 355, and the house's units.

A code that means a package (a case, a box) or a unit the house does not keep (a day, a metre) stays a code: how much a
case holds is told by the document or by the article, never by the code.
"""

from __future__ import annotations

REC20 = {
    "MGM": "mg", "GRM": "g", "KGM": "kg", "ONZ": "oz", "LBR": "lb",
    "MLT": "ml", "CLT": "cl", "LTR": "l", "OZA": "fl_oz", "GLL": "gal",
    "C62": "each", "H87": "each", "EA": "each", "PCE": "each", "NMB": "each", "NAR": "each",
    "DZN": "dozen", "DZP": "dozen",
}  # fmt: skip
"""UN/ECE Recommendation 20; PCE, NMB and NAR are of earlier revisions and are still sent."""

X12 = {
    "ME": "mg", "GR": "g", "KG": "kg", "OZ": "oz", "LB": "lb",
    "ML": "ml", "CL": "cl", "LT": "l", "FO": "fl_oz", "GA": "gal",
    "EA": "each", "PC": "each", "UN": "each", "DZ": "dozen",
}  # fmt: skip
"""X12 data element 355."""


def house_unit(code: str, standard: str) -> str | None:
    """The house's unit that means exactly the same, or None."""
    return (X12 if standard == "x12" else REC20).get(code.upper())
