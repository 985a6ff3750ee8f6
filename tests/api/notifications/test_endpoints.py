from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.core import problems
from api.identity.models import User
from api.notifications.endpoints import router
from tests.api.notifications.conftest import Post, low_stock
from tests.api.purchasing.conftest import KnownPerson
from tests.api.purchasing.kitchen import principal

URL = "/api/notifications"


def client_of(user: User) -> TestClient:
    app = FastAPI()
    problems.install(app)
    app.include_router(router)
    app.state.authenticate = KnownPerson(principal("catalog.read", id_=user.id))
    return TestClient(app)


@pytest.fixture
def me(post: Post) -> TestClient:
    return client_of(post.reader)


class TestInbox:
    def test_newest_first_page_by_page(self, post: Post, me: TestClient):
        for item in ("Mozzarella", "Ricotta", "Basil"):
            post.tell(low_stock(item))
        first = me.get(URL, params={"limit": 2}).json()
        second = me.get(URL, params={"limit": 2, "cursor": first["next_cursor"]}).json()
        subjects = [row["subject"].split()[1] for row in first["items"] + second["items"]]
        assert subjects == ["Basil", "Ricotta", "Mozzarella"]
        assert first["items"][0]["rows"] == [["Basil", "12 kg"]]

    def test_reading_is_noted_once(self, post: Post, me: TestClient):
        post.tell(low_stock())
        (row,) = me.get(URL, params={"is_unread": True}).json()["items"]
        read = me.post(f"{URL}/{row['id']}/read").json()
        assert me.post(f"{URL}/{row['id']}/read").json() == read
        assert me.get(URL, params={"is_unread": True}).json()["items"] == []

    def test_another_persons_inbox_does_not_exist(self, post: Post, me: TestClient, make_person: Callable[..., User]):
        post.tell(low_stock())
        (row,) = me.get(URL).json()["items"]
        stranger = client_of(make_person())
        assert stranger.get(URL).json()["items"] == []
        assert stranger.post(f"{URL}/{row['id']}/read").status_code == 404


class TestPreferences:
    def test_mail_for_everything_until_somebody_says_no(self, post: Post, me: TestClient):
        before = me.get(f"{URL}/preferences").json()
        kinds = ("low_stock", "predicted_stockout", "trend", "report", "approval", "transfer", "pipeline_failed")
        assert before["email_kinds"] == dict.fromkeys(kinds, True)
        assert before["version"] == 0
        change = {"email_kinds": {"low_stock": False}}
        after = me.patch(f"{URL}/preferences", json=change, headers={"If-Match": '"0"'}).json()
        assert (after["email_kinds"]["low_stock"], after["email_kinds"]["report"], after["version"]) == (False, True, 1)
        post.tell(low_stock())
        assert (len(post.rows("email")), len(post.rows("inbox"))) == (0, 1)

    def test_two_devices_do_not_overwrite_each_other(self, me: TestClient):
        change = {"is_digest": True}
        assert me.patch(f"{URL}/preferences", json=change, headers={"If-Match": '"0"'}).status_code == 200
        assert me.patch(f"{URL}/preferences", json=change, headers={"If-Match": '"0"'}).status_code == 409
        assert me.patch(f"{URL}/preferences", json=change).status_code == 428

    def test_quiet_hours_need_both_ends(self, me: TestClient):
        headers = {"If-Match": '"0"'}
        half = me.patch(f"{URL}/preferences", json={"quiet_from": "22:00"}, headers=headers)
        assert (half.status_code, half.json()["code"]) == (422, "half_quiet_hours")
        whole = me.patch(
            f"{URL}/preferences", json={"quiet_from": "22:00", "quiet_until": "07:00"}, headers=headers
        ).json()
        assert (whole["quiet_from"], whole["quiet_until"]) == ("22:00:00", "07:00:00")

    @pytest.mark.parametrize("change", [{"email_kinds": {"gossip": True}}, {"quiet_from": "22:00Z"}, {"user_id": "x"}])
    def test_what_is_no_choice_is_refused(self, me: TestClient, change: dict):
        assert me.patch(f"{URL}/preferences", json=change, headers={"If-Match": '"0"'}).status_code == 422
