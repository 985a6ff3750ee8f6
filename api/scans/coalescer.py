"""Single scans that arrive while a batch is on its way to the database travel together in the next one.

Python per request is what a scan costs, not PostgreSQL: one statement for twenty scans costs little more than for one.
Nothing waits for company: a scan that finds the way free goes at once. One batch at a time is the cheapest; a second
and third way opens while one is held up (an item locked by somebody's long posting), and when so much waits that it
makes a good batch of its own: then this process prepares the one while the database works on the other.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

GATHERING = 8
"""Turns of the event loop before a batch leaves: requests that lie in the sockets already are read and come along."""

In = TypeVar("In")
Out = TypeVar("Out")


class Coalescer(Generic[In, Out]):
    """Hands what was submitted to `run` in batches of at most `most`, `lanes` at a time, and gives each its answers.

    `run` answers one result per element in order; when it raises, every submission of that batch sees the error. A
    further lane opens when the last batch left more than `patience` seconds ago and is still away, or when `many`
    elements wait.
    """

    def __init__(
        self, run: Callable[[list[In]], Awaitable[list[Out]]], *, most: int, many: int, lanes: int, patience: float
    ) -> None:
        self._run = run
        self._most = most
        self._many = many
        self._lanes = lanes
        self._patience = patience
        self._departed_at = 0.0
        self._aloft = 0
        self._size = 0
        self._waiting: deque[tuple[Sequence[In], asyncio.Future[list[Out]]]] = deque()
        self._flights: set[asyncio.Task[None]] = set()

    async def submit(self, elements: Sequence[In]) -> list[Out]:
        """The answers to these elements, which stay together in one batch (at most `most`)."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Out]] = loop.create_future()
        self._waiting.append((elements, future))
        self._size += len(elements)
        if self._aloft == 0 or (self._aloft < self._lanes and self._wants_another(loop.time())):
            self._aloft += 1
            self._departed_at = loop.time()
            flight = asyncio.create_task(self._fly())
            self._flights.add(flight)
            flight.add_done_callback(self._flights.discard)
        return await future

    def _wants_another(self, now: float) -> bool:
        return self._size >= self._many or now - self._departed_at > self._patience

    async def _fly(self) -> None:
        """Carry batches until nobody waits any more; nothing is awaited between seeing that and leaving."""
        try:
            while self._waiting:
                for _ in range(GATHERING):
                    await asyncio.sleep(0)
                if batch := self._next_batch():
                    self._departed_at = asyncio.get_running_loop().time()
                    await self._carry(batch)
        finally:
            self._aloft -= 1

    def _next_batch(self) -> list[tuple[Sequence[In], asyncio.Future[list[Out]]]]:
        """What waits, up to the most; empty where another lane took it meanwhile."""
        batch: list[tuple[Sequence[In], asyncio.Future[list[Out]]]] = []
        size = 0
        while self._waiting and (not batch or size + len(self._waiting[0][0]) <= self._most):
            batch.append(self._waiting.popleft())
            size += len(batch[-1][0])
        self._size -= size
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
