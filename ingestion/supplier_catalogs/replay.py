"""Loads repaired rows of price lists: read again as they would have been in their file, loaded once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg
import pyarrow as pa

from ingestion.documents.suppliers import find_supplier
from ingestion.errors import UnknownSupplier
from ingestion.quarantine.rows import Outcome, Problem, Row
from ingestion.supplier_catalogs.mapping import parse_mapping
from ingestion.supplier_catalogs.offers import BadOffer, OfferParser
from ingestion.supplier_catalogs.rows import DATASET, SCHEMA, Origin, Placed, known_rows, placed_at, price_rows, record
from ingestion.warehouse import connect, one_load_at_a_time, run_dlt

OTHER_TERMS = """
select source_line from raw_supplier_catalogs.prices
where file_sha256 = %s and supplier_code = %s and supplier_sku = %s and content_id <> %s
  and (is_dated = (%s::date is not null)) and (not is_dated or valid_from = %s)
"""


def replay(url: str, rows: Sequence[Row]) -> list[Outcome]:
    """Load rows by their current values; one outcome for each."""
    outcomes: dict[int, Outcome] = {}
    good: list[tuple[Row, Placed, Origin]] = []
    for row in rows:
        try:
            origin = _origin(url, row)
            parser = OfferParser(origin.mapping, origin.supplier)
            placed = placed_at(parser.parse(row.current), row.line or 0, origin)
            _check_alone(url, placed, origin)
            good.append((row, placed, origin))
        except BadOffer as error:
            outcomes[row.id] = Outcome(row.id, problem=error.problem)
        except UnknownSupplier as error:
            outcomes[row.id] = Outcome(row.id, problem=Problem("unknown_supplier", str(error)))
    return [*outcomes.values(), *_replay_good(url, good)]


def _replay_good(url: str, good: list[tuple[Row, Placed, Origin]]) -> list[Outcome]:
    if not good:
        return []
    with one_load_at_a_time(url, DATASET):
        now = datetime.now(UTC)
        known = {placed.row_id for _, placed, origin in good if placed.row_id in known_rows(url, origin, [placed])}
        new = {placed.row_id: record(placed, origin, now) for _, placed, origin in good if placed.row_id not in known}
        table = pa.Table.from_pylist(list(new.values()), SCHEMA)
        load = run_dlt(price_rows(iter([table] if new else [])), dataset=DATASET, url=url)
    load_id = load.load_ids[0] if load.load_ids else None
    return [Outcome(row.id, None if placed.row_id in known else load_id) for row, placed, _ in good]


def _origin(url: str, row: Row) -> Origin:
    mapping = parse_mapping(row.context.get("mapping"), "of the quarantined row")
    if mapping.columns is None or not row.values:
        raise BadOffer("no_cells", None, "the row has no cells to repair: mend the file and import it again")
    return Origin(row.file, row.file_sha256, find_supplier(url, row.context["supplier"]), mapping)


def _check_alone(url: str, placed: Placed, origin: Origin) -> None:
    """An article that its file has with other terms for the same days is still a contradiction."""
    offer, since = placed.offer, placed.offer.valid_from
    with connect(url) as session:
        try:
            values = [origin.sha256, origin.supplier.code, offer.supplier_sku, placed.content_id, since, since]
            other = session.execute(OTHER_TERMS, values).fetchone()
        except psycopg.errors.UndefinedTable:
            return
    if other:
        message = (
            f"the article {offer.supplier_sku!r} stands on line {other[0]} too, with other terms for the same days"
        )
        raise BadOffer("article_twice", None, message)
