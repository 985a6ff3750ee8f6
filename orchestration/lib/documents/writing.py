"""From rows to a document, in one pass over the rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestration.lib.documents import html, pdf
from orchestration.lib.documents.gathering import Gathered
from orchestration.lib.documents.pages import Page, make_page
from orchestration.lib.documents.presentations import Presentation, presentation
from orchestration.lib.files import Heading
from orchestration.lib.tables import Rows, Selection
from orchestration.lib.totals import Totals

WRITERS: dict[str, tuple[Callable[[Page, Path], None], int]] = {
    "html": (html.write_html, html.MOST_ROWS),
    "pdf": (pdf.write_pdf, pdf.MOST_ROWS),
}


def largest_of(report: dict[str, Any]) -> Callable[[pa.Schema], str | None]:
    """Which column's largest values a document shows first, told from the columns that there are."""
    return lambda schema: _presented(report, schema).measure


def write_document(report: dict[str, Any], selection: Selection, rows: Rows, path: Path, heading: Heading) -> Totals:
    """Write the report's document; sums and plots are of all rows, the table shows the first ones."""
    write, most_rows = WRITERS[report["format"]]
    totals = Totals(rows.schema)
    gathered = Gathered(_presented(report, rows.schema), most_rows)
    gathered.take(totals.passing(rows.batches))
    write(make_page(gathered, rows, selection, heading), path)
    return totals


def _presented(report: dict[str, Any], schema: pa.Schema) -> Presentation:
    return presentation(report["code"], report["mart"], report.get("name") or report["code"], schema)
