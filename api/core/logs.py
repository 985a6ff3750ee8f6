"""Structured logs: one JSON object a line, with the request's id, and never a secret."""

from __future__ import annotations

import asyncio
import atexit
import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
import structlog

from api.core.context import request_id

SECRET_WORDS = ("password", "token", "secret", "authorization", "cookie", "signature", "api_key")
SHARED: tuple[structlog.typing.Processor, ...]
WRITTEN_EVERY = 0.2

log = structlog.get_logger(__name__)
_requests: RequestLines | None = None  # none before the logs are set up: then structlog writes them one by one


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


class RequestLines:
    """One line per request, written in bulk: several a second cost a system call together, not one each."""

    def __init__(self, *, is_wanted: bool) -> None:
        self._is_wanted = is_wanted
        self._lines: list[bytes] = []

    def add(self, line: dict[str, Any]) -> None:
        """Keep a line for the next write, which is at most `WRITTEN_EVERY` seconds away."""
        if not self._is_wanted:
            return
        self._lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        if len(self._lines) == 1:
            asyncio.get_running_loop().call_later(WRITTEN_EVERY, self.write)

    def write(self) -> None:
        """Write what was kept."""
        lines, self._lines = self._lines, []
        sys.stderr.buffer.write(b"".join(lines))
        sys.stderr.buffer.flush()


def request(method: str, route: str, status: int, seconds: float) -> None:
    """One line for one answered request, with the fields that every line has."""
    line = {"method": method, "route": route, "status": status, "milliseconds": round(seconds * 1000, 1)}
    if _requests is None:
        log.info("request", **line)
        return
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    _requests.add({**line, "event": "request", "level": "info", "timestamp": now, "request_id": request_id.get()})


def _to_json(event: Any, **_: Any) -> bytes:
    return orjson.dumps(event, default=str)


def configure_logs(level: str) -> None:
    """Set up this process's logs on standard error; called once, by the process's entry point."""
    global _requests  # noqa: PLW0603  # the process's logs are set up once
    threshold = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    _requests = RequestLines(is_wanted=threshold <= logging.INFO)
    atexit.register(_requests.write)
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
