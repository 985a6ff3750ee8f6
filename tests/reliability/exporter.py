"""An exporter that never stops: `python -m tests.reliability.exporter WAREHOUSE STORE`; STORE is a folder or a bucket's URL.

It says `ready` when its first export lies there and then goes on, in every format, over old runs and new ones.
"""

from __future__ import annotations

import itertools
import sys
from datetime import date
from pathlib import Path

from orchestration.lib.exporting import export_report
from orchestration.lib.object_store import BucketStore, FolderStore, ObjectStore

DAY = date(2026, 11, 21)
FORMATS = ("csv", "parquet", "xlsx")
RUNS = 2
BUCKET = "exports"


def store_at(address: str) -> ObjectStore:
    """The folder, or the bucket `exports` at the address."""
    is_bucket = address.startswith("http")
    return BucketStore(BUCKET, address, "us-east-1") if is_bucket else FolderStore(Path(address))


def export(url: str, store: ObjectStore, number: int) -> str:
    """One export; its run has other rows each time, so that files of a run are replaced by others."""
    kind = FORMATS[number % len(FORMATS)]
    definition = {
        "code": kind, "mart": "fct_rows", "format": kind, "filters": {"part": [str(part) for part in range(number // 3 % 3 + 1)]},
    }  # fmt: skip
    done = export_report(definition, DAY, run_id=f"run-{number % RUNS}", warehouse_url=url, store=store)
    return str(done.object_key)


def main() -> None:
    """Until somebody kills it."""
    url, store = sys.argv[1], store_at(sys.argv[2])
    for number in itertools.count():
        export(url, store, number)
        sys.stdout.write("ready\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
