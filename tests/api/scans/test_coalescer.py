"""What arrives while a batch is away travels together in the next one."""

from __future__ import annotations

import asyncio

import pytest

from api.scans.coalescer import GATHERING, Coalescer


class Road:
    """A `run` that notes its batches and is held up until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()

    async def run(self, batch: list[int]) -> list[int]:
        self.batches.append(batch)
        await self.gate.wait()
        if -1 in batch:
            raise ValueError("a bad one")
        return [element * 10 for element in batch]


async def turns() -> None:
    """Let the event loop turn as often as a batch waits for company."""
    for _ in range(GATHERING + 3):
        await asyncio.sleep(0)


def drive(scenario):
    async def with_road():
        await asyncio.wait_for(scenario(Road()), 5)

    asyncio.run(with_road())


class TestSubmit:
    def test_the_first_goes_at_once_and_the_rest_together(self):
        async def scenario(road: Road) -> None:
            coalescer = Coalescer(road.run, most=500, many=500, lanes=1, patience=60)
            waiting = [asyncio.create_task(coalescer.submit([number])) for number in range(5)]
            await turns()
            road.gate.set()
            assert await asyncio.gather(*waiting) == [[0], [10], [20], [30], [40]]
            assert [number for batch in road.batches for number in batch] == [0, 1, 2, 3, 4]
            assert len(road.batches) <= 2

        drive(scenario)

    def test_a_batch_holds_no_more_than_the_most(self):
        async def scenario(road: Road) -> None:
            road.gate.set()
            coalescer = Coalescer(road.run, most=4, many=500, lanes=1, patience=60)
            answers = await asyncio.gather(*(coalescer.submit([number, number]) for number in range(5)))
            assert answers == [[number * 10, number * 10] for number in range(5)]
            assert max(map(len, road.batches)) == 4

        drive(scenario)

    def test_an_error_reaches_everybody_of_its_batch_and_nobody_else(self):
        async def scenario(road: Road) -> None:
            road.gate.set()
            coalescer = Coalescer(road.run, most=1, many=500, lanes=1, patience=60)
            results = await asyncio.gather(*(coalescer.submit([n]) for n in (1, -1, 2)), return_exceptions=True)
            assert (results[0], results[2]) == ([10], [20])
            assert isinstance(results[1], ValueError)

        drive(scenario)

    def test_another_lane_opens_while_a_batch_is_held_up(self):
        async def scenario(road: Road) -> None:
            coalescer = Coalescer(road.run, most=500, many=500, lanes=2, patience=0.01)
            first = asyncio.create_task(coalescer.submit([1]))
            await asyncio.sleep(0.05)
            second = asyncio.create_task(coalescer.submit([2]))
            await turns()
            assert road.batches == [[1], [2]]
            road.gate.set()
            assert (await first, await second) == ([10], [20])

        drive(scenario)

    def test_another_lane_opens_when_a_good_batch_waits(self):
        async def scenario(road: Road) -> None:
            coalescer = Coalescer(road.run, most=500, many=3, lanes=2, patience=60)
            waiting = [asyncio.create_task(coalescer.submit([1, 2]))]
            await turns()
            waiting.append(asyncio.create_task(coalescer.submit([3, 4])))
            await turns()
            assert road.batches == [[1, 2]]
            waiting.append(asyncio.create_task(coalescer.submit([5])))
            await turns()
            assert road.batches == [[1, 2], [3, 4, 5]]
            road.gate.set()
            assert await asyncio.gather(*waiting) == [[10, 20], [30, 40], [50]]

        drive(scenario)

    def test_nobody_is_stranded_when_a_lane_closes(self):
        async def scenario(road: Road) -> None:
            road.gate.set()
            coalescer = Coalescer(road.run, most=500, many=500, lanes=1, patience=60)
            for number in range(200):
                assert await coalescer.submit([number]) == [number * 10]

        drive(scenario)

    def test_a_client_that_left_does_not_disturb_the_others(self):
        async def scenario(road: Road) -> None:
            coalescer = Coalescer(road.run, most=500, many=500, lanes=1, patience=60)
            gone, stays = (asyncio.create_task(coalescer.submit([number])) for number in (1, 2))
            await asyncio.sleep(0)
            gone.cancel()
            road.gate.set()
            assert await stays == [20]
            with pytest.raises(asyncio.CancelledError):
                await gone

        drive(scenario)
