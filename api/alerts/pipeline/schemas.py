"""The outcome of a run as the pipeline tells it, and a failure as people read it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.core.types import RequestBody, ResponseBody, Text, UtcDateTime

Job = Annotated[Text, Field(max_length=100)]


class RunOutcome(RequestBody):
    """How a run of a job ended; telling the same again changes nothing."""

    job: Job
    run_id: UUID
    status: Literal["failed", "succeeded"]
    day: date = Field(description="UTC day on which the run ended: a job fails once a day, however many runs do.")
    step: Annotated[Text, Field(max_length=200)] | None = None
    error: Annotated[Text, Field(max_length=500)] | None = Field(None, description="Its first line, without secrets.")
    url: Annotated[Text, Field(max_length=500, pattern=r"^https?://")] | None = Field(None, description="Of the run.")


class OutcomeOut(ResponseBody):
    """What became of it: `opened` told people; `open` was told before; `resolved` ended so many failures."""

    status: Literal["opened", "open", "resolved", "nothing"]
    failure_id: UUID | None = None
    resolved: int = 0


class FailureOut(ResponseBody):
    """A job that failed, until it succeeds."""

    id: UUID
    kind: Literal["pipeline_failed"] = "pipeline_failed"
    job: str
    day: date
    step: str | None
    run_id: UUID
    error: str
    url: str | None
    failed_at: UtcDateTime
    resolved_at: UtcDateTime | None
