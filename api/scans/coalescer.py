"""Single scans that arrive while a batch is on its way to the database travel together in the next one.

Python per request is what a scan costs, not PostgreSQL: one statement for twenty scans costs little more than for one.
Nothing waits for company: a scan that finds the way free goes at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class Coalescer(Generic[In, Out]):
    """Hands what was submitted to `run` in batches of at most `most`, `lanes` at a time, and gives each its answers.

    `run` answers one result per element in order; when it raises, every submission of that batch sees the error.
    """

    def __init__(self, run: Callable[[list[In]], Awaitable[list[Out]]], *, most: int, lanes: int) -> None:
        self._run = run
        self._most = most
        self._free_lanes = lanes
        self._waiting: deque[tuple[Sequence[In], asyncio.Future[list[Out]]]] = deque()
        self._flights: set[asyncio.Task[None]] = set()

    async def submit(self, elements: Sequence[In]) -> list[Out]:
        """The answers to these elements, which stay together in one batch (at most `most`)."""
        future: asyncio.Future[list[Out]] = asyncio.get_running_loop().create_future()
        self._waiting.append((elements, future))
        if self._free_lanes:
            self._free_lanes -= 1
            flight = asyncio.create_task(self._fly())
            self._flights.add(flight)
            flight.add_done_callback(self._flights.discard)
        return await future

    async def _fly(self) -> None:
        """Carry batches until nobody waits any more."""
        try:
            while self._waiting:
                await self._carry(self._next_batch())
        finally:
            self._free_lanes += 1

    def _next_batch(self) -> list[tuple[Sequence[In], asyncio.Future[list[Out]]]]:
        batch = [self._waiting.popleft()]
        size = len(batch[0][0])
        while self._waiting and size + len(self._waiting[0][0]) <= self._most:
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
