"""What a server starts: the application, loaded without the collector, so that a worker that died is soon replaced."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.core.express import Express


def create_app() -> Express:
    """Load and build the application (see `api.main`).

    Hundreds of thousands of objects are made meanwhile, and nearly all of them stay: the collector would walk through
    them again and again for nothing, for a third of the time that a start takes. It goes on when they are there.
    """
    gc.disable()
    try:
        from api.main import create_app as build

        return build()
    finally:
        gc.enable()
