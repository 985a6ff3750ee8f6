"""The plots, in the house's colours: one for the fact, grey for context, beet only for trouble; labels, not legends."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

INK, LINE = "#14211b", "#d9d6cc"
LEAF, SAFFRON, BEET, SKY = "#1f6f43", "#b25e09", "#a31f34", "#1d5b8f"
GREY = "#8a8f87"
DAY_FORMAT = "%d %b"
HEIGHT = 300
LONGEST_BARS = 15


def _styled(chart: Any, height: Any = HEIGHT) -> Any:
    return (
        chart.properties(height=height)
        .configure_axis(labelColor=INK, titleColor=INK, gridColor=LINE, domainColor=LINE, titleFontWeight="normal")
        .configure_view(strokeWidth=0)
        .configure_bar(cornerRadiusEnd=2)
    )


def _days(field: str) -> Any:
    return alt.X(
        f"yearmonthdate({field}):T", title=None, axis=alt.Axis(format=DAY_FORMAT, labelOverlap=True, grid=False)
    )


def daily_sales(sales: pl.DataFrame, currency: str) -> Any:
    """Net sales per day as bars, with the mean of seven days as context."""
    frame = sales.select("business_day", pl.col("net_sales").cast(pl.Float64)).with_columns(
        mean=pl.col("net_sales").rolling_mean(7, min_samples=7)
    )
    x = _days("business_day")
    bars = alt.Chart(frame).mark_bar(color=LEAF).encode(
        x=x,
        y=alt.Y("net_sales:Q", title=f"{currency} per day; line: 7-day mean"),
        tooltip=[
            alt.Tooltip("business_day:T", title="Day", format="%a %d %b %Y"),
            alt.Tooltip("net_sales:Q", title=f"Net sales, {currency}", format=",.2f"),
            alt.Tooltip("mean:Q", title="Mean of 7 days", format=",.2f"),
        ],
    )  # fmt: skip
    mean = alt.Chart(frame).mark_line(color=INK, strokeWidth=1.5).encode(x=x, y="mean:Q")
    return _styled(bars + mean)


def stock_value(values: pl.DataFrame, currency: str) -> Any:
    """The stock's value at the end of each day."""
    frame = values.select("business_day", pl.col("value").cast(pl.Float64))
    return _styled(
        alt.Chart(frame)
        .mark_line(color=LEAF, strokeWidth=2)
        .encode(
            x=_days("business_day"),
            y=alt.Y("value:Q", title=f"Stock at cost, {currency}", scale=alt.Scale(zero=True)),
            tooltip=[
                alt.Tooltip("business_day:T", title="Day", format="%a %d %b %Y"),
                alt.Tooltip("value:Q", title=f"Stock at cost, {currency}", format=",.2f"),
            ],
        ),
        height=220,
    )


PERCENT = "%"


def labelled_bars(
    frame: pl.DataFrame, *, label: str, value: str, text: str, title: str, is_trouble: str | None, axis_format: str = ""
) -> Any:
    """Horizontal bars in the frame's order, each with its own text; beet where `is_trouble` says so.

    The frame's columns `label` (unique), `value` (a number), `text` and, if named, `is_trouble` are read.
    """
    columns = [pl.col(label), pl.col(value).cast(pl.Float64), pl.col(text)]
    trouble = pl.col(is_trouble) if is_trouble else pl.lit(value=False)
    shown = frame.head(LONGEST_BARS).select(*columns, trouble.alias("is_trouble"))
    y = alt.Y(
        f"{label}:N",
        sort=None,
        title=None,
        axis=alt.Axis(labelLimit=220, labelOverlap=False, ticks=False, domain=False),
    )
    room = 64 if (shown[value] < 0).any() else 0  # for the label beside the longest bar below zero
    axis = alt.Axis(grid=False, format=axis_format or ",~f")
    x = alt.X(f"{value}:Q", title=title, axis=axis, scale=alt.Scale(padding=room))
    colour = alt.condition("datum.is_trouble", alt.value(BEET), alt.value(LEAF))
    base = alt.Chart(shown).encode(y=y, x=x, tooltip=[alt.Tooltip(f"{label}:N"), alt.Tooltip(f"{text}:N", title=title)])
    bars = base.mark_bar(height={"band": 0.7}).encode(color=colour)
    right = base.transform_filter(f"datum['{value}'] >= 0").mark_text(align="left", dx=5, color=INK)
    left = base.transform_filter(f"datum['{value}'] < 0").mark_text(align="right", dx=-5, color=INK)
    texts = right.encode(text=f"{text}:N") + left.encode(text=f"{text}:N")
    return _styled(bars + texts, height=alt.Step(28))


def on_hand_ahead(past: pl.DataFrame, ahead: pl.DataFrame, unit: str) -> Any:
    """What was on hand, and what is foreseen to be left, with the range that holds in eight of ten cases.

    `past`: business_day, on_hand. `ahead`: target_day, low, left, high.
    """
    before = past.select(pl.col("business_day").alias("day"), pl.col("on_hand").cast(pl.Float64))
    y = alt.Y("on_hand:Q", title=f"On hand, {unit}")
    fact = alt.Chart(before).mark_line(color=LEAF, strokeWidth=2, interpolate="step-after").encode(x=_days("day"), y=y)
    foreseen = ahead.select(pl.col("target_day").alias("day"), pl.col("low", "left", "high").cast(pl.Float64))
    band = alt.Chart(foreseen).mark_area(color=GREY, opacity=0.25).encode(x=_days("day"), y="low:Q", y2="high:Q")
    middle = alt.Chart(foreseen).mark_line(color=GREY, strokeDash=[4, 3]).encode(x=_days("day"), y="left:Q")
    zero = alt.Chart(pl.DataFrame({"zero": [0.0]})).mark_rule(color=BEET).encode(y="zero:Q")
    label = (
        alt.Chart(foreseen.tail(1))
        .mark_text(align="right", dy=-8, color=GREY, text="foreseen")
        .encode(x=_days("day"), y="left:Q")
    )
    return _styled(band + middle + fact + zero + label)


def monthly_rate(frame: pl.DataFrame) -> Any:
    """A share per month with its sample in the label. `frame`: period, rate (0 to 1), label."""
    base = alt.Chart(frame.select("period", pl.col("rate").cast(pl.Float64), "label")).encode(
        x=alt.X("yearmonth(period):T", title=None, axis=alt.Axis(format="%b %Y", grid=False)),
        y=alt.Y("rate:Q", title="On time and in full", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
        tooltip=[alt.Tooltip("yearmonth(period):T", title="Month"), alt.Tooltip("label:N", title="OTIF")],
    )
    line = base.mark_line(color=LEAF, strokeWidth=2, point=alt.OverlayMarkDef(color=LEAF, size=50))
    return _styled(line + base.mark_text(dy=-14, color=INK).encode(text="label:N"), height=240)


def menu_matrix(items: pl.DataFrame, currency: str) -> Any:
    """Items by portions sold and margin of one; the four classes by shape and colour, the largest named.

    `items`: item, category, units, contribution_margin, class.
    """
    frame = items.select(
        "item", "category", "class", pl.col("units", "contribution_margin").cast(pl.Float64)
    ).with_columns(place=pl.col("units").rank("ordinal", descending=True))
    classes, shapes = ["star", "plowhorse", "puzzle", "dog"], ["circle", "square", "triangle-up", "cross"]
    base = alt.Chart(frame).encode(
        x=alt.X("units:Q", title="Portions sold", axis=alt.Axis(grid=False)),
        y=alt.Y("contribution_margin:Q", title=f"Margin of one portion, {currency}"),
    )
    points = base.mark_point(filled=True, size=70, opacity=0.8).encode(
        color=alt.Color("class:N", title=None, scale=alt.Scale(domain=classes, range=[LEAF, SKY, SAFFRON, GREY])),
        shape=alt.Shape("class:N", title=None, scale=alt.Scale(domain=classes, range=shapes)),
        tooltip=[
            alt.Tooltip("item:N", title="Item"),
            alt.Tooltip("category:N", title="Category"),
            alt.Tooltip("class:N", title="Class"),
            alt.Tooltip("units:Q", title="Sold", format=",.0f"),
            alt.Tooltip("contribution_margin:Q", title="Margin of one", format=",.2f"),
        ],
    )
    names = base.transform_filter("datum.place <= 6").mark_text(dy=-10, color=INK).encode(text="item:N")
    return _styled(points + names, height=380)
