"""Structured logs: one JSON object a line, with the request's id, and never a secret."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

import orjson
import structlog

from api.core.context import request_id

SECRET_WORDS = ("password", "token", "secret", "authorization", "cookie", "signature", "api_key")
SHARED: tuple[structlog.typing.Processor, ...]


def add_request_id(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say which request this line belongs to."""
    if asked := request_id.get():
        event["request_id"] = asked
    return event


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank every value whose name says that it is a secret, in case somebody logs one."""
    for name in event:
        if _is_secret(name):
            event[name] = "***"
    return event


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    """The same few names come with every line."""
    return any(word in name.lower() for word in SECRET_WORDS)


SHARED = (
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    add_request_id,
    hide_secrets,
    structlog.processors.format_exc_info,
)


def _to_json(event: Any, **_: Any) -> bytes:
    return orjson.dumps(event, default=str)


def configure_logs(level: str) -> None:
    """Set up this process's logs on standard error; called once, by the process's entry point."""
    threshold = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[*SHARED, structlog.processors.JSONRenderer(serializer=_to_json)],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=lambda event, **_: _to_json(event).decode()),
            ],
        )
    )
    logging.basicConfig(level=threshold, handlers=[handler], force=True)
    # Each request is logged by the middleware already, without its query, which may carry a signature.
    for name in ("uvicorn.access", "botocore", "boto3", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
