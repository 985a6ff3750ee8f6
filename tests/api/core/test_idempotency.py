"""One key, one effect: also for senders at the same time."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from pydantic import BaseModel

from api.core.database import transaction
from api.core.digests import digest_of
from api.core.errors import IdempotencyConflict
from api.core.idempotency import IdempotentRequest, answer_once
from api.domain.ids import uuid7


class Made(BaseModel):
    number: int


def asked(key, body="{}"):
    return IdempotentRequest(key, "POST /api/things", digest_of("POST /api/things", body))


def once(request, person, produce):
    with transaction() as session:
        answer = answer_once(session, request, principal_id=person, produce=produce)
    return answer.status_code, json.loads(answer.body)


@pytest.fixture
def person(app) -> UUID:
    return uuid7()


class TestAnswerOnce:
    def test_the_same_request_gets_the_first_answer_again(self, person):
        numbers = iter(range(10))
        first = once(asked("k1"), person, lambda: Made(number=next(numbers)))
        again = once(asked("k1"), person, lambda: Made(number=next(numbers)))
        assert first == again == (201, {"number": 0})

    def test_another_body_under_the_same_key_is_refused(self, person):
        once(asked("k2"), person, lambda: Made(number=1))
        with pytest.raises(IdempotencyConflict):
            once(asked("k2", '{"other": 1}'), person, lambda: Made(number=2))

    def test_a_key_belongs_to_one_person(self, person):
        once(asked("k3"), person, lambda: Made(number=1))
        assert once(asked("k3"), uuid7(), lambda: Made(number=2)) == (201, {"number": 2})

    def test_a_failed_first_try_leaves_the_key_free(self, person):
        def fail() -> Made:
            raise ValueError("broken")

        with pytest.raises(ValueError, match="broken"):
            once(asked("k4"), person, fail)
        assert once(asked("k4"), person, lambda: Made(number=7)) == (201, {"number": 7})

    def test_ten_at_once_do_it_once(self, person):
        start, effects = threading.Barrier(10), []

        def produce() -> Made:
            effects.append(1)
            return Made(number=len(effects))

        def work(_):
            start.wait(timeout=30)
            return once(asked("k5"), person, produce)

        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(work, range(10)))
        assert len(effects) == 1
        assert answers == [(201, {"number": 1})] * 10
