"""What is expected of the raw tables and of the marts, with what to do when it is not so.

Whatever is not `told` stops the run.
"""

from ingestion.operational.tables import LEDGER as TABLES
from orchestration.defs.quality.suites.documents import DOCUMENTS
from orchestration.defs.quality.suites.kitchen import KITCHEN
from orchestration.defs.quality.suites.ledger import MOVEMENTS
from orchestration.defs.quality.suites.marts import marts
from orchestration.defs.quality.suites.purchasing import PURCHASING
from orchestration.defs.quality.suites.queries import RAW
from orchestration.defs.quality.suites.reference import REFERENCE
from orchestration.defs.quality.suites.sales import SALES
from orchestration.lib.expectations import as_usual, store

_DESCRIBED = (*MOVEMENTS, *KITCHEN, *PURCHASING)
_NAMES = {each.table for each in _DESCRIBED}

LEDGER = (
    *_DESCRIBED,
    *(store(RAW, table.name, as_usual(), key=table.key) for table in TABLES if table.name not in _NAMES),
)
"""A table that nobody described yet must still have its key, and as many rows as it had."""

__all__ = ["DOCUMENTS", "LEDGER", "REFERENCE", "SALES", "marts"]
