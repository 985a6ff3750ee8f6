"""A page as one HTML file that needs nothing else: no script, no font, no picture from elsewhere.

Every text is escaped where it is written, plots are pictures (an SVG inside `img` runs nothing), and the file's own
policy forbids scripts, so that a text that slipped through would still not run.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from orchestration.lib.documents.pages import Page

MOST_ROWS = 500
BEET, LINE = "#a31f34", "#d9d6cc"


def write_html(page: Page, path: Path) -> None:
    """Write the page."""
    plots = [(plot.heading, plot.spoken, _data_url(plot.svg())) for plot in page.plots]
    path.write_text(_template().render(page=page, plots=plots, table=_table(page)), encoding="utf-8")


@lru_cache(maxsize=1)
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")


def _data_url(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _table(page: Page) -> Markup:
    """The table, by Great Tables, which escapes cells and headings; its names of columns are positions."""
    import polars as pl
    from great_tables import GT, loc, style

    if not page.rows:
        return Markup("")
    keys = [f"c{position}" for position in range(len(page.columns))]
    frame = pl.DataFrame(
        {key: [row[position] for row in page.rows] for position, key in enumerate(keys)},
        schema=dict.fromkeys(keys, pl.String),
    )
    numbers = [key for key, column in zip(keys, page.columns, strict=True) if column.is_number]
    table = (
        GT(frame, id="rows")
        .cols_label({key: column.heading for key, column in zip(keys, page.columns, strict=True)})
        .cols_align("left", [key for key in keys if key not in numbers])
        .cols_align("right", numbers)
        .tab_options(
            table_width="100%", table_font_size="14px", table_background_color="transparent",
            table_font_names=["system-ui", "Segoe UI", "Helvetica", "Arial", "sans-serif"],
            column_labels_font_weight="600", column_labels_border_bottom_color=LINE,
            table_body_hlines_color=LINE, table_border_top_style="none", table_border_bottom_style="none",
            table_body_border_bottom_color=LINE, column_labels_border_top_style="none",
        )
    )  # fmt: skip
    if page.troubled:
        places = sorted(page.troubled)
        table = table.tab_style(style.text(color=BEET, weight="bold"), loc.body(rows=places, columns=keys[:1]))
    return Markup(table.as_raw_html())  # noqa: S704 - Great Tables has escaped every text in it
