"""Imports: a file is read and judged row by row, its good rows are loaded at once, its bad ones wait to be repaired."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.core.errors import FieldProblem, Forbidden, IdempotencyConflict, Invalid
from api.core.preconditions import bump
from api.imports import repository
from api.imports.cells import Problem
from api.imports.errors import ImportNotFound, RowLoaded, RowNotFound, UnknownSupplier
from api.imports.kinds.kind import Kind
from api.imports.kinds.products import PRODUCTS
from api.imports.kinds.supplier_products import SUPPLIER_PRODUCTS
from api.imports.mapping import FileFormat, check_columns, parse_mapping, suggest_mapping
from api.imports.mapping import Mapping as FileMapping
from api.imports.models import Import, ImportRow
from api.imports.reading.opening import checked_name, open_table
from api.imports.reading.table import Table
from api.imports.repository import Judging
from api.imports.rows import RowReader, read_defaults
from api.suppliers.repository import find_supplier_by_code

KINDS = {kind.name: kind for kind in (PRODUCTS, SUPPLIER_PRODUCTS)}
PROGRESS_ROWS = 5_000
BLOCK = 1 << 20

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Upload:
    """A file as it was sent; `supplier` is a supplier's code, `mapping` None lets the header's names decide."""

    kind: Kind
    file: BinaryIO
    file_name: str | None
    mapping: FileMapping | None = None
    supplier: str | None = None
    id: UUID | None = None


# ------------------------------------------------------------------ preview


def preview(session: Session, upload: Upload, *, actor_id: UUID | None, progress: Progress | None = None) -> Import:
    """Read the file, keep its rows and judge each; nothing is loaded. The same id and file again change nothing.

    Raises:
        BadFileName, UnreadableFile, FileTooLarge, InvalidMapping, UnknownSupplier: nothing was kept.
        IdempotencyConflict: the id was used for another file.
    """
    name = checked_name(upload.file_name)
    sha256, size = _digest(upload.file)
    known = upload.id and repository.get_import(session, upload.id, lock=True)
    if known:
        return _same(known, upload, sha256, actor_id)
    supplier_id = _supplier(session, upload)
    table, mapping = _open(upload)
    defaults = read_defaults(mapping)
    made = Import(
        kind=upload.kind.name,
        supplier_id=supplier_id,
        file_name=name,
        file_sha256=sha256,
        file_bytes=size,
        format=table.format,
        encoding=table.encoding,
        delimiter=table.delimiter,
        header=[_storable(name) for name in table.header],
        mapping=mapping.model_dump(mode="json"),
        mapping_is_suggested=upload.mapping is None,
        created_by=actor_id,
    )
    if upload.id is not None:
        made.id = upload.id
    session.add(made)
    session.flush()
    repository.copy_rows(session, made.id, _read(table, mapping, progress))
    repository.analyze(session)
    repository.judge(session, Judging(upload.kind, made.id, supplier_id, defaults))
    session.refresh(made)
    _audit(session, actor_id, "import.sent", made, file_sha256=sha256)
    return made


def _digest(file: BinaryIO) -> tuple[str, int]:
    sha, size = hashlib.sha256(), 0
    file.seek(0)
    while block := file.read(BLOCK):
        sha.update(block)
        size += len(block)
    return sha.hexdigest(), size


def _same(known: Import, upload: Upload, sha256: str, actor_id: UUID | None) -> Import:
    if (known.file_sha256, known.kind, known.created_by) != (sha256, upload.kind.name, actor_id):
        raise IdempotencyConflict("This id was used before, for another file.", id=str(known.id))
    return known


def _supplier(session: Session, upload: Upload) -> UUID | None:
    if upload.kind is not SUPPLIER_PRODUCTS:
        return None
    supplier = find_supplier_by_code(session, upload.supplier or "")
    if supplier is None:
        detail = f"There is no supplier with the code {upload.supplier}."
        raise UnknownSupplier(detail, errors=(FieldProblem("supplier", UnknownSupplier.code, detail),))
    return supplier.id


def _open(upload: Upload) -> tuple[Table, FileMapping]:
    """The file's rows, and the mapping that was declared, else one that the header's names suggest."""
    form = upload.mapping.file if upload.mapping else FileFormat()
    table = open_table(upload.file, form)
    mapping = upload.mapping or suggest_mapping(table.header, upload.kind.mapping)
    check_columns(mapping, table.header)
    return table, mapping


def _read(
    table: Table, mapping: FileMapping, progress: Progress | None
) -> Iterator[tuple[int, list[str], dict[str, Any] | None, list[Problem]]]:
    reader = RowReader(mapping, table.header)
    for number, (line, cells) in enumerate(table.rows, 1):
        row = reader.read(cells)
        yield line, [_storable(cell) for cell in cells], row.fields, row.problems
        if progress and number % PROGRESS_ROWS == 0:
            progress(number)


def _storable(text: str) -> str:
    """The cell as it stood; NUL cannot be kept, so it is shown."""
    return text.replace("\0", "\\0") if "\0" in text else text


# ------------------------------------------------------------------ load


def apply(session: Session, import_id: UUID, *, holds: Callable[[str], bool], actor_id: UUID | None) -> Import:
    """Load every row that is new or changed; rows that were loaded before stay as they are, so again adds nothing.

    Raises:
        ImportNotFound: there is none, or none for this person.
    """
    one = _locked(session, import_id, holds)
    kind = KINDS[one.kind]
    repository.lock_kind(session, kind)
    judging = _judging(one, actor_id=actor_id)
    repository.judge(session, judging)
    loaded = repository.load(session, judging)
    if loaded or one.applied_at is None:
        one.applied_at, one.applied_by = repository.now(session), actor_id
        _audit(session, actor_id, "import.applied", one, rows=loaded)
    session.flush()
    return one


def _judging(one: Import, *, line: int | None = None, actor_id: UUID | None = None) -> Judging:
    kind = KINDS[one.kind]
    mapping = kind.mapping.model_validate(one.mapping)
    return Judging(kind, one.id, one.supplier_id, read_defaults(mapping), line, actor_id)


def _locked(session: Session, import_id: UUID, holds: Callable[[str], bool]) -> Import:
    one = repository.get_import(session, import_id, lock=True)
    if one is None or not holds(KINDS[one.kind].scope):
        raise ImportNotFound
    return one


def get_import(session: Session, import_id: UUID, holds: Callable[[str], bool]) -> Import:
    """One import.

    Raises:
        ImportNotFound: there is none, or none for this person.
    """
    one = repository.get_import(session, import_id)
    if one is None or not holds(KINDS[one.kind].scope):
        raise ImportNotFound
    return one


# ------------------------------------------------------------------ repair


def repair_row(
    session: Session,
    import_id: UUID,
    line: int,
    *,
    values: Mapping[str, str],
    version: int,
    holds: Callable[[str], bool],
    actor_id: UUID,
) -> tuple[Import, ImportRow]:
    """Read a row again with other values in some fields, as they would stand in the file, and judge it anew.

    Raises:
        ImportNotFound, RowNotFound, VersionConflict: see their names.
        RowLoaded: it is edited where it now lives.
        Invalid: a field is none of this import's.
    """
    one = _locked(session, import_id, holds)
    row = repository.get_row(session, import_id, line, lock=True)
    if row is None:
        raise RowNotFound(f"The file has no row on line {line}.")
    if row.applied_at is not None:
        raise RowLoaded("The row was loaded: edit what it made.")
    mapping = KINDS[one.kind].mapping.model_validate(one.mapping)
    _refuse_unknown(values, type(mapping.columns).model_fields)
    bump(row, version)
    row.repairs = row.repairs | dict(values)
    read = RowReader(mapping, one.header).read(row.cells, row.repairs)
    row.fields, row.problems = read.fields, [problem.as_dict() for problem in read.problems]
    row.verdict, row.changes = "quarantined", []
    row.product_id = row.target_id = None
    row.repaired_at, row.repaired_by = repository.now(session), actor_id
    session.flush()
    repository.judge(session, _judging(one, line=line))
    session.refresh(row)
    _audit(session, actor_id, "import.repaired", one, line=line, fields=sorted(values))
    return one, row


def _refuse_unknown(values: Mapping[str, str], known: Mapping[str, object]) -> None:
    unknown = [name for name in values if name not in known]
    if unknown:
        detail = f"The fields of this import are {', '.join(known)}."
        problems = tuple(FieldProblem(f"values.{name}", "unknown_field", detail) for name in unknown)
        raise Invalid("A field is unknown.", errors=problems)


# ------------------------------------------------------------------ small things


def require(kind: Kind, holds: Callable[[str], bool]) -> None:
    """Refuse whoever may not edit what this kind loads.

    Raises:
        Forbidden: the scope is missing.
    """
    if not holds(kind.scope):
        raise Forbidden(f"This needs the scope {kind.scope}.", code="missing_scope", scope=kind.scope)


def declared(text: str | None, kind: Kind) -> FileMapping | None:
    """The mapping that was sent along as JSON, if one was.

    Raises:
        InvalidMapping: it cannot be used.
    """
    return parse_mapping(text, kind.mapping) if text and text.strip() else None


def field_columns(one: Import) -> dict[str, str]:
    """Our fields with the file's columns that they are read from."""
    columns: dict[str, Any] = one.mapping["columns"]
    return {field: column for field, column in columns.items() if column is not None}


def _audit(session: Session, actor_id: UUID | None, action: str, one: Import, **details: object) -> None:
    record(
        session,
        actor_id=actor_id,
        action=action,
        subject_type="import",
        subject_id=one.id,
        details={"kind": one.kind, **details},
    )
