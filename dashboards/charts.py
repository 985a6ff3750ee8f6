"""The plots, in the house's colours: one for the fact, grey for context, beet only for trouble; labels, not legends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

import altair as alt
import numpy as np  # noqa: F401 - Altair looks these up among what is imported, and fails on what another session's
import pandas as pd  # noqa: F401 - thread has imported only half: all three are whole before the first plot
import polars as pl
import pyarrow as pa  # noqa: F401

from dashboards.palette import colours

DAY_FORMAT = "%d %b"
HEIGHT = 300
LONGEST_BARS = 15
PERCENT = "%"
MOST_NAMES = 6
PLOT_WIDTH, PLOT_HEIGHT = 640, 320
NAME_BESIDE, NAME_HEIGHT = 12, 14
"""Pixels from a point to its name's middle, and what a name needs."""
PICKED = "picked"
NAME_WIDTH = alt.expr("width < 420 ? 120 : 220")  # on a phone a long name leaves room for its bar


def _styled(chart: Any, height: Any = HEIGHT) -> Any:
    c = colours()
    return (
        chart.properties(height=height)
        .configure_axis(
            labelColor=c.ink, titleColor=c.ink, gridColor=c.line, domainColor=c.line, titleFontWeight="normal"
        )
        .configure_legend(labelColor=c.ink, titleColor=c.ink, titleFontWeight="normal", orient="top")
        .configure_view(strokeWidth=0)
        .configure_bar(cornerRadiusEnd=2)
    )


def _days(field: str) -> Any:
    return alt.X(
        f"yearmonthdate({field}):T", title=None, axis=alt.Axis(format=DAY_FORMAT, labelOverlap=True, grid=False)
    )


def _day_tips(day: str, value: str, title: str) -> list[Any]:
    return [
        alt.Tooltip(f"{day}:T", title="Day", format="%a %d %b %Y"),
        alt.Tooltip(f"{value}:Q", title=title, format=",.2f"),
    ]


# ------------------------------------------------------------------ day by day


def daily_sales(sales: pl.DataFrame, currency: str) -> Any:
    """Net sales per day as bars, with the mean of seven days as context."""
    c = colours()
    frame = sales.select("business_day", pl.col("net_sales").cast(pl.Float64)).with_columns(
        mean=pl.col("net_sales").rolling_mean(7, min_samples=7)
    )
    x = _days("business_day")
    bars = (
        alt.Chart(frame)
        .mark_bar(color=c.leaf)
        .encode(
            x=x,
            y=alt.Y("net_sales:Q", title=f"{currency} per day; line: 7-day mean"),
            tooltip=[
                *_day_tips("business_day", "net_sales", f"Net sales, {currency}"),
                alt.Tooltip("mean:Q", title="Mean of 7 days", format=",.2f"),
            ],
        )
    )
    halo = alt.Chart(frame).mark_line(color=c.paper, strokeWidth=5).encode(x=x, y="mean:Q")
    mean = alt.Chart(frame).mark_line(color=c.ink, strokeWidth=1.5).encode(x=x, y="mean:Q")
    return _styled(bars + halo + mean)


def daily_bars(days: pl.DataFrame, value: str, title: str) -> Any:
    """A sum per `business_day` as bars."""
    frame = days.select("business_day", pl.col(value).cast(pl.Float64).alias("value"))
    bars = alt.Chart(frame).mark_bar(color=colours().leaf)
    encoded = bars.encode(
        x=_days("business_day"), y=alt.Y("value:Q", title=title), tooltip=_day_tips("business_day", "value", title)
    )
    return _styled(encoded, height=200)


def stock_value(values: pl.DataFrame, before: pl.DataFrame, currency: str) -> Any:
    """The stock's value at the end of each day; the period before as context, laid under the same days.

    Both frames: business_day, value. The days of `before` are moved on by the length of the period.
    """
    c = colours()
    title = f"Stock at cost, {currency}"
    frame = values.select("business_day", pl.col("value").cast(pl.Float64))
    x, y = _days("business_day"), alt.Y("value:Q", title=title, scale=alt.Scale(zero=True))
    line = alt.Chart(frame).mark_line(color=c.leaf, strokeWidth=2)
    plot = line.encode(x=x, y=y, tooltip=_day_tips("business_day", "value", title))
    if before.is_empty() or frame.is_empty():
        return _styled(plot, height=240)
    moved = before.select(
        pl.col("business_day") + (frame["business_day"].max() - before["business_day"].max()),  # type: ignore[operator]
        pl.col("value").cast(pl.Float64),
    )
    context = alt.Chart(moved).mark_line(color=c.grey, strokeDash=[4, 3]).encode(x=x, y=y)
    highest = moved.sort("value", descending=True).head(1)  # where its name is least likely to stand on another line
    is_early = highest["business_day"][0] - moved["business_day"].min() < timedelta(days=moved.height / 2)
    side: Literal["left", "right"] = "left" if is_early else "right"
    name = alt.Chart(highest).mark_text(align=side, dy=-8, color=c.grey, text="the period before")
    return _styled(context + name.encode(x=x, y=y) + plot, height=240)


def on_hand_ahead(past: pl.DataFrame, ahead: pl.DataFrame, unit: str) -> Any:
    """What was on hand, and what is foreseen to be left, with the range that holds in eight of ten cases.

    `past`: business_day, on_hand. `ahead`: target_day, low, left, high.
    """
    c = colours()
    before = past.select(pl.col("business_day").alias("day"), pl.col("on_hand").cast(pl.Float64))
    y = alt.Y("on_hand:Q", title=f"On hand, {unit}")
    fact = (
        alt.Chart(before).mark_line(color=c.leaf, strokeWidth=2, interpolate="step-after").encode(x=_days("day"), y=y)
    )
    foreseen = ahead.select(pl.col("target_day").alias("day"), pl.col("low", "left", "high").cast(pl.Float64))
    band = alt.Chart(foreseen).mark_area(color=c.grey, opacity=0.25).encode(x=_days("day"), y="low:Q", y2="high:Q")
    middle = alt.Chart(foreseen).mark_line(color=c.grey, strokeDash=[4, 3]).encode(x=_days("day"), y="left:Q")
    zero = alt.Chart(pl.DataFrame({"zero": [0.0]})).mark_rule(color=c.beet).encode(y="zero:Q")
    label = (
        alt.Chart(foreseen.tail(1))
        .mark_text(align="right", dy=-8, color=c.grey, text="foreseen")
        .encode(x=_days("day"), y="left:Q")
    )
    return _styled(band + middle + fact + zero + label)


def week_by_hour(hours: pl.DataFrame, currency: str) -> Any:
    """Mean net sales of an hour: weekdays down, hours across. `hours`: weekday (1 is Monday), hour, net_sales, days."""
    c = colours()
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    frame = hours.select(
        "hour",
        day=pl.col("weekday").map_elements(lambda each: days[each - 1], return_dtype=pl.String),
        mean=pl.col("net_sales").cast(pl.Float64) / pl.col("days"),
    )
    low = c.line
    cells = alt.Chart(frame).mark_rect(cornerRadius=2)
    return _styled(
        cells.encode(
            x=alt.X("hour:O", title="Hour of the day", sort=[*range(4, 24), *range(4)], axis=alt.Axis(labelAngle=0)),
            y=alt.Y("day:N", sort=list(days), title=None),
            color=alt.Color("mean:Q", title=f"{currency} an hour", scale=alt.Scale(range=[low, c.leaf])),
            tooltip=["day:N", "hour:O", alt.Tooltip("mean:Q", title=f"Mean, {currency}", format=",.2f")],
        ),
        height=alt.Step(26),
    )


# ------------------------------------------------------------------ side by side


def labelled_bars(
    frame: pl.DataFrame, *, label: str, value: str, text: str, title: str, is_trouble: str | None, axis_format: str = ""
) -> Any:
    """Horizontal bars in the frame's order, each with its own text; beet where `is_trouble` says so.

    The frame's columns `label` (unique), `value` (a number), `text` and, if named, `is_trouble` are read. A bar can be
    picked by a click; what is not picked fades.
    """
    c = colours()
    columns = [pl.col(label), pl.col(value).cast(pl.Float64), pl.col(text)]
    trouble = pl.col(is_trouble) if is_trouble else pl.lit(value=False)
    shown = frame.head(LONGEST_BARS).select(*columns, trouble.alias("is_trouble"))
    y = alt.Y(
        f"{label}:N",
        sort=None,
        title=None,
        axis=alt.Axis(labelLimit=NAME_WIDTH, labelOverlap=False, ticks=False, domain=False),
    )
    longest = max((len(each) for each in shown[text]), default=0)
    room = 16 + 6 * longest if (shown[value] < 0).any() else 0  # for the label beside the longest bar below zero
    least = 1 if frame[value].dtype.is_integer() else alt.Undefined
    axis = alt.Axis(grid=False, format=axis_format or ",~f", tickCount=6, tickMinStep=least)
    x = alt.X(f"{value}:Q", title=title, axis=axis, scale=alt.Scale(padding=room))
    colour = alt.condition("datum.is_trouble", alt.value(c.beet), alt.value(c.leaf))
    picked = alt.selection_point(name=PICKED, fields=[label])
    base = alt.Chart(shown).encode(y=y, x=x, tooltip=[alt.Tooltip(f"{label}:N"), alt.Tooltip(f"{text}:N", title=title)])
    bars = (
        base.mark_bar(height={"band": 0.7})
        .encode(color=colour, opacity=alt.condition(picked, alt.value(1.0), alt.value(0.35)))
        .add_params(picked)
    )
    right = base.transform_filter(f"datum['{value}'] >= 0").mark_text(align="left", dx=5, color=c.ink)
    left = base.transform_filter(f"datum['{value}'] < 0").mark_text(align="right", dx=-5, color=c.ink)
    texts = right.encode(text=f"{text}:N") + left.encode(text=f"{text}:N")
    return _styled(bars + texts, height=alt.Step(28))


# ------------------------------------------------------------------ month by month


def monthly_rate(frame: pl.DataFrame) -> Any:
    """A share per month with its sample in the label. `frame`: period, rate (0 to 1), label."""
    c = colours()
    base = alt.Chart(frame.select("period", pl.col("rate").cast(pl.Float64), "label")).encode(
        x=alt.X("yearmonth(period):T", title=None, axis=alt.Axis(format="%b %Y", grid=False)),
        y=alt.Y("rate:Q", title="On time and in full", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
        tooltip=[alt.Tooltip("yearmonth(period):T", title="Month"), alt.Tooltip("label:N", title="OTIF")],
    )
    line = base.mark_line(color=c.leaf, strokeWidth=2, point=alt.OverlayMarkDef(color=c.leaf, size=50))
    return _styled(line + base.mark_text(dy=-14, color=c.ink).encode(text="label:N"), height=240)


def food_cost(months: pl.DataFrame) -> Any:
    """Food cost per month, and what the recipes say as context. `months`: period, actual and theory (0 to 1)."""
    c = colours()
    frame = months.select("period", pl.col("actual", "theory").cast(pl.Float64))
    x = alt.X("yearmonth(period):T", title=None, axis=alt.Axis(format="%b %Y", grid=False))

    def line(column: str, colour: str, name: str, dash: list[int], above: int) -> Any:
        y = alt.Y(f"{column}:Q", title="Food cost, share of net sales", axis=alt.Axis(format="%"))
        tips = [alt.Tooltip("yearmonth(period):T", title="Month"), alt.Tooltip(f"{column}:Q", title=name, format=".1%")]
        drawn = alt.Chart(frame).mark_line(color=colour, strokeWidth=2, strokeDash=dash, point={"color": colour})
        said = alt.Chart(frame.tail(1)).mark_text(align="right", dy=-above, color=colour, text=name)
        return drawn.encode(x=x, y=y, tooltip=tips) + said.encode(x=x, y=y)

    return _styled(
        line("theory", c.grey, "by the recipes", [4, 3], -14) + line("actual", c.leaf, "actual", [], 12), height=240
    )


def price_history(prices: pl.DataFrame, title: str) -> Any:
    """What one pack cost on each day that it came, step by step. `prices`: day, price, supplier."""
    c = colours()
    frame = prices.select("day", pl.col("price").cast(pl.Float64), "supplier")
    x = _days("day")
    base = alt.Chart(frame).encode(
        x=x,
        y=alt.Y("price:Q", title=title, scale=alt.Scale(zero=False, padding=10)),
        detail="supplier:N",
        tooltip=[*_day_tips("day", "price", title), alt.Tooltip("supplier:N", title="Supplier")],
    )
    return _styled(
        base.mark_line(color=c.grey, interpolate="step-after") + base.mark_point(color=c.leaf, filled=True, size=40),
        height=240,
    )


def menu_matrix(items: pl.DataFrame, currency: str) -> Any:
    """Items by portions sold and margin of one; the four classes by shape and colour, the largest named.

    `items`: item, category, units, contribution_margin, class.
    """
    c = colours()
    frame = items.select("item", "category", "class", pl.col("units", "contribution_margin").cast(pl.Float64)).sort(
        "units", descending=True
    )
    frame = frame.with_columns(pl.Series("side", _sides(frame), dtype=pl.String), place=pl.int_range(1, pl.len() + 1))
    classes, shapes = ["star", "plowhorse", "puzzle", "dog"], ["circle", "square", "triangle-up", "cross"]
    base = alt.Chart(frame).encode(
        x=alt.X("units:Q", title="Portions sold", axis=alt.Axis(grid=False, tickCount=8)),
        y=alt.Y("contribution_margin:Q", title=f"Margin of one portion, {currency}"),
    )
    picked = alt.selection_point(name=PICKED, fields=["class"])
    points = (
        base.mark_point(filled=True, size=90, opacity=0.85)
        .encode(
            color=alt.Color(
                "class:N", title=None, scale=alt.Scale(domain=classes, range=[c.leaf, c.sky, c.saffron, c.grey])
            ),
            shape=alt.Shape("class:N", title=None, scale=alt.Scale(domain=classes, range=shapes)),
            tooltip=[
                alt.Tooltip("item:N", title="Item"),
                alt.Tooltip("category:N", title="Category"),
                alt.Tooltip("class:N", title="Class"),
                alt.Tooltip("units:Q", title="Sold", format=",.0f"),
                alt.Tooltip("contribution_margin:Q", title="Margin of one", format=",.2f"),
            ],
        )
        .add_params(picked)
    )
    named = base.encode(text="item:N")
    few = "(width >= 420 || datum.place <= 2)"
    above = named.transform_filter(f"{few} && datum.side == 'above'").mark_text(dy=-NAME_BESIDE, color=c.ink)
    below = named.transform_filter(f"{few} && datum.side == 'below'").mark_text(dy=NAME_BESIDE, color=c.ink)
    return _styled(points + above + below, height=380)


def _sides(items: pl.DataFrame) -> list[str | None]:
    """For each item, the best seller first, whether its name finds room above or below its point; None where neither.

    Best sellers often stand close together. A plot of `PLOT_WIDTH` by `PLOT_HEIGHT` pixels is assumed.
    """
    most, dearest = (max(items[name].to_list(), default=0) or 1 for name in ("units", "contribution_margin"))
    taken: list[tuple[float, float, float]] = []  # middle, half width and height of the names that stand
    sides: list[str | None] = []
    for name, units, margin in items.select("item", "units", "contribution_margin").iter_rows():
        middle, height, half = units / most * PLOT_WIDTH, margin / dearest * PLOT_HEIGHT, 3.2 * len(name)
        free = {
            side: height + up
            for side, up in (("above", NAME_BESIDE), ("below", -NAME_BESIDE))
            if all(abs(middle - x) > half + wide or abs(height + up - y) > NAME_HEIGHT for x, wide, y in taken)
        }
        side = next(iter(free), None) if len(taken) < MOST_NAMES else None
        if side is not None:
            taken.append((middle, half, free[side]))
        sides.append(side)
    return sides


# ------------------------------------------------------------------ the pipeline, and anything


def gate_trend(loads: pl.DataFrame) -> Any:
    """Checks per load, the newest last: passed, warned, failed. `loads`: load, passed, warned, failed."""
    c = colours()
    long = loads.unpivot(["passed", "warned", "failed"], index="load", variable_name="verdict", value_name="checks")
    scale = alt.Scale(domain=["passed", "warned", "failed"], range=[c.leaf, c.saffron, c.beet])
    picked = alt.selection_point(name=PICKED, fields=["load"])
    bars = alt.Chart(long).mark_bar().add_params(picked)
    return _styled(
        bars.encode(
            x=alt.X("load:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True, labelLimit=240)),
            y=alt.Y("checks:Q", title="Checks", axis=alt.Axis(tickMinStep=1, format="d")),
            color=alt.Color("verdict:N", title=None, scale=scale),
            tooltip=["load:N", "verdict:N", "checks:Q"],
        ),
        height=220,
    )


def explored(frame: pl.DataFrame, x: str, y: str, unit: str = "") -> Any:
    """Any column against a number: days and moments as a line, everything else as bars, the largest first.

    `unit` is that of every number, where there is one.
    """
    c = colours()
    data = frame.select(pl.col(x), pl.col(y).cast(pl.Float64))
    value = alt.Y(f"{_field(y)}:Q", title=f"{y}, {unit}" if unit else y)
    if data[x].dtype in (pl.Date, pl.Datetime):
        line = alt.Chart(data).mark_line(color=c.leaf, strokeWidth=2, point={"color": c.leaf})
        axis = alt.Axis(format=DAY_FORMAT, labelOverlap=True, grid=False) if data[x].dtype == pl.Date else alt.Axis()
        along = alt.X(f"{_field(x)}:T", title=x, axis=axis)
        return _styled(line.encode(x=along, y=value, tooltip=[_field(x), _field(y)]))
    bars = alt.Chart(data).mark_bar(color=c.leaf)
    along = alt.X(f"{_field(x)}:N", title=x, sort=None, axis=alt.Axis(labelLimit=140, labelOverlap=True))
    return _styled(bars.encode(x=along, y=value, tooltip=[f"{_field(x)}:N", f"{_field(y)}:Q"]))


def _field(name: str) -> str:
    """A column's name as Vega-Lite takes it for a name and not for a path."""
    return name.replace(".", "\\.").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
