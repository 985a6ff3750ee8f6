"""Choosing the row whose figure is explained, in a page's own words."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from dashboards.explain import KEYS, explain


def explain_one_of(mart: str, rows: pl.DataFrame, words: Sequence[str], figure: str, *, label: str, key: str) -> None:
    """A select box of rows by their words; the chosen one's figure can be followed back to its records.

    `rows` holds the columns of the mart's key, and one row for each of `words`.
    """
    found = dict(zip(words, rows.select(KEYS[mart]).iter_rows(named=True), strict=True))
    if not found:
        return
    left, _ = st.columns([3, 2])
    chosen = left.selectbox(label, list(found), index=None, placeholder="Choose a figure to explain", key=key)
    if chosen is not None:
        explain(mart, found[chosen], figure)
