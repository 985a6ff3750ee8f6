"""Single scans that arrive while a batch is on its way to the database travel together in the next one.

Python per request is what a scan costs, not PostgreSQL: one statement for twenty scans costs little more than for one.
Nothing waits for company: a scan that finds a lane free goes at once. With two lanes one batch is read while the other
is posted, so that neither the service nor the database stands idle.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

LITTLE = 16
"""So many submissions are not worth dividing between two lanes."""
GATHERING = 2
"""Turns of the event loop before a batch leaves: requests that lie in the sockets already are read and come along."""

In = TypeVar("In")
Out = TypeVar("Out")


class Coalescer(Generic[In, Out]):
    """Hands what was submitted to `run` in batches of at most `most`, `lanes` at a time, and gives each its answers.

    `run` answers one result per element in order; when it raises, every submission of that batch sees the error.
    """

    def __init__(self, run: Callable[[list[In]], Awaitable[list[Out]]], *, most: int, lanes: int) -> None:
        self._run = run
        self._most = most
        self._lanes = lanes
        self._aloft = 0
        self._waiting: deque[tuple[Sequence[In], asyncio.Future[list[Out]]]] = deque()
        self._flights: set[asyncio.Task[None]] = set()

    async def submit(self, elements: Sequence[In]) -> list[Out]:
        """The answers to these elements, which stay together in one batch (at most `most`)."""
        future: asyncio.Future[list[Out]] = asyncio.get_running_loop().create_future()
        self._waiting.append((elements, future))
        if self._aloft < self._lanes:
            self._aloft += 1
            flight = asyncio.create_task(self._fly())
            self._flights.add(flight)
            flight.add_done_callback(self._flights.discard)
        return await future

    async def _fly(self) -> None:
        """Carry batches until nobody waits any more; nothing is awaited between seeing that and leaving."""
        try:
            while self._waiting:
                for _ in range(GATHERING):
                    await asyncio.sleep(0)
                if batch := self._next_batch():
                    await self._carry(batch)
        finally:
            self._aloft -= 1

    def _next_batch(self) -> list[tuple[Sequence[In], asyncio.Future[list[Out]]]]:
        """Half of what waits, the rest is for the lane behind; everything when that is little, never above the most."""
        batch: list[tuple[Sequence[In], asyncio.Future[list[Out]]]] = []
        target = max(LITTLE, (len(self._waiting) + 1) // 2)
        size = 0
        while self._waiting and len(batch) < target and (not batch or size + len(self._waiting[0][0]) <= self._most):
            batch.append(self._waiting.popleft())
            size += len(batch[-1][0])
        return batch

    async def _carry(self, batch: list[tuple[Sequence[In], asyncio.Future[list[Out]]]]) -> None:
        try:
            answers = await self._run([element for elements, _ in batch for element in elements])
        except Exception as error:  # noqa: BLE001  # handed on to everybody who waits for this batch
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        start = 0
        for elements, future in batch:
            if not future.done():  # its client may have gone
                future.set_result(answers[start : start + len(elements)])
            start += len(elements)
