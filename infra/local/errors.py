"""What can keep the local stack from running, in one sentence that a person can act on."""

from __future__ import annotations


class CannotRunError(Exception):
    """An expected obstacle: the command line prints its sentence and ends with exit code 2, without a traceback."""
