"""The warehouse as dlt sees it: one pipeline per raw schema, one load of a schema at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg

from ingestion.errors import IngestionError, LoadFailed, WarehouseUnreachable

if TYPE_CHECKING:
    import dlt

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")  # dlt reads it when it is imported
os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")
os.environ.setdefault("LOAD__DELETE_COMPLETED_JOBS", "true")  # rows do not stay in the working folder
os.environ.setdefault("NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID", "true")  # every raw row knows its load

DEFAULT_URL = "postgresql://stockpot_pipeline@127.0.0.1:5432/stockpot"


@dataclass(frozen=True)
class LoadResult:
    """What one load brought: dlt's load ids and the rows extracted per table."""

    load_ids: tuple[str, ...]
    rows: dict[str, int]


def warehouse_url() -> str:
    """WAREHOUSE_URL of the environment."""
    return os.environ.get("WAREHOUSE_URL", DEFAULT_URL)


def working_folder() -> Path:
    """Where dlt keeps its packages while they are on their way, inside STOCKPOT_HOME."""
    return Path(os.environ.get("STOCKPOT_HOME", "var")).resolve() / "dlt" / "pipelines"


def connect(url: str, **options: Any) -> psycopg.Connection[Any]:
    """A session of the warehouse; WarehouseUnreachable names the server that does not answer, never the password."""
    try:
        return psycopg.connect(url, connect_timeout=10, **options)
    except psycopg.OperationalError as error:
        parts = psycopg.conninfo.conninfo_to_dict(url)
        where = f"{parts.get('host')}:{parts.get('port', 5432)}/{parts.get('dbname')}"
        reason = str(error).strip().splitlines()[-1]
        raise WarehouseUnreachable(f"the warehouse {where} does not answer (WAREHOUSE_URL): {reason}") from error


@contextmanager
def one_load_at_a_time(url: str, dataset: str) -> Iterator[None]:
    """Hold the schema's advisory lock: two loads would share dlt's staging tables and working folder."""
    with connect(url, autocommit=True) as session:
        session.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [f"stockpot load {dataset}"])
        yield


def run_dlt(source: Any, *, dataset: str, url: str, folder: Path | None = None) -> LoadResult:
    """Load a dlt source into the schema `dataset`.

    Every run starts from what the destination knows, never from a package that an earlier, killed run left behind:
    dlt would load that package alone and return. The caller holds `one_load_at_a_time`.
    """
    pipeline = _pipeline(dataset, url, folder or working_folder()).drop()
    _run(pipeline, source)
    trace: Any = pipeline.last_trace
    return LoadResult(tuple(package.load_id for package in trace.last_load_info.load_packages), _row_counts(trace))


def _row_counts(trace: Any) -> dict[str, int]:
    """Rows per table of our own; dlt does not look into ready files, so theirs are what the source said."""
    counts = dict(trace.last_normalize_info.row_counts)
    for metrics in trace.last_extract_info.metrics.values():
        for step in metrics:
            for name, table in step["table_metrics"].items():
                counts[name] = counts.get(name) or table.items_count
    return {name: count for name, count in counts.items() if not name.startswith("_dlt")}


def _run(pipeline: Any, source: Any) -> None:
    """Run; where dlt stops, raise our own error that caused it, or one sentence instead of its pages."""
    from dlt.pipeline.exceptions import PipelineStepFailed

    try:
        pipeline.run(source, loader_file_format="csv")
    except PipelineStepFailed as failure:
        causes = list(_causes(failure))
        own = next((cause for cause in causes if isinstance(cause, IngestionError)), None)
        if own is not None:
            raise own from failure
        reason = " ".join(str(causes[-1]).split())[:1000]
        raise LoadFailed(
            f"loading {pipeline.dataset_name} stopped while dlt was in {failure.step}: {reason}"
        ) from failure


def _causes(error: BaseException) -> Iterator[BaseException]:
    while error.__cause__ is not None:
        error = error.__cause__
        yield error


def _pipeline(dataset: str, url: str, folder: Path) -> dlt.Pipeline:
    import dlt

    return dlt.pipeline(
        pipeline_name=f"stockpot_{dataset}",
        destination=dlt.destinations.postgres(credentials=url),
        dataset_name=dataset,
        pipelines_dir=str(folder),
    )


def fetch_all(url: str, query: LiteralString, parameters: list[Any]) -> list[tuple[Any, ...]]:
    """All rows of one query."""
    with connect(url) as session:
        return session.execute(query, parameters).fetchall()
