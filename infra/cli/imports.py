"""`import`: a till's CSV into the warehouse's raw sales; catalogs and price lists into the operational tables."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.output import Json, answer_fields, answer_json, answer_table, note
from infra.cli.rooms import operational_transaction
from infra.local.environment import Environment
from infra.local.errors import CannotRunError
from infra.local.home import Home
from infra.local.services import ROOT
from infra.local.stack import databases_running, newest_revision, schema_revision

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.imports.kinds.kind import Kind
    from api.imports.models import Import
    from api.imports.schemas import ImportAnswer

SHOWN_ROWS = 20
CatalogFile = Annotated[Path, typer.Argument(help="A CSV or XLSX file.")]
MappingFile = Annotated[
    Path | None, typer.Option(help="A mapping file (YAML or JSON, see api/imports/README.md); else the header tells.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would come of each row, and load nothing.")]
QuarantineFile = Annotated[
    Path | None, typer.Option(help="Write the quarantined rows with their reasons to this file (.csv or .xlsx).")
]

group = typer.Typer(help="Bring other systems' files in.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="import")


@group.callback()
def _imports() -> None:
    """Bring other systems' files in."""


@group.command()
def pos(
    file: Annotated[Path, typer.Argument(help="The till's export: CSV, TSV, Parquet, JSON; or FILE.endpoint.yaml.")],
    location: Annotated[
        str | None, typer.Option(help="Code of the location that sold; by default the mapping's.")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option(help="A mapping file, or the name of one that comes along; see ingestion/README.md.")
    ] = None,
    *,
    suggest_mapping: Annotated[
        bool,
        typer.Option(
            "--suggest-mapping", help="Load nothing; write a mapping to edit to FILE.mapping.yaml (or --mapping)."
        ),
    ] = False,
    as_json: Json = False,
) -> int:
    """Load a till's order lines: stockpot import pos orders.csv --location RIV --mapping takeaway.

    Bad lines go to quarantine with line, column and reason; nothing is lost, and the same file again adds nothing.
    Without --mapping, FILE.mapping.yaml beside the file is used; --suggest-mapping writes one from what the file shows,
    with its doubts as comments. Exit code 1 when lines were quarantined or doubts stay, 2 when the file cannot be read
    at all.
    """
    if not file.is_file():
        raise CannotRunError(f"there is no file {file}")
    if suggest_mapping:
        return _suggest(
            file, Path(mapping) if mapping else file.with_name(f"{file.name}.mapping.yaml"), as_json=as_json
        )
    with databases_running(Home.from_environment(), note) as environment:
        figures = _import(file, location, mapping, environment.variables["WAREHOUSE_URL"])
    answer_fields(figures, as_json=as_json)
    return 1 if figures["lines_quarantined"] else 0


@group.command()
def products(
    file: CatalogFile,
    mapping: MappingFile = None,
    *,
    dry_run: DryRun = False,
    quarantine: QuarantineFile = None,
    as_json: Json = False,
) -> int:
    """Load a catalog of products: stockpot import products catalog.csv --dry-run.

    Every row is new, changed, unchanged or quarantined with line, column, reason and way out; the same file again
    changes nothing. Bad rows stay with the import: mend them in the file that --quarantine writes and import that one,
    or repair them through the API. Exit code 1 when rows were quarantined, 2 when the file cannot be read at all.
    """
    return _load(file, mapping, is_dry=dry_run, quarantine=quarantine, as_json=as_json)


@group.command("supplier-products")
def supplier_products(
    file: CatalogFile,
    supplier: Annotated[str, typer.Option(help="The supplier's code.")],
    mapping: MappingFile = None,
    *,
    dry_run: DryRun = False,
    quarantine: QuarantineFile = None,
    as_json: Json = False,
) -> int:
    """Load a supplier's price list: stockpot import supplier-products prices.csv --supplier ALDER.

    A changed price is appended to the article's history. Rows that cannot be loaded wait with line, column, reason and
    way out, as for products; exit codes are the same.
    """
    return _load(file, mapping, supplier=supplier, is_dry=dry_run, quarantine=quarantine, as_json=as_json)


@group.command()
def catalog(
    file: Annotated[Path, typer.Argument(help="A price list: CSV, XLSX, X12 832 or a UBL catalogue.")],
    supplier: Annotated[
        str | None, typer.Option(help="Code of the supplier whose prices these are; by default the mapping's.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="A mapping file (YAML or JSON, see ingestion/README.md); else the header tells.")
    ] = None,
    *,
    as_json: Json = False,
) -> int:
    """Load a supplier's prices into the warehouse's history: stockpot import catalog prices.xlsx --supplier ALDER.

    Bad rows go to quarantine with line, column and reason; the same rows again add nothing. Exit code 1 when rows were
    quarantined, 2 when the file cannot be read at all.
    """

    def work(url: str, progress: Callable[[int], None]) -> dict[str, Any]:
        from ingestion.supplier_catalogs.cli import import_catalog

        return import_catalog(file, supplier, mapping, url, progress=progress)

    return _into_warehouse(file, work, "rows", as_json=as_json)


@group.command()
def invoices(
    file: Annotated[Path, typer.Argument(help="X12 810, UBL invoice or UBL credit note.")],
    supplier: Annotated[str | None, typer.Option(help="Code of the supplier who sent them, where it is known.")] = None,
    *,
    as_json: Json = False,
) -> int:
    """Load suppliers' invoices and credit notes into the warehouse: stockpot import invoices november.edi.

    A document that does not add up, or has the number of another one, waits in quarantine under its rule's name; the
    same document again adds nothing. Exit code 1 when documents were quarantined, 2 when the file cannot be read.
    """

    def work(url: str, progress: Callable[[int], None]) -> dict[str, Any]:
        from ingestion.invoices.cli import import_invoices

        return import_invoices(file, supplier, url, progress=progress)

    return _into_warehouse(file, work, "documents", as_json=as_json)


def _into_warehouse(
    file: Path, work: Callable[[str, Callable[[int], None]], dict[str, Any]], what: str, *, as_json: bool
) -> int:
    """Run an import of `ingestion`; one that cannot be done is an obstacle, in ingestion's own words."""
    if not file.is_file():
        raise CannotRunError(f"there is no file {file}")
    started_at = time.monotonic()

    def progress(count: int) -> None:
        note(f"{count:,} {what}, {time.monotonic() - started_at:.0f} s")

    with databases_running(Home.from_environment(), note) as environment:
        from ingestion.errors import IngestionError

        try:
            figures = work(environment.variables["WAREHOUSE_URL"], progress)
        except IngestionError as error:
            raise CannotRunError(str(error)) from error
    answer_fields(figures, as_json=as_json)
    return 1 if figures[f"{what}_quarantined"] else 0


def _load(
    file: Path,
    mapping: Path | None,
    *,
    is_dry: bool,
    quarantine: Path | None,
    as_json: bool,
    supplier: str | None = None,
) -> int:
    if not file.is_file():
        raise CannotRunError(f"there is no file {file}")
    with databases_running(Home.from_environment(), note) as environment:
        if schema_revision(environment.variables["DATABASE_OWNER_URL"]) != newest_revision():
            raise CannotRunError("the database is not at this version's schema: run `stockpot migrate` first")
        answer = _run(environment, file, mapping, supplier, is_dry=is_dry, quarantine=quarantine)
    if as_json:
        answer_json(answer)
    else:
        _show(answer)
    return 1 if answer["rows"]["quarantined"] else 0


def _run(
    environment: Environment,
    file: Path,
    mapping: Path | None,
    supplier: str | None,
    *,
    is_dry: bool,
    quarantine: Path | None,
) -> dict[str, Any]:
    """Preview in one transaction and load in a second one, so that a load that fails leaves the verdicts to look at."""
    with operational_transaction(environment) as session:
        one = _send(session, file, mapping, supplier)
        answer = _answer(session, one, quarantine)
        if is_dry:
            session.rollback()
    if is_dry:
        return {**answer, "id": None, "dry_run": True}
    with operational_transaction(environment) as session:
        from api.imports import service

        note("loading")
        return _answer(session, service.apply(session, one.id, holds=lambda _: True, actor_id=None), quarantine)


def _send(session: Session, file: Path, mapping: Path | None, supplier: str | None) -> Import:
    from api.imports import service
    from api.imports.mapping import load_mapping

    started_at = time.monotonic()

    def progress(rows: int) -> None:
        note(f"{rows:,} rows read, {time.monotonic() - started_at:.0f} s")

    kind = _kind(supplier)
    declared = load_mapping(mapping, kind.mapping) if mapping else None
    with file.open("rb") as content:
        upload = service.Upload(kind, content, file.name, mapping=declared, supplier=supplier)
        return service.preview(session, upload, actor_id=None, progress=progress)


def _kind(supplier: str | None) -> Kind:
    from api.imports.kinds.products import PRODUCTS
    from api.imports.kinds.supplier_products import SUPPLIER_PRODUCTS

    return PRODUCTS if supplier is None else SUPPLIER_PRODUCTS


def _answer(session: Session, one: Import, quarantine: Path | None) -> dict[str, Any]:
    """The import's figures and its first quarantined rows; all of them go into the file that was asked for."""
    from api.imports import presenting, repository

    figures: ImportAnswer = presenting.import_answer(session, one)
    rows = repository.list_rows(session, one.id, verdict="quarantined", after=None, limit=SHOWN_ROWS)
    waiting = [presenting.row_answer(one, row).model_dump(mode="json") for row in rows[:SHOWN_ROWS]]
    if quarantine is not None:
        table = presenting.quarantine_table(
            one, repository.list_rows(session, one.id, verdict="quarantined", after=None, limit=None)
        )
        is_workbook = quarantine.suffix == ".xlsx"
        quarantine.write_bytes(presenting.as_xlsx(table) if is_workbook else presenting.as_csv(table))
    return {**figures.model_dump(mode="json"), "dry_run": False, "quarantined_rows": waiting}


def _show(answer: dict[str, Any]) -> None:
    known = {name: answer[name] for name in ("id", "file_name", "format", "encoding", "delimiter", "file_sha256")}
    columns = ", ".join(f"{ours} ← {theirs}" for ours, theirs in answer["mapping"]["columns"].items() if theirs)
    suggested = " (told by the header)" if answer["mapping_is_suggested"] else ""
    answer_fields({**known, "columns": columns + suggested, **answer["rows"]}, as_json=False)
    if answer["quarantined_rows"]:
        problems = [
            (row["line"], problem["column"], problem["reason"], problem["way_out"])
            for row in answer["quarantined_rows"]
            for problem in row["problems"]
        ]
        title = f"quarantined, the first {len(answer['quarantined_rows'])} of {answer['rows']['quarantined']}"
        answer_table(["line", "column", "reason", "way out"], problems, title)


def _import(file: Path, location: str | None, mapping: str | None, warehouse_url: str) -> dict[str, Any]:
    """The figures of one import; an import that cannot be done is an obstacle, in ingestion's own words."""
    from ingestion.errors import IngestionError
    from ingestion.pos.cli import import_file

    started_at = time.monotonic()

    def progress(lines: int) -> None:
        note(f"{lines:,} lines, {time.monotonic() - started_at:.0f} s")

    try:
        return import_file(file, location, _mapping_file(mapping), warehouse_url, progress=progress)
    except IngestionError as error:
        raise CannotRunError(str(error)) from error


def _suggest(file: Path, target: Path, *, as_json: bool) -> int:
    """Write what the file shows; a mapping that is there already is never overwritten."""
    from ingestion.errors import IngestionError
    from ingestion.pos.suggest import suggest_mapping

    try:
        found = suggest_mapping(file)
        with target.open("x", encoding="utf-8") as sink:
            sink.write(found.text)
    except FileExistsError:
        raise CannotRunError(f"{target} is there already; name another file with --mapping") from None
    except (IngestionError, OSError) as error:
        raise CannotRunError(str(error)) from error
    if as_json:
        answer_json(
            {"mapping": str(target), "doubts": found.doubts, "columns": found.columns, "formats": found.formats}
        )
    else:
        print(found.text, end="")
        note(f"written to {target}: {len(found.doubts)} questions to settle")
    return 1 if found.doubts else 0


def _mapping_file(mapping: str | None) -> Path | None:
    """A path as it is; the name of a mapping that comes along as its path."""
    if mapping is None:
        return None
    own = ROOT / "ingestion" / "pos" / "mappings" / f"{mapping}.mapping.yaml"
    return own if own.exists() and not Path(mapping).exists() else Path(mapping)
