"""`/api/imports`: send a file, look at the verdict on every row, repair, load."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Path, Query, Response, UploadFile

from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page, cut, read_cursor
from api.core.preconditions import ExpectedVersion
from api.core.types import Id7
from api.imports import presenting, repository, service
from api.imports.kinds.kind import Kind
from api.imports.kinds.products import PRODUCTS
from api.imports.kinds.supplier_products import SUPPLIER_PRODUCTS
from api.imports.models import Import, ImportRow
from api.imports.schemas import ImportAnswer, ImportBrief, Repair, RowAnswer, Verdict

router = APIRouter(prefix="/api/imports", tags=["imports"])

Importer = Annotated[Principal, Requires("imports.run")]
MappingText = Annotated[str | None, Form(max_length=20_000, description="A mapping as JSON; else told by the header.")]
ImportId = Annotated[Id7 | None, Form(alias="id", description="The client's own id makes the request repeatable.")]
FileFormat = Annotated[Literal["csv", "xlsx"], Query(alias="format")]
Line = Annotated[int, Path(ge=1, le=2**31 - 1, description="The row's line in the file.")]


@router.post("/products", status_code=201)
def send_products(
    session: DbSession, principal: Importer, file: UploadFile, mapping: MappingText = None, row_id: ImportId = None
) -> ImportAnswer:
    """Send a catalog (CSV or XLSX) and see what would come of each row; nothing is loaded yet."""
    return _sent(session, principal, PRODUCTS, file, mapping=mapping, row_id=row_id)


@router.post("/supplier-products", status_code=201)
def send_supplier_products(
    session: DbSession,
    principal: Importer,
    file: UploadFile,
    supplier: Annotated[str, Form(max_length=30, description="The supplier's code.")],
    mapping: MappingText = None,
    row_id: ImportId = None,
) -> ImportAnswer:
    """Send a supplier's price list (CSV or XLSX) and see what would come of each row; nothing is loaded yet."""
    return _sent(session, principal, SUPPLIER_PRODUCTS, file, mapping=mapping, row_id=row_id, supplier=supplier)


def _sent(
    session: DbSession,
    principal: Principal,
    kind: Kind,
    file: UploadFile,
    *,
    mapping: str | None,
    row_id: UUID | None,
    supplier: str | None = None,
) -> ImportAnswer:
    service.require(kind, principal.holds)
    upload = service.Upload(
        kind, file.file, file.filename, mapping=service.declared(mapping, kind), supplier=supplier, id=row_id
    )
    return presenting.import_answer(session, service.preview(session, upload, actor_id=principal.id))


@router.get("")
def list_imports(
    session: DbSession, principal: Importer, limit: Limit = 50, cursor: Cursor = None
) -> Page[ImportBrief]:
    """Files that were sent, latest first."""
    after: tuple[datetime, UUID] | None = None
    if cursor is not None:
        moment, row_id = read_cursor(cursor, _moment, UUID)
        after = (moment, row_id)
    kinds = [kind.name for kind in service.KINDS.values() if principal.holds(kind.scope)]
    found = repository.list_imports(session, kinds=kinds, after=after, limit=limit)
    page, following = cut(found, limit, _import_key)
    return Page(items=presenting.import_briefs(session, page), next_cursor=following)


def _moment(text: str) -> datetime:
    """A moment with its zone, as our cursors carry it."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _import_key(one: Import) -> tuple[str, UUID]:
    return one.created_at.isoformat(), one.id


@router.get("/{import_id}")
def get_import(session: DbSession, principal: Importer, import_id: UUID) -> ImportAnswer:
    """How a file was read, and what came of its rows."""
    return presenting.import_answer(session, service.get_import(session, import_id, principal.holds))


@router.get("/{import_id}/rows")
def list_rows(
    session: DbSession,
    principal: Importer,
    import_id: UUID,
    verdict: Verdict | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RowAnswer]:
    """The file's rows by line, each with its verdict, its problems and the ways out."""
    one = service.get_import(session, import_id, principal.holds)
    after = None if cursor is None else read_cursor(cursor, _line)[0]
    rows = repository.list_rows(session, import_id, verdict=verdict, after=after, limit=limit)
    page, following = cut(rows, limit, _row_key)
    return Page(items=[presenting.row_answer(one, row) for row in page], next_cursor=following)


def _line(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**31:
        raise ValueError(text)
    return number


def _row_key(row: ImportRow) -> tuple[int]:
    return (row.line,)


@router.patch("/{import_id}/rows/{line}")
def repair_row(
    session: DbSession, principal: Importer, import_id: UUID, line: Line, version: ExpectedVersion, body: Repair
) -> RowAnswer:
    """Repair values of a row that was not loaded; it is read and judged anew, and loaded by the next `apply`."""
    one, row = service.repair_row(
        session,
        import_id,
        line,
        values=body.values,
        version=version,
        holds=principal.holds,
        actor_id=principal.id,
    )
    return presenting.row_answer(one, row)


@router.post("/{import_id}/apply")
def apply_import(session: DbSession, principal: Importer, import_id: UUID) -> ImportAnswer:
    """Load every row that is new or changed and was not loaded yet; sending it again is always safe."""
    one = service.apply(session, import_id, holds=principal.holds, actor_id=principal.id)
    return presenting.import_answer(session, one)


@router.get("/{import_id}/quarantine", response_class=Response)
def download_quarantine(
    session: DbSession, principal: Importer, import_id: UUID, file_format: FileFormat = "csv"
) -> Response:
    """The quarantined rows with their reasons, to be mended in a spreadsheet and sent again as a file of their own."""
    one = service.get_import(session, import_id, principal.holds)
    rows = repository.list_rows(session, import_id, verdict="quarantined", after=None, limit=None)
    table = presenting.quarantine_table(one, rows)
    content = presenting.as_xlsx(table) if file_format == "xlsx" else presenting.as_csv(table)
    media_type = (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" if file_format == "xlsx" else "text/csv"
    )
    headers = {"Content-Disposition": f'attachment; filename="quarantine-{import_id}.{file_format}"'}
    return Response(content, media_type=media_type, headers=headers)
