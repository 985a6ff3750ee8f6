"""Why a step of the pipeline could not do its work, in one sentence for the person who reads the run.

PipelineError
├── ApiUnreachable   the operational service does not answer
├── ApiRefused       it answered with a problem
├── ServiceKeyMissing
├── DbtUnusable      the dbt project does not parse
└── ExportFailed     one report or more could not be exported
"""

from __future__ import annotations


class PipelineError(Exception):
    """The base: its message is what the run's page shows."""


class ApiUnreachable(PipelineError):
    """The operational service does not answer."""


class ApiRefused(PipelineError):
    """The operational service answered with a problem; `status` is HTTP's, `code` the problem's stable noun."""

    def __init__(self, message: str, status: int, code: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class ServiceKeyMissing(PipelineError):
    """There is no key to sign the pipeline's tokens with."""


class DbtUnusable(PipelineError):
    """The dbt project does not parse."""


class ExportFailed(PipelineError):
    """One report or more could not be exported."""
