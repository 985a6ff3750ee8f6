"""Loads invoices and credit notes into `raw_invoices` through dlt; what contradicts itself waits in the quarantine.

A file is read three times, as a stream: to decide what is new, for the headers and for the lines. So both tables come
in one load, and no file is ever in memory as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import dlt
import psycopg
import pyarrow as pa

from ingestion.documents.files import identify
from ingestion.documents.model import Document, Kind
from ingestion.documents.problems import Refusal
from ingestion.documents.reading import read_documents
from ingestion.documents.seen import Seen
from ingestion.documents.suppliers import Supplier
from ingestion.documents.totals import plain
from ingestion.documents.values import digest
from ingestion.invoices.rows import (
    DATASET,
    INVOICES,
    LINES,
    content_id,
    document_id,
    figures_of,
    invoice_row,
    line_rows,
    supplier_key,
)
from ingestion.quarantine.rows import Problem, Rejected
from ingestion.quarantine.store import put
from ingestion.warehouse import connect, one_load_at_a_time, run_dlt

SOURCE = "invoices"
CHUNK_DOCUMENTS = 500
BILLS = frozenset({Kind.INVOICE, Kind.CREDIT_NOTE})

Progress = Callable[[int], None]

KNOWN = "select content_id from raw_invoices.invoices where document_id = %s"


@dataclass
class Figures:
    """Counts of one file: every document read is loaded, known or quarantined."""

    documents_read: int = 0
    documents_loaded: int = 0
    documents_known: int = 0
    documents_quarantined: int = 0
    documents_newly_quarantined: int = 0
    lines_loaded: int = 0
    payable: dict[str, Decimal] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """The figures for people and programs; `payable` by currency, credit notes taken off."""
        return {
            "documents_read": self.documents_read,
            "documents_loaded": self.documents_loaded,
            "documents_already_known": self.documents_known,
            "documents_quarantined": self.documents_quarantined,
            "documents_newly_quarantined": self.documents_newly_quarantined,
            "lines_loaded": self.lines_loaded,
            "payable_loaded": {currency: plain(amount) for currency, amount in sorted(self.payable.items())},
            "quarantine_reasons": dict(self.reasons.most_common(30)),
        }


@dataclass(frozen=True)
class Bills:
    """A file of invoices, what it is called, and whose they are where the person who sends it says so."""

    path: Path
    name: str
    sha256: str
    supplier: Supplier | None

    @classmethod
    def of(cls, path: Path, supplier: Supplier | None, name: str | None = None) -> Bills:
        """Open a file; UnreadableFile where there is none."""
        return cls(path, name or path.name, identify(path), supplier)

    @property
    def supplier_code(self) -> str | None:
        """The supplier's code."""
        return self.supplier.code if self.supplier else None


def load_bills(bills: Bills, url: str, *, progress: Progress | None = None, folder: Path | None = None) -> Figures:
    """Load every document of a file that is not there yet; give what was found and what was new."""
    figures = Figures()
    with one_load_at_a_time(url, DATASET):
        new = _decide(bills, url, figures, progress)
        if new or not _is_made(url):
            run_dlt(bill_source(bills, new), dataset=DATASET, url=url, folder=folder)
    return figures


def _is_made(url: str) -> bool:
    with connect(url) as session:
        row = session.execute("select to_regclass('raw_invoices.invoice_lines') is not null").fetchone()
    return bool(row and row[0])


def bill_source(bills: Bills, new: set[int]) -> list[Any]:
    """The dlt resources of the headers and of the lines; rows never change, so known ones are left alone."""
    now = datetime.now(UTC)

    def invoices() -> Iterator[pa.Table]:
        yield INVOICES.empty_table()  # the tables are made even when nothing is new
        rows = (_header(bills, document, now) for document in _chosen(bills, new))
        yield from _tables(rows, INVOICES)

    def invoice_lines() -> Iterator[pa.Table]:
        yield LINES.empty_table()
        chosen = _chosen(bills, new)
        rows = (row for document in chosen for row in line_rows(document, _keys(document)[0], now))
        yield from _tables(rows, LINES)

    return [_resource(invoices, "invoices", "document_id"), _resource(invoice_lines, "invoice_lines", "line_id")]


def _resource(rows: Callable[[], Iterator[pa.Table]], name: str, key: str) -> Any:
    return dlt.resource(
        rows,
        name=name,
        primary_key=key,
        columns={key: {"unique": True}},
        write_disposition={"disposition": "merge", "strategy": "insert-only"},
        max_table_nesting=0,
    )


def _tables(rows: Iterable[dict[str, Any]], schema: pa.Schema) -> Iterator[pa.Table]:
    remaining = iter(rows)
    while batch := list(islice(remaining, CHUNK_DOCUMENTS * 10)):
        yield pa.Table.from_pylist(batch, schema)


def _chosen(bills: Bills, new: set[int]) -> Iterator[Document]:
    for position, document in enumerate(read_documents(bills.path)):
        if position in new and isinstance(document, Document):
            yield document


def _header(bills: Bills, document: Document, now: datetime) -> dict[str, Any]:
    origin = {"source_file": bills.name, "file_sha256": bills.sha256, "supplier_code": bills.supplier_code}
    row = invoice_row(document, _keys(document), now)
    if bills.supplier and not row["currency"]:
        row["currency"] = bills.supplier.currency  # an 810 may leave it out where the two have agreed on one
    return {**row, **origin}


def _document_of(document: Document | Refusal) -> str | None:
    """The key that the document has once it is loaded, where enough of it can be read to tell."""
    supplier = supplier_key(document.supplier) if isinstance(document, Document) else None
    return document_id(document, supplier) if isinstance(document, Document) and supplier else None


def _keys(document: Document) -> tuple[str, str, str]:
    supplier = supplier_key(document.supplier)
    assert supplier is not None
    return document_id(document, supplier), content_id(document), supplier


# ------------------------------------------------------------------ deciding


def _decide(bills: Bills, url: str, figures: Figures, progress: Progress | None) -> set[int]:
    """The positions in the file of the documents that are new; the others are counted or put aside."""
    new: set[int] = set()
    with Seen() as seen, connect(url) as session:
        session.autocommit = True
        for position, document in enumerate(read_documents(bills.path)):
            verdict = _verdict(session, document, seen, bills.supplier)
            figures.documents_read += 1
            if isinstance(verdict, Rejection):
                _put_aside(url, bills, document, verdict, figures)
            elif verdict and isinstance(document, Document):
                new.add(position)
                _count(document, figures)
            else:
                figures.documents_known += 1
            if progress and figures.documents_read % CHUNK_DOCUMENTS == 0:
                progress(figures.documents_read)
    if progress:
        progress(figures.documents_read)
    return new


@dataclass(frozen=True)
class Rejection:
    """Why a document waits, and what it is recognised by when it comes again."""

    problem: Problem
    line: int
    key: str


def _verdict(
    session: psycopg.Connection[Any], document: Document | Refusal, seen: Seen, supplier: Supplier | None
) -> bool | Rejection:
    """True for a new document, False for one that is there word for word, else why it waits."""
    if isinstance(document, Refusal):
        return _rejection(document, document.code, document.message, document.place.path)
    reason = _lacking(document, supplier)
    if reason:
        return _rejection(document, *reason, document.place.path)
    difference = next((each for each in document.findings if each.is_difference), None)
    if difference:
        return _rejection(document, difference.code, difference.message, difference.place.path, difference.place.line)
    return _known_or_new(session, document, seen)


def _lacking(document: Document, supplier: Supplier | None) -> tuple[str, str] | None:
    """Why a document is no bill that could be booked: a code and a sentence."""
    if document.kind not in BILLS:
        return (
            "NOT_AN_INVOICE",
            f"this is {document.kind.value} {document.number!r}, neither an invoice nor a credit note",
        )
    if supplier_key(document.supplier) is None:
        return "SUPPLIER", "the document does not say who sent it"
    if document.issued_on is None:
        return "ISSUED_ON", "the document has no day"
    if supplier and document.currency not in {None, supplier.currency}:
        own = supplier.currency
        return "OTHER_CURRENCY", f"the document is in {document.currency}, but {supplier.code} is paid in {own}"
    return None


def _known_or_new(session: psycopg.Connection[Any], document: Document, seen: Seen) -> bool | Rejection:
    key, content, _ = _keys(document)
    same, _ = seen.count(f"content {key} {content}", document.place.line)
    times, first = seen.count(f"document {key}", document.place.line)
    if times > 1:
        return False if same > 1 else _conflict(document, f"on line {first} of this file")
    try:
        found = session.execute(KNOWN, [key]).fetchone()
    except psycopg.errors.UndefinedTable:
        return True
    if found is None:
        return True
    return False if found[0] == content else _conflict(document, "that was loaded before")


def _conflict(document: Document, where: str) -> Rejection:
    message = (
        f"{document.kind.value} {document.number!r} says something else than the one of the same number {where}; "
        "ask the supplier which one holds; discard this one, or let the first be credited and this one numbered anew"
    )
    return _rejection(document, "CONFLICT", message, document.place.path)


def _rejection(document: Document | Refusal, code: str, message: str, path: str, line: int | None = None) -> Rejection:
    key = digest(*_keys(document)) if code == "CONFLICT" and isinstance(document, Document) else ""
    return Rejection(Problem(code, message, path), line or document.place.line, key)


def _put_aside(url: str, bills: Bills, document: Document | Refusal, verdict: Rejection, figures: Figures) -> None:
    figures.documents_quarantined += 1
    figures.reasons[verdict.problem.code] += 1
    place = document.place
    rejected = Rejected(
        source=SOURCE,
        row_key=verdict.key or digest(bills.sha256, place.line, place.path, verdict.problem.code),
        file=bills.name,
        file_sha256=bills.sha256,
        problem=verdict.problem,
        values={},
        line=verdict.line,
        raw_text=document.number,
        context={"supplier": bills.supplier_code, "number": document.number, "document": _document_of(document)},
        figures=figures_of(document) if isinstance(document, Document) else {},
    )
    figures.documents_newly_quarantined += put(url, [rejected])


def _count(document: Document, figures: Figures) -> None:
    figures.documents_loaded += 1
    figures.lines_loaded += len(document.lines)
    currency, payable = document.currency or "", document.totals.payable or Decimal(0)
    figures.payable[currency] = figures.payable.get(currency, Decimal(0)) + document.kind.sign * payable
