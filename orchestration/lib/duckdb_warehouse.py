"""The raw tables in a DuckDB file: the same dbt project builds there with the target `duckdb`, without a server.

Snapshots go along: what they remember is in no raw table any more.

Rows go over as Parquet through Arrow, typed by PostgreSQL's catalogue; DuckDB's own postgres extension would have to be
downloaded where it runs.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql

from ingestion.arrow_copy import read_arrow, table_columns
from ingestion.warehouse import connect

RAW = """
select table_schema, table_name from information_schema.tables
where (table_schema like 'raw\\_%' or table_schema = 'snapshots') and table_schema not like '%\\_staging'
    and table_name not like '\\_dlt%' and table_type = 'BASE TABLE'
order by table_schema, table_name
"""

UUIDS = """
select column_name from information_schema.columns where table_schema = %s and table_name = %s and data_type = 'uuid'
"""


def carry_raw(warehouse_url: str, file: Path) -> dict[str, int]:
    """Copy every raw table and snapshot, from one snapshot, into the DuckDB database `file`; give the rows per table.

    A column without declared digits is a decimal of 38 digits, nine of them after the point.
    """
    import duckdb

    counts: dict[str, int] = {}
    with connect(warehouse_url) as session, duckdb.connect(str(file)) as duck:
        session.execute("set transaction isolation level repeatable read, read only")
        for schema, table in session.execute(RAW).fetchall():
            with tempfile.TemporaryDirectory() as folder:
                parquet = Path(folder) / "rows.parquet"
                counts[f"{schema}.{table}"] = _write(session, schema, table, parquet)
                duck.execute(f'create schema if not exists "{schema}"')
                rows = f"select * {_uuids(session, schema, table)} from read_parquet(?)"  # noqa: S608 - the catalogue's names
                duck.execute(f'create or replace table "{schema}"."{table}" as {rows}', [str(parquet)])
    return counts


def _uuids(session: psycopg.Connection[tuple[object, ...]], schema: str, table: str) -> str:
    """What makes texts of the file the ids again that they are here: Arrow has no type for them."""
    casts = [f'cast("{name}" as uuid) as "{name}"' for (name,) in session.execute(UUIDS, [schema, table])]
    return f"replace ({', '.join(casts)})" if casts else ""


def _write(session: psycopg.Connection[tuple[object, ...]], schema: str, table: str, file: Path) -> int:
    columns = table_columns(session, f'"{schema}"."{table}"')
    selected = sql.SQL(", ").join(column.expression for column in columns)
    query = sql.SQL("select {} from {}").format(selected, sql.Identifier(schema, table))
    count = 0
    with pq.ParquetWriter(file, pa.schema([(column.name, column.arrow) for column in columns])) as writer:
        for rows in read_arrow(session, query, columns):
            writer.write_table(rows)
            count += rows.num_rows
    return count
