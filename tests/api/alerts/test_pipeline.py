"""A failed run becomes one alert per job and day, and one mail to whoever runs the whole house."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select

from api.core.access import Principal
from api.core.database import transaction
from api.domain.ids import uuid7
from api.notifications.models import Notification
from tests.api.alerts.conftest import World
from tests.api.purchasing.kitchen import Kitchen, principal

Client = Callable[[Principal], TestClient]


def failed(job: str, **changes: Any) -> dict[str, Any]:
    return {
        "job": job,
        "run_id": str(uuid7()),
        "status": "failed",
        "day": "2026-11-22",
        "step": "sales_gate",
        "error": "GateFailed: every location is known",
        "url": "http://127.0.0.1:3000/runs/1",
    } | changes


def tell(client: TestClient, body: dict[str, Any]) -> str:
    answer = client.post("/api/alerts/pipeline", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["status"])


def mails(job: str) -> list[Notification]:
    with transaction() as session:
        found = select(Notification).where(Notification.kind == "pipeline_failed", Notification.channel == "email")
        return [mail for mail in session.scalars(found) if mail.subject.startswith(f"The {job} run")]


class TestTold:
    def test_once_per_job_and_day_to_whoever_runs_the_house(self, world: World, as_person: Client) -> None:
        def people(kitchen: Kitchen) -> Any:
            kitchen.person("alerts.edit", at=kitchen.location())
            return kitchen.person("alerts.edit", at=None).id

        manager = world.do(people)
        pipeline = as_person(principal("alerts.raise"))
        first = failed("nightly-a")
        assert [tell(pipeline, first), tell(pipeline, first), tell(pipeline, failed("nightly-a"))] == [
            "opened",
            "open",
            "open",
        ]
        world.settle()
        (mail,) = [mail for mail in mails("nightly-a") if mail.user_id == manager]
        assert mail.subject == "The nightly-a run failed at sales_gate"
        assert mail.body["rows"] == [["nightly-a", "sales_gate", "GateFailed: every location is known"]]
        assert mail.body["facts"] == ["The run: http://127.0.0.1:3000/runs/1"]
        assert len(mails("nightly-a")) == 1

    def test_the_next_day_it_is_told_again_and_the_next_success_ends_both(
        self, world: World, as_person: Client
    ) -> None:
        pipeline, manager = as_person(principal("alerts.raise")), as_person(principal("alerts.read"))
        tell(pipeline, failed("nightly-b"))
        assert tell(pipeline, failed("nightly-b", day="2026-11-23")) == "opened"
        tell(pipeline, failed("other-b"))
        success = failed("nightly-b", status="succeeded", day="2026-11-24", step=None, error=None)
        answer = pipeline.post("/api/alerts/pipeline", json=success).json()
        assert (answer["status"], answer["resolved"]) == ("resolved", 2)
        assert tell(pipeline, success) == "nothing"
        still_open = {each["job"] for each in manager.get("/api/alerts/pipeline?is_open=true").json()["items"]}
        assert "other-b" in still_open
        assert "nightly-b" not in still_open
        world.settle()
        assert mails("nightly-b") == []  # it has recovered before anybody could be told

    def test_a_second_failure_of_the_day_is_shown_again_but_not_mailed(self, world: World, as_person: Client) -> None:
        pipeline, manager = as_person(principal("alerts.raise")), as_person(principal("alerts.read"))
        world.do(lambda kitchen: kitchen.person("alerts.edit", at=None))
        tell(pipeline, failed("nightly-c"))
        world.settle()
        before = len(mails("nightly-c"))
        tell(pipeline, failed("nightly-c", status="succeeded"))
        assert tell(pipeline, failed("nightly-c", error="again")) == "open"
        world.settle()
        shown = [each for each in manager.get("/api/alerts/pipeline").json()["items"] if each["job"] == "nightly-c"]
        assert [(each["error"], each["resolved_at"], each["kind"]) for each in shown] == [
            ("again", None, "pipeline_failed")
        ]
        assert len(mails("nightly-c")) == before


class TestRefused:
    def test_it_concerns_every_location(self, world: World, as_person: Client) -> None:
        place = world.do(Kitchen.location)
        assert as_person(principal("alerts.read", at=place)).get("/api/alerts/pipeline").status_code == 403
        told = as_person(principal("alerts.raise", at=place)).post("/api/alerts/pipeline", json=failed("x"))
        assert told.status_code == 403

    def test_a_link_that_is_none_and_a_cursor_of_another_list_are_invalid(
        self, committed: None, as_person: Client
    ) -> None:
        pipeline, reader = as_person(principal("alerts.raise")), as_person(principal("alerts.read"))
        body = failed("x", url="javascript:alert(1)")
        assert pipeline.post("/api/alerts/pipeline", json=body).status_code == 422
        assert reader.get("/api/alerts/pipeline", params={"cursor": "WyJ4Il0"}).status_code == 422
