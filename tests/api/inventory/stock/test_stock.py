"""`/api/inventory` and its trail: state, policy, undo; ten kilograms of rice on hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.api.scans.conftest import Shelf


class TestList:
    def test_an_item_says_what_is_there_and_what_it_is_worth(self, shelf: Shelf, rice):
        item = rice()
        assert item["product"] == {
            "id": str(shelf.products["Basmati rice"]),
            "sku": item["product"]["sku"],
            "name": "Basmati rice",
        }
        assert (item["on_hand"], item["unit"], item["on_order"], item["is_below_reorder"]) == ("10000", "g", "0", False)

    def test_search_finds_by_name_and_takes_percent_literally(self, shelf: Shelf):
        ask = lambda q: shelf.client.get("/api/inventory", params={"q": q}).json()["items"]  # noqa: E731
        assert [item["product"]["name"] for item in ask("basmati")] == ["Basmati rice"]
        assert ask("%") == []

    def test_other_locations_are_not_found_and_not_listed(self, shelf: Shelf, rice, people, other_place):
        stranger = people.bearer(people.create("operator", other_place.id))
        assert stranger.get("/api/inventory").json()["items"] == []
        assert stranger.get("/api/inventory", params={"location_id": str(shelf.place.id)}).status_code == 404
        assert stranger.get(f"/api/inventory/{rice()['id']}").status_code == 404

    def test_pages_follow_each_other(self, shelf: Shelf):
        for name in ("Apple", "Beer", "Cream"):
            shelf.add(name, name)
            shelf.one(code=name, action="receive")
        seen, cursor = [], None
        while True:
            page = shelf.client.get(
                "/api/inventory", params={"limit": 2} | ({"cursor": cursor} if cursor else {})
            ).json()
            seen += [item["product"]["name"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == ["Apple", "Basmati rice", "Beer", "Cream"]

    def test_below_reorder_lists_what_must_be_bought(self, shelf: Shelf, rice, desk):
        item = rice()
        desk.patch(
            f"/api/inventory/{item['id']}",
            json={"reorder_point": "12000"},
            headers={"If-Match": f'"{item["version"]}"'},
        )
        below = shelf.client.get("/api/inventory", params={"below_reorder": True}).json()["items"]
        assert [each["id"] for each in below] == [item["id"]]
        assert shelf.client.get("/api/inventory", params={"below_reorder": False}).json()["items"] == []


class TestAsOf:
    def test_a_balance_as_of_a_moment_leaves_later_facts_out(self, shelf: Shelf):
        shelf.one(quantity="3", occurred_at="2026-11-20T15:00:00Z")
        read = lambda at: shelf.client.get("/api/inventory", params={"as_of": at}).json()["items"][0]  # noqa: E731
        assert read("2026-11-20T14:00:00Z")["on_hand"] == "10000"
        assert read("2026-11-20T15:00:00Z")["on_hand"] == "7000"
        assert (read("2026-11-20T14:00:00Z")["avg_cost"], read("2026-11-20T14:00:00Z")["value"]) == ("0", "0")

    def test_what_we_knew_then_leaves_a_late_entry_out(self, shelf: Shelf):
        """3 kg used at 11:00 are entered now: as of noon there were 7 kg, though this morning we believed 10 kg."""
        before = datetime.now(UTC).isoformat()
        shelf.one(quantity="3", occurred_at="2026-11-20T12:00:00Z")
        ask = {"as_of": "2026-11-20T12:00:00Z"}
        read = lambda **more: shelf.client.get("/api/inventory", params=ask | more).json()["items"][0]["on_hand"]  # noqa: E731
        assert (read(), read(known_at=before)) == ("7000", "10000")

    def test_one_item_is_read_as_of_a_moment_too(self, shelf: Shelf, rice):
        shelf.one(quantity="3", occurred_at="2026-11-20T15:00:00Z")
        path = f"/api/inventory/{rice()['id']}"
        assert shelf.client.get(path, params={"as_of": "2026-11-20T14:00:00Z"}).json()["on_hand"] == "10000"
        assert shelf.client.get(path).json()["on_hand"] == "7000"


class TestRestatement:
    def test_it_says_what_was_known_then_what_is_known_since_and_through_which_rows(self, shelf: Shelf, rice):
        """10 kg at noon as we knew; a use of 3 kg at noon is entered afterwards: 7 kg. The 2 kg of later are no part."""
        path, known_at = f"/api/inventory/{rice()['id']}/restatements", datetime.now(UTC).isoformat()
        late = shelf.one(quantity="3", occurred_at="2026-11-20T12:00:00Z")
        shelf.one(quantity="2", occurred_at="2026-11-20T18:00:00Z")
        found = shelf.client.get(path, params={"as_of": "2026-11-20T12:00:00Z", "known_at": known_at}).json()
        assert (found["then"]["on_hand"], found["since"]["on_hand"]) == ("10000", "7000")
        assert [row["id"] for row in found["items"]] == [late["id"]]

    def test_nothing_that_was_known_by_then_is_restated(self, shelf: Shelf, rice):
        shelf.one(quantity="3", occurred_at="2026-11-20T12:00:00Z")
        known_at = datetime.now(UTC).isoformat()
        found = shelf.client.get(f"/api/inventory/{rice()['id']}/restatements", params={"known_at": known_at}).json()
        assert found["then"] == found["since"]
        assert (found["items"], found["as_of"]) == ([], found["known_at"])

    def test_an_item_elsewhere_is_not_found(self, rice, people, other_place):
        stranger = people.bearer(people.create("operator", other_place.id))
        path = f"/api/inventory/{rice()['id']}/restatements"
        assert stranger.get(path, params={"known_at": "2026-11-20T12:00:00Z"}).status_code == 404


class TestPolicy:
    def test_a_policy_is_set_and_told(self, shelf: Shelf, rice, desk, sql):
        item = rice()
        reply = desk.patch(
            f"/api/inventory/{item['id']}",
            json={"reorder_point": "2000", "par_level": "8000"},
            headers={"If-Match": f'"{item["version"]}"'},
        )
        assert reply.status_code == 200
        assert (reply.json()["reorder_point"], reply.json()["par_level"]) == ("2000", "8000")
        heard = sql.execute(
            "select count(*) from outbox_events where type = 'inventory_item.policy_changed.v1' and subject_id = %s",
            [item["id"]],
        ).fetchone()
        assert heard == (1,)

    def test_a_stale_edit_and_one_without_a_version_are_refused(self, shelf: Shelf, rice, desk):
        item = rice()
        shelf.one()
        path, body = f"/api/inventory/{item['id']}", {"par_level": "1"}
        assert (
            desk.patch(path, json=body, headers={"If-Match": f'"{item["version"]}"'}).json()["code"]
            == "version_conflict"
        )
        assert desk.patch(path, json=body).status_code == 428

    def test_a_par_level_below_the_reorder_point_is_refused(self, rice, desk):
        item = rice()
        reply = desk.patch(
            f"/api/inventory/{item['id']}",
            json={"reorder_point": "2", "par_level": "1"},
            headers={"If-Match": f'"{item["version"]}"'},
        )
        assert (reply.status_code, reply.json()["code"]) == (422, "par_below_reorder")


class TestMovements:
    def test_the_trail_is_filtered_and_latest_first(self, shelf: Shelf):
        used = shelf.one(quantity="2")
        trail = shelf.client.get(
            "/api/stock-movements", params={"product_id": str(shelf.products["Basmati rice"])}
        ).json()
        assert [(row["kind"], row["quantity"]) for row in trail["items"]] == [
            ("consumption", "2000"),
            ("receipt", "10000"),
        ]
        assert trail["items"][0]["id"] == used["id"]
        assert trail["items"][0]["entered"] == {"quantity": "2", "unit": "kg"}
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        assert shelf.client.get("/api/stock-movements", params={"since": tomorrow}).json()["items"] == []

    def test_of_other_locations_nothing_is_seen(self, shelf: Shelf, people, other_place):
        stranger = people.bearer(people.create("operator", other_place.id))
        assert stranger.get("/api/stock-movements").json()["items"] == []


class TestReverse:
    def test_undo_brings_the_goods_back_once(self, shelf: Shelf, rice):
        used = shelf.one(quantity="2")
        path = f"/api/stock-movements/{used['movement_id']}/reverse"
        first, second = shelf.client.post(path, json={}), shelf.client.post(path)
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        assert (first.json()["reverses_id"], first.json()["on_hand"]) == (used["id"], "10000")
        assert rice()["on_hand"] == "10000"

    def test_a_reversal_is_not_reversed(self, shelf: Shelf):
        used = shelf.one()
        undone = shelf.client.post(f"/api/stock-movements/{used['id']}/reverse", json={}).json()
        reply = shelf.client.post(f"/api/stock-movements/{undone['id']}/reverse", json={})
        assert (reply.status_code, reply.json()["code"]) == (409, "reversal_of_reversal")

    def test_somebody_elses_movement_needs_the_right_to_adjust(self, shelf: Shelf, people, desk):
        used = shelf.one()
        path = f"/api/stock-movements/{used['id']}/reverse"
        colleague = people.bearer(people.create("operator", shelf.place.id))
        assert colleague.post(path, json={}).json()["code"] == "not_yours"
        assert desk.post(path, json={}).status_code == 201

    def test_a_movement_elsewhere_is_not_found(self, shelf: Shelf, people, other_place):
        used = shelf.one()
        stranger = people.bearer(people.create("operator", other_place.id))
        assert stranger.post(f"/api/stock-movements/{used['id']}/reverse", json={}).status_code == 404


class TestReconcile:
    def test_balances_that_agree_and_one_that_was_tampered_with(self, shelf: Shelf, sql, database, rice):
        import psycopg

        from api.ledger.reconcile import reconcile

        with psycopg.connect(database.app_url) as connection:
            assert reconcile(connection).differences == []
        sql.execute("update inventory_items set on_hand = on_hand + 1 where id = %s", [rice()["id"]])
        with psycopg.connect(database.app_url) as connection:
            report = reconcile(connection)
        sql.execute("update inventory_items set on_hand = on_hand - 1 where id = %s", [rice()["id"]])
        assert not report.ok
        assert [(each.item_id, each.figure, each.stored, each.from_rows) for each in report.differences] == [
            (rice()["id"], "on_hand", "10001.000000", "10000.000000")
        ]
