"""What `stockpot import pos` and the pipeline's drop folder call."""

from __future__ import annotations

import os
from pathlib import Path

from ingestion.pos.drop_places import default_folder
from ingestion.pos.drops import Dropped, import_dropped, new_files
from ingestion.pos.imports import import_file

__all__ = ["Dropped", "drop_folder", "import_dropped", "import_file", "new_files"]


def drop_folder() -> Path | str:
    """POS_DROP_PATH of the environment (a folder or `s3://bucket/prefix`), by default `drop/pos` in STOCKPOT_HOME."""
    address = os.environ.get("POS_DROP_PATH")
    if address and address.startswith("s3://"):
        return address
    return Path(address) if address else default_folder()
