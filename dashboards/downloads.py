"""Tables as files to take along, which a spreadsheet may open without running anything in them."""

from __future__ import annotations

import polars as pl

DANGEROUS = r"^[=+\-@\t\r\n＝＋－＠]"
"""What a spreadsheet may take for a formula when a text begins with it; numbers are never texts here."""


def harmless(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with an apostrophe before every text that a spreadsheet might run."""
    guarded = [
        pl.when(pl.col(name).str.contains(DANGEROUS))
        .then(pl.concat_str(pl.lit("'"), pl.col(name)))
        .otherwise(pl.col(name))
        .alias(name)
        for name, kind in frame.schema.items()
        if kind == pl.String
    ]
    return frame.with_columns(guarded)


def csv(frame: pl.DataFrame) -> bytes:
    """Comma-separated UTF-8 with a header; moments in ISO 8601, texts made harmless."""
    return harmless(frame).write_csv(datetime_format="%Y-%m-%dT%H:%M:%SZ").encode()
