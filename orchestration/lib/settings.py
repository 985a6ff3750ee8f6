"""What the pipeline reads from its environment, each at the moment it is needed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ingestion.warehouse import warehouse_url

__all__ = ["ObjectStoreSettings", "api_url", "home", "object_store", "service_key_file", "warehouse_url"]


@dataclass(frozen=True)
class ObjectStoreSettings:
    """A bucket, or a folder where no bucket is named."""

    bucket: str | None
    endpoint_url: str | None
    region: str
    folder: Path


def home() -> Path:
    """STOCKPOT_HOME, by default `var`."""
    return Path(os.environ.get("STOCKPOT_HOME", "var")).resolve()


def api_url() -> str:
    """Where the operational service answers the pipeline."""
    return os.environ.get("STOCKPOT_API_URL", "http://127.0.0.1:8000").rstrip("/")


def service_key_file() -> Path | None:
    """The Ed25519 key that signs the pipeline's tokens."""
    name = os.environ.get("SERVICE_PRIVATE_KEY_FILE")
    return Path(name) if name else None


def object_store() -> ObjectStoreSettings:
    """Where exports go."""
    return ObjectStoreSettings(
        bucket=os.environ.get("S3_BUCKET") or None,
        endpoint_url=os.environ.get("S3_ENDPOINT_URL") or None,
        region=os.environ.get("S3_REGION", "eu-west-1"),
        folder=Path(os.environ.get("OBJECT_STORE_PATH") or home() / "objects"),
    )
