"""The house's colours in the plots: the same names in light and dark, as on the operator's page."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """Ink is text, soft what stands back; leaf is the fact, grey its context.

    Saffron asks for attention, beet is trouble, sky informs. Paper is what all of it lies on.
    """

    paper: str
    ink: str
    soft: str
    line: str
    grey: str
    leaf: str
    saffron: str
    beet: str
    sky: str


LIGHT = Palette("#fbfaf6", "#14211b", "#4a5750", "#d9d6cc", "#6b716c", "#1f6f43", "#b25e09", "#a31f34", "#1d5b8f")
DARK = Palette("#10150f", "#eef2ec", "#b3beb4", "#2f3a30", "#9aa59b", "#74c99a", "#f0a950", "#f59aa6", "#8abfec")
_chosen: ContextVar[Palette] = ContextVar("palette", default=LIGHT)


def use(theme: str | None) -> None:
    """Draw for this theme, `light` or `dark`, in the rerun that follows."""
    _chosen.set(DARK if theme == "dark" else LIGHT)


def colours() -> Palette:
    """The colours of the theme in use."""
    return _chosen.get()
