"""A load generator that is cheap enough not to dominate: keep-alive connections, prebuilt bytes, no HTTP library.

`python -m infra.bench.load` reads a JSON order from standard input and prints a JSON result. It is a process of its
own, so that its garbage collection and event loop are not the service's.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, cast

GRACE_SECONDS = 15  # a service that stops answering fails the measurement instead of holding it up


@dataclass
class Tally:
    """What was sent and how long each answer took, in seconds."""

    latencies: list[float] = field(default_factory=list)
    failed: int = 0
    first_failure: str = ""


@dataclass(frozen=True)
class Order:
    """What to send over `clients` connections for `seconds` after `warm_up` seconds.

    Scans, `batch` of them per request; or, with a `page`, that address again and again, `batch` rows in each answer.
    With a `rate` so many requests leave each second, however long the answers take, and time is counted from when a
    request was due; without one each connection sends its next when it has its answer.
    """

    host: str
    port: int
    token: str
    location_id: str
    codes: list[str]
    clients: int
    batch: int
    seconds: float
    warm_up: float
    page: str = ""
    rate: float = 0


def uuid7() -> str:
    """A UUIDv7 as text."""
    bits = random.getrandbits(74)
    value = (time.time_ns() // 1_000_000 << 80) | 0x7 << 76 | (bits >> 62) << 64 | 0x2 << 62 | bits & ((1 << 62) - 1)
    return str(uuid.UUID(int=value))


class Client(asyncio.Protocol):
    """One connection that sends its next request when the answer to the last has come whole."""

    def __init__(self, order: Order, tally: Tally, clock: Clock) -> None:
        self.order, self.tally, self.clock = order, tally, clock
        self.buffer = bytearray()
        self.done = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport
        self.sent_at = 0.0
        self.due_at = time.perf_counter() + random.random() * order.clients / (order.rate or 1)  # noqa: S311 - no secret
        self.head = (
            f"{f'GET {order.page}' if order.page else 'POST /api/scans'} HTTP/1.1\r\n"
            f"Host: {order.host}:{order.port}\r\nAuthorization: Bearer {order.token}\r\n"
        ).encode()
        self.mark = b'"is_below_reorder"' if order.page else b'"status":"posted"'

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self.next()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, expected or not."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the service closed the connection"))

    def next(self) -> None:
        """The next request when it is due, or the end."""
        now = time.perf_counter()
        if now >= self.clock.ends_at:
            self.done.set_result(None)
            self.transport.close()
        elif self.order.rate:
            self.sent_at, self.due_at = self.due_at, self.due_at + self.order.clients / self.order.rate
            asyncio.get_running_loop().call_later(max(0.0, self.sent_at - now), self.send)
        else:
            self.sent_at = now
            self.send()

    def send(self) -> None:
        """Write one request."""
        if self.order.page:
            self.transport.write(self.head + b"\r\n")
            return
        body = self.body()
        length = str(len(body)).encode()
        self.transport.write(
            self.head + b"Content-Type: application/json\r\nContent-Length: " + length + b"\r\n\r\n" + body
        )

    def body(self) -> bytes:
        """A batch of issues of one piece each."""
        order = self.order
        scans = ",".join(
            f'{{"id":"{uuid7()}","code":"{random.choice(order.codes)}","symbology":"ean13",'  # noqa: S311 - load, not secrets
            f'"location_id":"{order.location_id}","action":"issue","quantity":"1","device_id":"bench"}}'
            for _ in range(order.batch)
        )
        return f'{{"scans":[{scans}]}}'.encode()

    def data_received(self, data: bytes) -> None:
        """Count an answer that has come whole and send the next request."""
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.buffer[:end]).lower()
        start = head.index(b"content-length:") + 15
        length = int(head[start:].split(b"\r\n", 1)[0])
        if len(self.buffer) < end + 4 + length:
            return
        now = time.perf_counter()
        answer = bytes(self.buffer[end + 4 :])
        self.buffer.clear()
        if head.startswith(b"http/1.1 200") and answer.count(self.mark) == self.order.batch:
            if self.sent_at >= self.clock.starts_at:
                self.tally.latencies.append(now - self.sent_at)
        else:
            self.tally.failed += 1
            self.tally.first_failure = self.tally.first_failure or answer[:300].decode(errors="replace")
        self.next()


@dataclass(frozen=True)
class Clock:
    """When measuring starts and ends."""

    starts_at: float
    ends_at: float


async def run(order: Order) -> dict[str, Any]:
    """Send until time is over and give what was measured."""
    tally = Tally()
    starts_at = time.perf_counter() + order.warm_up
    clock = Clock(starts_at, starts_at + order.seconds)
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    for _ in range(order.clients):
        _, client = await loop.create_connection(lambda: Client(order, tally, clock), order.host, order.port)
        clients.append(client)
    await asyncio.wait_for(
        asyncio.gather(*(client.done for client in clients)), order.warm_up + order.seconds + GRACE_SECONDS
    )
    seconds = time.perf_counter() - starts_at
    return {
        "requests": len(tally.latencies),
        "seconds": seconds,
        "failed": tally.failed,
        "first_failure": tally.first_failure,
        **percentiles(tally.latencies),
    }


def percentiles(latencies: list[float]) -> dict[str, float | None]:
    """The median and the 95th percentile in milliseconds; None without a measurement."""
    ordered = sorted(latencies)
    if not ordered:
        return {"p50_ms": None, "p95_ms": None}
    return {
        name: round(ordered[int(len(ordered) * part)] * 1000, 2) for name, part in (("p50_ms", 0.5), ("p95_ms", 0.95))
    }


def main() -> None:
    """Read the order, run it, print the result."""
    import uvloop

    order = Order(**json.loads(sys.stdin.read()))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(run(order))))


if __name__ == "__main__":
    main()
