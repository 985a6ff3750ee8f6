"""Calling the operational service's own functions from a command, with a home's environment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

from infra.local.environment import Environment
from infra.local.errors import CannotRunError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@contextmanager
def operational(environment: Environment) -> Iterator[None]:
    """Let `api` read this home's settings for the block, and forget them after it."""
    from api.config import get_settings
    from api.core.database import forget_engine

    with mock.patch.dict(os.environ, environment.variables):
        get_settings.cache_clear()
        forget_engine()
        try:
            yield
        finally:
            forget_engine()
            get_settings.cache_clear()


@contextmanager
def operational_transaction(environment: Environment) -> Iterator[Session]:
    """One transaction of the operational service; its refusals become CannotRunError."""
    with operational(environment):
        import api.schema  # noqa: F401 - the mapper needs every model
        from api.core.database import transaction
        from api.core.errors import ApiError

        try:
            with transaction() as session:
                yield session
        except ApiError as refusal:
            raise CannotRunError(refusal.detail) from refusal
