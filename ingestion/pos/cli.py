"""What `stockpot import pos` and the pipeline's drop folder call."""

from __future__ import annotations

from ingestion.drops.importing import Dropped
from ingestion.pos.drops import drop_folder, import_dropped, new_files
from ingestion.pos.imports import import_file

__all__ = ["Dropped", "drop_folder", "import_dropped", "import_file", "new_files"]
