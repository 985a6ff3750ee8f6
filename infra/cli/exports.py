"""`export`: what reports there are, a report as a file now, and files checked by their manifests alone."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from unittest import mock

import typer
from psycopg import sql as query

from infra.cli.databases import ask
from infra.cli.output import Json, answer_fields, answer_json, answer_table, note, step
from infra.cli.rooms import operational_transaction
from infra.local.environment import Environment
from infra.local.errors import CannotRunError
from infra.local.home import Home
from infra.local.stack import databases_running

if TYPE_CHECKING:
    from orchestration.lib.exporting import Exported
    from orchestration.lib.object_store import ObjectStore
    from orchestration.lib.verifying import Verification

FORMATS = ("csv", "parquet", "xlsx", "html", "pdf")
LIST = """
select report.code, report.name, report.format, report.schedule, report.on_failed_gate as failed_gate,
       report.keep_days, report.keep_exports, run.business_day as last_day, run.status, run.row_count as rows,
       run.object_key
from report_definitions as report
left join lateral (
    select * from report_runs where report_id = report.id order by created_at desc, id desc limit 1
) as run on true
where report.is_enabled and ({code}::text is null or report.code = {code})
order by report.code
"""
RUNS = """
select run.business_day, run.format, run.status, run.row_count as rows, run.as_of, run.deleted_at, run.object_key,
       coalesce(run.error, run.gates -> 'reasons' ->> 0) as why
from report_runs as run join report_definitions as report on report.id = run.report_id
where report.code = {code} order by run.created_at desc, run.id desc limit 20
"""

group = typer.Typer(help="Reports as files, with manifests.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="export")


@group.callback()
def _exports() -> None:
    """Reports as files, with manifests."""


@group.command("list")
def list_exports(
    code: Annotated[str | None, typer.Argument(help="A report's code: its last twenty exports.")] = None,
    *,
    as_json: Json = False,
) -> int:
    """Show the reports with their format, schedule, retention and last export: stockpot export list stock_on_hand."""
    statement = query.SQL(RUNS if code else LIST).format(code=query.Literal(code))
    with databases_running(Home.from_environment(), note) as environment:
        columns, rows = ask(environment.variables["WAREHOUSE_URL"], statement.as_string())
    if as_json:
        answer_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        answer_table(columns, rows)
    return 0


@group.command()
def run(
    code: Annotated[str, typer.Argument(help="The report's code; `stockpot export list` shows them.")],
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The business day; by default yesterday.")
    ] = None,
    file_format: Annotated[
        str | None, typer.Option("--format", help=f"{', '.join(FORMATS)}; by default the report's own.")
    ] = None,
    *,
    as_json: Json = False,
) -> int:
    """Export a report now: stockpot export run stock_on_hand --format pdf --day 2026-11-21.

    The file goes to the object store with its manifest and is listed like one of the schedule; nobody gets a mail.
    Where a gate stopped a newer load, the file is stamped, or held if the report says so. Exit code 1 when it is held.
    """
    if file_format is not None and file_format not in FORMATS:
        raise CannotRunError(f"--format is one of {', '.join(FORMATS)}, not {file_format}")
    with databases_running(Home.from_environment(), note) as environment, _at(environment.variables):
        definition, run_id = _begin(environment, code, day.date() if day else None, file_format)
        step(f"{definition['name']} for {definition['day']} as {definition['format']}")
        done = _make(environment, definition, run_id)
    answer = {
        "run_id": run_id,
        "status": done.status,
        "rows": done.manifest["rows"],
        "object_key": done.object_key,
        "manifest_key": done.manifest_key,
        "load_id": done.manifest["load_id"],
        "as_of": done.manifest["as_of"],
        "reasons": done.reasons,
    }
    answer_fields(answer, as_json=as_json)
    return 1 if done.status == "held" else 0


@group.command()
def verify(
    where: Annotated[
        str, typer.Argument(metavar="PATH|KEY", help="A folder, a manifest, a file beside its manifest, or a key.")
    ],
    *,
    as_json: Json = False,
) -> int:
    """Check exported files by their manifests alone: stockpot export verify Downloads/stock_on_hand-2026-11-21.csv.

    Needs no database: size, SHA-256, columns and their types, rows and the totals of every column of numbers are read
    from the files. A KEY (exports/stock_on_hand/day=2026-11-21) is looked up in the object store of the settings.
    HTML and PDF are checked by size and SHA-256. Exit code 1 when anything differs, each difference by name; 2 when
    there is nothing to check.
    """
    with _files(where) as path:
        from orchestration.lib.verifying import verify_path

        found = verify_path(path)
    if not found:
        raise CannotRunError(f"there is no export at {where}")
    if as_json:
        answer_json([dataclasses.asdict(each) | {"ok": each.ok} for each in found])
    else:
        _show(found)
    return 0 if all(each.ok for each in found) else 1


def _show(found: list[Verification]) -> None:
    for each in found:
        mark = "ok" if each.ok else "DIFFERS"
        status = f", {each.status}" if each.status not in {"", "good"} else ""
        print(f"{mark:<8} {Path(each.manifest).name}: {each.rows:,} rows, {each.checks} checks{status}")
        for difference in each.differences:
            print(f"         {difference.sentence()}")


# ------------------------------------------------------------------ running


def _begin(
    environment: Environment, code: str, day: date | None, file_format: str | None
) -> tuple[dict[str, Any], str]:
    """Note the run as begun; the report's definition as the API gives it, and the run's id."""
    with operational_transaction(environment) as session:
        from api.domain.ids import uuid7
        from api.reports import repository, requests
        from api.reports.schemas import ReportBody

        report = repository.report_coded(session, code)
        if report is None:
            raise CannotRunError(f"there is no report {code}; `stockpot export list` shows them")
        wanted, chosen = day or requests.yesterday(), file_format or report.format
        made = requests.make_run(
            session,
            report,
            run_id=uuid7(),
            business_day=wanted,
            file_format=chosen,
            requested_by=None,
            status="running",
        )
        body = ReportBody.model_validate(report).model_dump(mode="json")
        return {**body, "format": chosen, "day": wanted}, str(made.id)


def _make(environment: Environment, definition: dict[str, Any], run_id: str) -> Exported:
    """Export, and note what came of it."""
    from orchestration.lib import settings
    from orchestration.lib.errors import ExportFailed
    from orchestration.lib.exporting import export_report, outcome
    from orchestration.lib.object_store import open_store

    url, store = settings.warehouse_url(), open_store(settings.object_store())
    try:
        done = export_report(definition, definition["day"], run_id=run_id, warehouse_url=url, store=store)
    except ExportFailed as failure:
        _finish(environment, definition, run_id, {"status": "failed", "error": str(failure)})
        raise CannotRunError(str(failure)) from failure
    _finish(environment, definition, run_id, outcome(done))
    return done


def _finish(environment: Environment, definition: dict[str, Any], run_id: str, told: dict[str, Any]) -> None:
    with operational_transaction(environment) as session:
        from api.core.access import Principal
        from api.identity.scopes import PIPELINE_ID
        from api.reports import runs
        from api.reports.schemas import FinishedRun

        facts = {"report_id": definition["id"], "business_day": definition["day"], "format": definition["format"]}
        body = FinishedRun.model_validate({**facts, "run_id": run_id, **told})
        runs.finish(session, Principal(PIPELINE_ID, "service"), body)


@contextmanager
def _at(variables: Mapping[str, str]) -> Iterator[None]:
    """Let the pipeline's code read this home's settings for the block."""
    with mock.patch.dict(os.environ, variables):
        yield


# ------------------------------------------------------------------ verifying


@contextmanager
def _files(where: str) -> Iterator[Path]:
    """What lies at the path; else the objects under the key, in a folder of their own."""
    if Path(where).exists():
        yield Path(where)
        return
    if not where.startswith("exports/"):
        raise CannotRunError(f"there is no file or folder {where}, and a key begins with exports/")
    from orchestration.lib import settings
    from orchestration.lib.object_store import open_store

    with tempfile.TemporaryDirectory(prefix="stockpot-verify-") as name:
        _fetch(open_store(settings.object_store()), where, Path(name))
        yield Path(name)


def _fetch(store: ObjectStore, key: str, folder: Path) -> None:
    """A key's object with all beside it, or everything below a key that is a folder."""
    is_object = key.endswith((".json", *(f".{each}" for each in FORMATS)))
    prefix = key.rpartition("/")[0] + "/" if is_object else key.rstrip("/") + "/"
    for each in store.keys(prefix):
        target = folder / each
        target.parent.mkdir(parents=True, exist_ok=True)
        store.fetch(each, target)
