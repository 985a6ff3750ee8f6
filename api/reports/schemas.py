"""Bodies of requests and answers about reports and their runs."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.core.types import Id7, LongText, RequestBody, ResponseBody, Text, UtcDateTime

CRON_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
CRON_PART = re.compile(r"(?:(\*|(\d{1,2})-(\d{1,2}))(?:/([1-9]\d?))?|(\d{1,2}))", re.ASCII)


def _cron(value: str) -> str:
    """Five fields: minute, hour, day of month, month, day of week."""
    fields = value.split()
    if len(fields) != len(CRON_RANGES) or not all(
        _is_cron_field(field, *limits) for field, limits in zip(fields, CRON_RANGES, strict=True)
    ):
        raise PydanticCustomError("not_a_schedule", "Give five cron fields, such as 0 6 * * 1.")
    return " ".join(fields)


def _is_cron_field(field: str, low: int, high: int) -> bool:
    """Stars, numbers and rising ranges within the limits, separated by commas; stars and ranges may have a step."""
    for part in field.split(","):
        match = CRON_PART.fullmatch(part)
        if match is None:
            return False
        numbers = [int(number) for number in (match[2], match[3], match[5]) if number is not None]
        if numbers != sorted(numbers) or not all(low <= number <= high for number in numbers):
            return False
    return True


Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
ReportCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Schedule = Annotated[Text, AfterValidator(_cron), Field(examples=["0 6 * * *"])]
Format = Literal["csv", "parquet", "xlsx", "html", "pdf"]
OnFailedGate = Literal["hold", "stamp"]
RunStatus = Literal["pending", "running", "succeeded", "failed", "held"]
KeepDays = Annotated[int, Field(ge=1, le=3650)]
KeepExports = Annotated[int, Field(ge=1, le=10_000)]


def _as_text(value: bool | int | str) -> str:
    """A filter's value as PostgreSQL writes it, so that everybody who reads a definition compares the same text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


Scalar = Annotated[bool | Annotated[int, Field(ge=-(2**63), lt=2**63)] | Text, AfterValidator(_as_text)]
Scalars = Annotated[list[Scalar], Field(min_length=1, max_length=200)]
Filters = Annotated[dict[Identifier, Scalar | Scalars], Field(max_length=20)]
Columns = Annotated[list[Identifier], Field(max_length=100)]
Recipients = Annotated[list[UUID], Field(max_length=200)]
ObjectKey = Annotated[Text, Field(max_length=400)]
Reasons = Annotated[list[LongText], Field(max_length=50)]


class ReportBody(ResponseBody):
    """A definition: which columns of which mart, filtered how, exported when, to whom. No columns means all.

    `on_failed_gate`: where a gate stopped a newer load, `stamp` exports the older figures and says so, `hold` exports
    nothing and says why. Files older than `keep_days`, and all but the newest `keep_exports`, are deleted; the newest
    good one never is.
    """

    id: UUID
    code: str
    name: str
    mart: str
    columns: list[str]
    filters: dict[str, Any]
    format: str
    schedule: str | None
    location_id: UUID | None
    recipients: list[UUID]
    on_failed_gate: str
    keep_days: int | None
    keep_exports: int | None
    is_builtin: bool
    is_enabled: bool
    version: int
    updated_at: UtcDateTime


class NewReport(RequestBody):
    """A report of one's own. A filter keeps rows whose column equals the value, or one of the values of a list."""

    id: Id7
    code: ReportCode
    name: Text
    mart: Identifier
    columns: Columns = Field(default_factory=list)
    filters: Filters = Field(default_factory=dict)
    format: Format = "csv"
    schedule: Schedule | None = None
    location_id: UUID | None = None
    recipients: Recipients = Field(default_factory=list)
    on_failed_gate: OnFailedGate = "stamp"
    keep_days: KeepDays | None = None
    keep_exports: KeepExports | None = None


class ReportEdit(RequestBody):
    """What may be changed; a field that is absent stays. Built-in reports keep their name, columns and filters."""

    name: Text | None = None
    columns: Columns | None = None
    filters: Filters | None = None
    format: Format | None = None
    schedule: Schedule | None = None
    recipients: Recipients | None = None
    on_failed_gate: OnFailedGate | None = None
    keep_days: KeepDays | None = None
    keep_exports: KeepExports | None = None
    is_enabled: bool | None = None


class RunNow(RequestBody):
    """Rows at once, or an export: which rows, those of one business day where the mart has days.

    Rows come a page at a time. With `export` a file is made of all of them, in `format` or the report's own; `id` (a
    UUIDv7) names the run, so that the same request makes one export.
    """

    business_day: date | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 200
    cursor: Annotated[str, Field(max_length=1000)] | None = None
    export: bool = False
    id: Id7 | None = None
    format: Format | None = None

    @model_validator(mode="after")
    def _whole(self) -> RunNow:
        if self.export and self.id is None:
            message = "An export is a run that is kept: give it an id, a UUIDv7 of your own."
            raise PydanticCustomError("missing_id", message)
        if not self.export and (self.id is not None or self.format is not None):
            message = "id and format belong to an export: add export: true, or leave them out to get rows."
            raise PydanticCustomError("not_an_export", message)
        return self


class ColumnBody(ResponseBody):
    """A column and its type in the warehouse."""

    name: str
    type: str


class RowsBody(ResponseBody):
    """A page of a report's rows; numbers as decimal strings. `load_id` names the pipeline run they come from."""

    report_id: UUID
    columns: list[ColumnBody]
    rows: list[dict[str, Any]]
    load_id: str | None
    next_cursor: str | None


class GateVerdict(RequestBody):
    """The gates' word on an export: reasons where it is stamped or held, sentences about what only warned."""

    status: Literal["good", "stamped", "held"]
    passed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    reasons: Reasons = Field(default_factory=list)
    warnings: Reasons = Field(default_factory=list)


class FinishedRun(RequestBody):
    """What the pipeline made of a report for a business day; `run_id` is there when somebody had asked for it."""

    run_id: UUID | None = None
    report_id: UUID
    business_day: date
    status: Literal["succeeded", "failed", "held"]
    format: Format
    row_count: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    object_key: ObjectKey | None = None
    manifest_key: ObjectKey | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    load_id: Text | None = None
    as_of: UtcDateTime | None = None
    gates: GateVerdict | None = None
    error: LongText | None = None

    @model_validator(mode="after")
    def _whole(self) -> FinishedRun:
        needed = (self.object_key, self.manifest_key, self.sha256, self.row_count)
        if self.status == "succeeded" and None in needed:
            message = "A run that succeeded names its object, manifest, checksum and number of rows."
            raise PydanticCustomError("incomplete_run", message)
        return self


class DownloadBody(ResponseBody):
    """An address that anybody may fetch the file from until it expires."""

    url: str
    expires_in: int
    expires_at: UtcDateTime


class GateBody(ResponseBody):
    """The gates' word on an export: `stamped` and `held` ones have reasons, which name the store and the check."""

    status: str
    passed: int = 0
    reasons: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)


class RunBody(ResponseBody):
    """A run: pending until the pipeline has made it; `download` is there while the file of one that succeeded is."""

    id: UUID
    report_id: UUID
    report_code: str
    status: str
    business_day: date | None
    format: str
    row_count: int | None
    object_key: str | None
    manifest_key: str | None
    sha256: str | None
    load_id: str | None
    as_of: UtcDateTime | None
    gates: GateBody | None
    error: str | None
    created_at: UtcDateTime
    finished_at: UtcDateTime | None
    deleted_at: UtcDateTime | None
    download: DownloadBody | None = None
