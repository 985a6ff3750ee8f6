"""The operational service's application factory."""

from __future__ import annotations

from fastapi import FastAPI

import api.schema  # noqa: F401  # string references between rooms resolve only when every model is known


def create_app() -> FastAPI:
    """Build the application from the environment's settings."""
    return FastAPI(title="Stockpot")
