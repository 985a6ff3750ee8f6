"""A report's plots as pictures: drawn by Vega without a browser, in the house's colours, labels instead of legends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.lib.documents.wording import Label

INK, LINE, PAPER = "#14211b", "#d9d6cc", "#ffffff"
LEAF = "#1f6f43"
FONT = "Helvetica, Arial, sans-serif"
WIDTH = 800
ROOM_FOR_TEXT = 0.15
MOST_BARS = 12
LONGEST_NAME = 34


@dataclass(frozen=True)
class Plot:
    """A plot's heading, what it says to somebody who cannot see it, and its Vega-Lite."""

    heading: str
    spoken: str
    spec: dict[str, Any]

    def svg(self) -> str:
        """The picture in vectors."""
        import vl_convert

        return str(vl_convert.vegalite_to_svg(self.spec))

    def png(self) -> bytes:
        """The picture in pixels, three for each of the plot's."""
        import vl_convert

        return bytes(vl_convert.vegalite_to_png(self.spec, scale=3))


def bars(heading: str, pairs: Sequence[tuple[str, Decimal]], label: Label) -> Plot:
    """Horizontal bars, the largest first, each with its value; what is left out is said in the heading."""
    import altair as alt

    shown = [{"name": _short(name), "value": float(value), "text": label(value)} for name, value in pairs[:MOST_BARS]]
    order = [str(each["name"]) for each in shown]
    figures = [0.0, *(float(value) for _, value in pairs[:MOST_BARS])]
    room = (max(figures) - min(figures)) * ROOM_FOR_TEXT
    domain = [min(figures) - (room if min(figures) < 0 else 0), max(figures) + room]
    base = alt.Chart(_data(shown)).encode(
        y=alt.Y("name:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False)),
        x=alt.X("value:Q", title=None, axis=None, scale=alt.Scale(domain=domain, nice=False)),
    )
    right = base.transform_filter("datum.value >= 0").mark_text(align="left", dx=5, color=INK).encode(text="text:N")
    left = base.transform_filter("datum.value < 0").mark_text(align="right", dx=-5, color=INK).encode(text="text:N")
    spoken = "; ".join(f"{each['name']} {each['text']}" for each in shown)
    drawn = base.mark_bar(height=16, color=LEAF) + right + left
    return Plot(heading + _left_out(pairs, label), spoken, _styled(drawn, height=24 * len(shown)))


def _left_out(pairs: Sequence[tuple[str, Decimal]], label: Label) -> str:
    rest = [value for _, value in pairs[MOST_BARS:]]
    if not rest:
        return ""
    total = f" ({label(sum(rest, Decimal(0)))})" if label.adds_up else ""
    return f": the {MOST_BARS} largest, without {len(rest)} others{total}"


def line(heading: str, days: Sequence[tuple[date, Decimal]], label: Label) -> Plot:
    """The number day by day, its last value written at the line's end."""
    import altair as alt

    values = [{"day": day.isoformat(), "value": float(value), "text": label(value)} for day, value in days]
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%d %b", grid=False, tickCount=8))
    y = alt.Y("value:Q", title=label.title, axis=alt.Axis(tickCount=4), scale=alt.Scale(zero=True))
    base = alt.Chart(_data(values)).encode(x=x, y=y)
    last = alt.Chart(_data(values[-1:])).encode(x=x, y=y)
    drawn = base.mark_line(color=LEAF, strokeWidth=2) + last.mark_circle(color=LEAF, size=60, opacity=1)
    text = last.mark_text(align="left", dx=9, color=INK, fontWeight="bold").encode(text="text:N")
    return Plot(heading, f"from {values[0]['text']} to {values[-1]['text']}", _styled(drawn + text, height=150))


def _data(values: list[dict[str, Any]]) -> Any:
    import altair as alt

    return alt.InlineData(values=values)


def _styled(chart: Any, height: int) -> dict[str, Any]:
    styled = (
        chart.properties(width=WIDTH, height=height, background=PAPER, padding=4)
        .configure(font=FONT)
        .configure_axis(
            labelColor=INK, titleColor=INK, gridColor=LINE, domainColor=LINE, tickColor=LINE,
            labelFontSize=13, titleFontSize=12, titleFontWeight="normal", labelLimit=260,
        )
        .configure_text(fontSize=13)
        .configure_view(strokeWidth=0)
        .configure_bar(cornerRadiusEnd=2)
    )  # fmt: skip
    spec: dict[str, Any] = styled.to_dict()
    return spec


def _short(name: str) -> str:
    clean = " ".join(name.split())
    return clean if len(clean) <= LONGEST_NAME else clean[: LONGEST_NAME - 1] + "…"
