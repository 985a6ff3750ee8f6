from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.alerts.models import Alert
from api.core.access import Principal
from api.core.database import transaction
from api.domain.ids import uuid7
from tests.api.alerts.conftest import Scene
from tests.api.purchasing.kitchen import Kitchen, principal

Client = Callable[[Principal], TestClient]
DAY = date(2026, 11, 22).isoformat()


class TestList:
    def test_open_ones_with_their_numbers_where_the_person_may_look(self, scene: Scene, as_person: Client):
        scene.use("8000")
        here, elsewhere = as_person(principal(at=scene.location)), as_person(principal("alerts.read", at=_other(scene)))
        (alert,) = here.get("/api/alerts", params={"is_open": "true"}).json()["items"]
        assert alert["product"]["name"] == "Mozzarella"
        assert alert["details"]["suggestion"]["packs"] == 7
        assert here.get("/api/alerts", params={"is_open": "false"}).json()["items"] == []
        assert elsewhere.get("/api/alerts").json()["items"] == []

    def test_a_cursor_of_another_list_is_invalid(self, as_person: Client):
        assert as_person(principal()).get("/api/alerts", params={"cursor": "WyJ4Il0"}).status_code == 422


class TestAcknowledge:
    def test_the_first_stays_on_record(self, scene: Scene, as_person: Client):
        scene.use("8000")
        (alert,) = scene.alerts()
        one, two = principal(), principal()
        first = as_person(one).post(f"/api/alerts/{alert.id}/acknowledge").json()
        second = as_person(two).post(f"/api/alerts/{alert.id}/acknowledge").json()
        assert first["acknowledged_by"] == second["acknowledged_by"] == str(one.id)

    def test_an_alert_of_another_place_does_not_exist(self, scene: Scene, as_person: Client):
        scene.use("8000")
        stranger = as_person(principal("alerts.edit", at=_other(scene)))
        assert stranger.post(f"/api/alerts/{scene.alerts()[0].id}/acknowledge").status_code == 404


class TestRules:
    def test_a_threshold_of_ones_own_counts_at_once(self, scene: Scene, as_person: Client):
        body = {
            "id": str(uuid7()),
            "location_id": str(scene.location.id),
            "product_id": str(scene.product.id),
            "threshold": "12500",
        }
        client = as_person(principal())
        made = client.post("/api/alerts", json=body)
        assert made.status_code == 201
        assert client.post("/api/alerts", json=body).json() == made.json()
        scene.world.settle()
        (alert,) = scene.alerts()
        assert (str(alert.rule_id), alert.details["threshold"]) == (body["id"], "12500")

    def test_switching_it_off_resolves_what_it_opened(self, scene: Scene, as_person: Client):
        client = as_person(principal())
        body = {"threshold": "12500", "location_id": str(scene.location.id)}
        rule = client.post("/api/alerts", json=body).json()
        scene.world.settle()
        assert [alert.resolved_at for alert in scene.alerts()] == [None]
        off = client.patch(f"/api/alert-rules/{rule['id']}", json={"is_enabled": False}, headers={"If-Match": '"1"'})
        assert (off.status_code, off.json()["version"]) == (200, 2)
        scene.world.settle()
        assert scene.alerts()[0].resolved_at is not None
        assert client.get("/api/alert-rules").json()["items"][0] == off.json()

    def test_a_rule_for_everywhere_takes_the_scope_everywhere(self, scene: Scene, as_person: Client):
        local = as_person(principal(at=scene.location))
        assert local.post("/api/alerts", json={"threshold": "1"}).status_code == 403
        body = {"threshold": "1", "location_id": str(scene.location.id)}
        assert local.post("/api/alerts", json=body).status_code == 201

    def test_what_does_not_exist_is_named(self, as_person: Client, committed):
        answer = as_person(principal()).post("/api/alerts", json={"product_id": str(uuid7()), "threshold": "1"})
        assert answer.json()["errors"][0]["field"] == "product_id"

    def test_a_stale_edit_is_refused(self, scene: Scene, as_person: Client):
        client = as_person(principal())
        body = {"threshold": "1", "location_id": str(scene.location.id)}
        rule = client.post("/api/alerts", json=body).json()
        url = f"/api/alert-rules/{rule['id']}"
        assert client.patch(url, json={"threshold": "2"}, headers={"If-Match": '"9"'}).status_code == 409
        assert client.patch(url, json={"threshold": "2"}).status_code == 428


class TestRaise:
    def body(self, scene: Scene, *, day: str = DAY, **values: object) -> dict:
        alert = {
            "location_id": str(scene.location.id),
            "product_id": str(scene.product.id),
            "severity": "attention",
            "details": {"on_hand": "12000", "unit": "g", "probability": "0.31"},
        }
        return {"kind": "predicted_stockout", "day": day, "alerts": [alert | values]}

    def test_opened_drafted_and_told_once_a_day(self, scene: Scene, as_person: Client):
        pipeline = as_person(principal("alerts.raise"))
        first = pipeline.post("/api/alerts/raise", json=self.body(scene)).json()
        second = pipeline.post("/api/alerts/raise", json=self.body(scene)).json()
        assert (first["opened"], second["opened"], second["duplicate"]) == (1, 0, 1)
        scene.world.settle()
        assert len(scene.orders()) == 1
        (mail,) = scene.mails()
        assert mail.subject == "Riverside: Mozzarella runs out before the next delivery, 12 kg left"

    def test_the_next_day_it_is_still_the_same_alert(self, scene: Scene, as_person: Client):
        pipeline = as_person(principal("alerts.raise"))
        pipeline.post("/api/alerts/raise", json=self.body(scene))
        later = self.body(scene, day="2026-11-23", details={"probability": "0.6"})
        assert pipeline.post("/api/alerts/raise", json=later).json()["open"] == 1
        (alert,) = scene.alerts()
        assert (alert.details["probability"], alert.details["on_hand"]) == ("0.6", "12000")

    def test_a_complete_list_resolves_what_is_not_in_it(self, scene: Scene, as_person: Client):
        pipeline = as_person(principal("alerts.raise", at=scene.location))
        pipeline.post("/api/alerts/raise", json=self.body(scene))
        empty = {
            "kind": "predicted_stockout",
            "day": "2026-11-23",
            "alerts": [],
            "complete_for": [str(scene.location.id)],
        }
        assert pipeline.post("/api/alerts/raise", json=empty).json()["resolved"] == 1
        assert scene.alerts()[0].resolved_at is not None

    def test_a_low_stock_that_is_not_true_any_more_is_resolved_at_once(self, scene: Scene, as_person: Client):
        body = self.body(scene) | {"kind": "low_stock"}
        as_person(principal("alerts.raise")).post("/api/alerts/raise", json=body)
        scene.world.settle()
        assert [alert.resolved_at is None for alert in scene.alerts()] == [False]
        assert scene.mails() == []

    @pytest.mark.parametrize("kind", ["predicted_stockout", "trend"])
    def test_odd_details_are_told_as_far_as_they_can(self, scene: Scene, as_person: Client, kind: str):
        odd = {"on_hand": "a lot", "unit": 7, "suggestion": ["x"], "supplier": {}, "order": 3}
        body = self.body(scene, details=odd) | {"kind": kind}
        assert as_person(principal("alerts.raise")).post("/api/alerts/raise", json=body).status_code == 200
        scene.world.settle()
        assert len(scene.mails()) == 1

    def test_urgent_is_critical(self, scene: Scene, as_person: Client):
        as_person(principal("alerts.raise")).post("/api/alerts/raise", json=self.body(scene, severity="urgent"))
        assert scene.alerts()[0].severity == "critical"

    def test_an_unknown_product_does_not_stop_the_others(self, scene: Scene, as_person: Client):
        body = self.body(scene)
        body["alerts"].append(body["alerts"][0] | {"product_id": str(uuid7())})
        answer = as_person(principal("alerts.raise")).post("/api/alerts/raise", json=body).json()
        assert [result["status"] for result in answer["results"]] == ["opened", "unknown"]

    @pytest.mark.parametrize("details", [{"a": "\x00"}, {"a": "\ud800"}, {"a": "x" * 30_000}])
    def test_details_that_cannot_be_kept_are_refused(self, scene: Scene, as_person: Client, details: dict):
        import json

        content = json.dumps(self.body(scene, details=details))
        headers = {"content-type": "application/json"}
        answer = as_person(principal("alerts.raise")).post("/api/alerts/raise", content=content, headers=headers)
        assert answer.status_code == 422

    def test_nothing_is_kept_of_a_refused_request(self, scene: Scene, as_person: Client):
        stranger = as_person(principal("alerts.raise", at=_other(scene)))
        assert stranger.post("/api/alerts/raise", json=self.body(scene)).status_code == 404
        with transaction() as session:
            here = select(Alert).where(Alert.location_id == scene.location.id)
            assert session.scalars(here).all() == []


def _other(scene: Scene):
    return scene.world.do(Kitchen.location)
