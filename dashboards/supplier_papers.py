"""The purchasing page's two parts on what suppliers wrote: invoices against orders, and list prices that changed."""

from __future__ import annotations

from datetime import date

import polars as pl
import streamlit as st

from dashboards import charts, parts, queries, session
from dashboards.metrics import Period, by_currency, grouped, money_text, signed_percent

LATE_DAYS = 14
"""An invoice of so many days after its goods comes when the week's costs were read already."""
MOST_BARS = 12


def show(places: list[str], period: Period) -> None:
    """Both parts; a load that has none of these marts shows neither."""
    lines = parts.ask_if_there(queries.billed_lines, places, period.first, period.last)
    if lines is not None and not lines.is_empty():
        _invoices(lines)
    listed = parts.ask_if_there(queries.list_prices, places, period.first, period.last)
    if listed is not None and not listed.is_empty():
        parts.show_table("List prices that changed", listed, "list-prices", _shown_list(listed))


def differing(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines that ask another price than agreed, or bill what did not come."""
    return lines.filter((pl.col("over_agreed") != 0) | (pl.col("over_receipt") > 0))


def late(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines whose difference came so long after the goods that it restates figures which were read already."""
    return lines.filter((pl.col("days_after") >= LATE_DAYS) & (pl.col("over_agreed") != 0))


def _invoices(lines: pl.DataFrame) -> None:
    st.subheader("What invoices asked beyond the orders", anchor=False)
    found = differing(lines)
    if found.is_empty():
        billed = money_text(by_currency(lines.select("currency", "amount").iter_rows()))
        parts.empty(f"Every invoice agrees with its order: {billed} billed.", "A difference would be listed here.")
        return
    _late_sentence(late(found))
    currency = parts.main_currency(found, "amount")
    priced = found.filter((pl.col("currency") == currency) & (pl.col("over_agreed") != 0)).head(MOST_BARS)
    if currency is not None and not priced.is_empty():
        bars = priced.with_columns(
            label=pl.format("{}, {} {}", "product", "supplier", "document"),
            text=pl.Series([money_text({currency: row[0]}) for row in priced.select("over_agreed").iter_rows()]),
            is_trouble=pl.col("over_agreed") > 0,
        )
        chart = charts.labelled_bars(
            bars,
            label="label",
            value="over_agreed",
            text="text",
            title=f"Billed over agreed, {currency}",
            is_trouble="is_trouble",
        )
        parts.show_plot(chart, "What each invoiced line asks beyond its packs at the order's price, the dearest first.")
    parts.show_table("Invoices against orders", found, "invoice-differences", _shown(found))
    st.caption(
        "What is shown here is not booked by itself: whoever approves orders enters the invoice "
        f"[on its order]({session.operator_url()}/orders), and the difference counts from the day of the goods."
    )


def _late_sentence(found: pl.DataFrame) -> None:
    """A late difference is told as what it is: the cost of days that are over."""
    if found.is_empty():
        return
    worth = money_text(by_currency(found.select("currency", "over_agreed").iter_rows()))
    count = found["document"].n_unique()
    documents = "1 invoice" if count == 1 else f"{count} invoices"
    days_of_goods: list[date] = found["came_on"].drop_nulls().sort().to_list()
    first, last = days_of_goods[0], days_of_goods[-1]
    days = f"{first:%d %b %Y}" if first == last else f"{first:%d %b %Y} to {last:%d %b %Y}"
    st.warning(
        parts.plain(
            f"{documents} came {LATE_DAYS} days or more after the goods and restate what those of {days} cost: {worth}."
        ),
        icon=":material/history:",
    )


def _shown(found: pl.DataFrame) -> pl.DataFrame:
    def prices(column: str) -> pl.Series:
        rows = found.select("currency", column).iter_rows()
        return pl.Series([None if each is None else f"{currency} {grouped(each, 2)}" for currency, each in rows])

    return found.select(
        Supplier="supplier",
        Product="product",
        Over=prices("over_agreed"),
        Agreed=prices("agreed_price"),
        Billed=prices("invoiced_price"),
        Order="order",
        Invoice="document",
        Location="location",
        Came="came_on",
        Issued="issued_on",
        Known="known_on",
        Missing=pl.col("over_receipt").cast(pl.Float64).clip(lower_bound=0),
    ).rename({"Came": "Goods came", "Known": "Known on", "Over": "Over agreed", "Missing": "Packs that did not come"})


def _shown_list(listed: pl.DataFrame) -> pl.DataFrame:
    def prices(column: str) -> pl.Series:
        rows = listed.select("currency", column).iter_rows()
        return pl.Series([f"{currency} {grouped(each, 2)}" for currency, each in rows])

    changes = [signed_percent(each) for each in listed["change"]]
    return listed.select(
        Supplier="supplier",
        Article="article",
        Number="supplier_sku",
        From="valid_from",
        Before=prices("previous_price"),
        Price=prices("price"),
        Change=pl.Series(changes),
    )
