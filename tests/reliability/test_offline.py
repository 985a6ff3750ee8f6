"""Queues of devices that were offline: replayed with retries, resets and wrong clocks, they end as if sent once, in order
(row 29 of the safety list, the service's side)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import psycopg
import pytest

from api.domain.ids import uuid7
from tests.reliability.invariants import assert_balanced, assert_exactly_once, assert_trail
from tests.reliability.senders import Process, send_scans
from tests.reliability.sizes import size
from tests.reliability.stage import OPEN, Stage

SCANS = size(150, 500)
CLOCKS = {"right": timedelta(), "two days behind": timedelta(days=-2), "three days ahead": timedelta(days=3)}
AGE = timedelta(days=8)

pytestmark = pytest.mark.reliability


@dataclass
class Device:
    """A tablet that was offline for eight days; its clock is wrong by `error`."""

    name: str
    error: timedelta
    stage: Stage
    chance: random.Random
    queue: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)

    def capture(self, count: int) -> None:
        """Scan over eight days, numbered one after the other."""
        start = datetime.now(UTC) - AGE + self.error
        place = str(self.stage.places[OPEN])
        for number in range(count):
            at = start + AGE * number / count
            action, code = self.chance.choice(["receive", "issue", "waste"]), self.chance.choice(self.stage.codes)
            scan = self.stage.scan(code, place, action, self.chance.randint(1, 500), at)
            self.queue.append(scan | {"id": str(uuid7(at)), "device_id": self.name, "sequence": number})

    async def flush(self, client: httpx.AsyncClient) -> None:
        """Send from the front until all are acknowledged, as the page does; some requests are torn off, some answers lost."""
        while len(self.acknowledged) < len(self.queue):
            open_ones = [scan for scan in self.queue if scan["id"] not in self.acknowledged]
            batch = open_ones[: self.chance.randint(1, 40)]
            fate = self.chance.random()
            sent = self.chance.sample(batch, len(batch))  # whatever their order in the request
            if fate < 0.2:
                await self._tear(client, sent)
                continue
            results = await send_scans(client, sent)
            if fate < 0.4:
                continue  # the answer got lost: the same scans go again
            for result in results:
                assert result["status"] in {"posted", "duplicate"}, result
                self.acknowledged[result["id"]] = result

    async def _tear(self, client: httpx.AsyncClient, batch: list[dict[str, Any]]) -> None:
        """Hang up while the service is at work."""
        request = asyncio.ensure_future(client.post("/api/scans", json={"scans": batch}))
        await asyncio.sleep(self.chance.uniform(0, 0.02))
        request.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await request


ORDER = """
select device_id, array_agg(id::text order by recorded_at, id) from stock_movements where id = any (%s::uuid[]) group by 1
"""
MOMENTS = "select id::text, occurred_at, recorded_at from stock_movements where id = any (%s::uuid[])"


class TestReplay:
    def test_queues_eight_days_old_end_as_if_sent_once_in_order(
        self, first: Process, people, stage: Stage, connection: psycopg.Connection, database
    ):
        seed = secrets.randbelow(10**6)
        devices = [
            Device(name, error, stage, random.Random(seed + number))
            for number, (name, error) in enumerate(CLOCKS.items())
        ]
        for device in devices:
            device.capture(SCANS // len(devices))
        token = people.create_with_scopes("inventory.scan").access_token
        first.at_once(lambda client, device: device.flush(client), devices, senders=len(devices), token=token)

        scans = {scan["id"]: scan for device in devices for scan in device.queue}
        message = f"seed {seed}"
        assert_exactly_once(connection, list(scans), item_ids=stage.items.values())
        assert_balanced(connection, stage.items.values())
        assert stage.balances(connection) == expected(stage, scans), message
        orders = dict(connection.execute(ORDER, [list(scans)]).fetchall())
        assert orders == {device.name: [scan["id"] for scan in device.queue] for device in devices}, message
        assert_moments(connection, scans)
        assert_trail(database.app_url)


def expected(stage: Stage, scans: dict[str, dict[str, Any]]) -> dict[tuple[str, str], Decimal]:
    """On hand of every item: what was received less what was taken."""
    balances = dict.fromkeys(stage.items, Decimal(0))
    for scan in scans.values():
        sign = 1 if scan["action"] == "receive" else -1
        balances[scan["code"], scan["location_id"]] += sign * Decimal(scan["quantity"])
    return balances


def assert_moments(connection: psycopg.Connection, scans: dict[str, dict[str, Any]]) -> None:
    """What a device says of the past is kept; what lies ahead of the service's clock happened when it was recorded."""
    clamped = 0
    for scan_id, occurred_at, recorded_at in connection.execute(MOMENTS, [list(scans)]):
        said = datetime.fromisoformat(scans[scan_id]["occurred_at"])
        if said > recorded_at + timedelta(minutes=6):
            assert recorded_at - timedelta(minutes=1) < occurred_at <= recorded_at
            clamped += 1
        elif said < recorded_at:
            assert occurred_at == said
    assert 0 < clamped < len(scans)


class TestTornBody:
    def test_a_client_that_leaves_within_its_body_posts_nothing(self, first: Process, people, stage: Stage, connection):
        token = people.create_with_scopes("inventory.scan").access_token
        scan = stage.scan(stage.codes[0], str(stage.places[OPEN]), "receive", 5, datetime.now(UTC))
        body = json.dumps({"scans": [scan]}).encode()
        heard: list[Any] = []

        async def leave() -> None:
            parts = iter([{"type": "http.request", "body": body[:40], "more_body": True}, {"type": "http.disconnect"}])

            async def receive() -> dict[str, Any]:
                return next(parts)

            async def send(message: Any) -> None:
                heard.append(message)

            headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
            raw = [(name.encode(), value.encode()) for name, value in headers.items()]
            raw.append((b"content-length", str(len(body)).encode()))
            scope = {"type": "http", "method": "POST", "path": "/api/scans", "headers": raw, "query_string": b""}
            await first.app(scope, receive, send)

        assert first.runner.portal is not None
        first.runner.portal.call(leave)
        assert heard == []
        assert_exactly_once(connection, [], unanswered=[scan["id"]], item_ids=stage.items.values())
        rows = connection.execute("select 1 from stock_movements where id = %s", [scan["id"]]).fetchall()
        assert rows == []
