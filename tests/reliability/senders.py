"""Many senders at once against the application in this process, and against a second one beside it on the same database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Process:
    """An application that runs on an event loop and a thread of its own, as a worker process would."""

    app: FastAPI
    runner: TestClient

    def at_once(
        self, work: Callable[[httpx.AsyncClient, T], Awaitable[R]], tasks: Sequence[T], *, senders: int, token: str
    ) -> list[R]:
        """Do `work` for each task with so many requests under way, and give the results in the tasks' order."""

        async def drive() -> list[R]:
            gate = asyncio.Semaphore(senders)

            async def one(client: httpx.AsyncClient, task: T) -> R:
                async with gate:
                    return await work(client, task)

            async with self.client(token) as client:
                return list(await asyncio.gather(*(one(client, task) for task in tasks)))

        assert self.runner.portal is not None
        return self.runner.portal.call(drive)

    def client(self, token: str) -> httpx.AsyncClient:
        """A client on the application's own event loop."""
        headers = {"Authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers, timeout=60)


def together(works: Iterable[Callable[[], R]]) -> list[R]:
    """Run each on a thread of its own, all at once."""
    works = list(works)
    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(work) for work in works]]


async def send_scans(client: httpx.AsyncClient, scans: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One batch; its results."""
    reply = await client.post("/api/scans", json={"scans": list(scans)})
    assert reply.status_code == 200, reply.text
    results: list[dict[str, Any]] = reply.json()["results"]
    return results
