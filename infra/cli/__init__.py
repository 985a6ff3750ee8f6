"""The `stockpot` command."""

from __future__ import annotations

from infra.cli.main import main

__all__ = ["main"]
