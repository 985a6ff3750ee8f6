"""What can go wrong with reports.

NotFound 404     report_not_found, report_run_not_found
Conflict 409     builtin_report, mart_not_published, load_changed, code_taken
Invalid 422      unknown_mart, unknown_column, unknown_recipient, bad_filter
Unavailable 503  the warehouse does not answer
"""

from __future__ import annotations

from api.core.errors import Conflict, NotFound, Unavailable


class ReportNotFound(NotFound):
    """There is no such report, or none that you may see."""

    code = "report_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such report, or none that you may see.")


class ReportRunNotFound(NotFound):
    """There is no such run, or none that you may see."""

    code = "report_run_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such run of a report, or none that you may see.")


class MartNotPublished(Conflict):
    """The pipeline has not published this mart yet."""

    code = "mart_not_published"


class LoadChanged(Conflict):
    """The marts were published anew between two pages."""

    code = "load_changed"


class WarehouseAway(Unavailable):
    """The warehouse does not answer, or this installation has none."""

    code = "warehouse_unavailable"
