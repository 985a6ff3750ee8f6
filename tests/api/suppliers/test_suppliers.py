"""Suppliers, their terms and contacts."""

from __future__ import annotations

from api.domain.ids import uuid7
from tests.api.rooms import created, fields, principal, version


class TestCreateSupplier:
    def test_keeps_terms_and_contacts(self, restaurant):
        made = restaurant.supplier(
            lead_time_days=2,
            delivery_weekdays=[5, 2, 2],
            order_cutoff="14:30:00",
            minimum_order_value="150.00",
            contacts=[{"name": "Orders", "email": "orders@alder.example.com", "receives_orders": True}],
        )
        again = restaurant.client.get(f"/api/suppliers/{made['id']}").json()
        assert again == made
        assert (again["delivery_weekdays"], again["minimum_order_value"]) == ([2, 5], "150")
        assert again["contacts"][0]["receives_orders"] is True

    def test_the_same_request_again_gives_the_same_answer(self, restaurant):
        body = {"id": str(uuid7()), "code": str(uuid7())[-12:], "name": "Alder", "currency": "USD"}
        assert created(restaurant.client.post("/api/suppliers", json=body)) == created(
            restaurant.client.post("/api/suppliers", json=body)
        )

    def test_wrong_terms_are_named(self, restaurant):
        body = {"code": "A", "name": "A", "currency": "USD", "delivery_weekdays": [0], "minimum_order_value": "-1"}
        assert set(fields(restaurant.client.post("/api/suppliers", json=body))) == {
            "delivery_weekdays.0",
            "minimum_order_value",
        }

    def test_a_taken_code_conflicts(self, restaurant):
        made = restaurant.supplier()
        body = {"code": made["code"], "name": "A", "currency": "USD"}
        assert restaurant.client.post("/api/suppliers", json=body).json()["code"] == "supplier_code_taken"

    def test_reading_is_not_enough(self, restaurant):
        asked = restaurant.ask(principal("suppliers.read")).post("/api/suppliers", json={})
        assert asked.status_code == 403


class TestChangeSupplier:
    def test_an_old_version_conflicts(self, restaurant):
        made = restaurant.supplier()
        url = f"/api/suppliers/{made['id']}"
        first = restaurant.client.patch(url, json={"delivery_weekdays": [1, 4]}, headers=version(made))
        assert (first.json()["delivery_weekdays"], first.json()["version"]) == ([1, 4], 2)
        late = restaurant.client.patch(url, json={"name": "B"}, headers=version(made))
        assert late.json()["code"] == "version_conflict"


class TestContacts:
    def test_are_added_once_listed_and_forgotten(self, restaurant):
        url = f"/api/suppliers/{restaurant.supplier()['id']}/contacts"
        body = {"id": str(uuid7()), "name": "Night desk", "phone": "+1 555 0100"}
        made = created(restaurant.client.post(url, json=body))
        assert created(restaurant.client.post(url, json=body)) == made
        assert restaurant.client.get(url).json()["items"] == [made]
        assert restaurant.client.delete(f"{url}/{made['id']}").status_code == 204
        assert restaurant.client.get(url).json()["items"] == []

    def test_an_address_that_is_none_is_named(self, restaurant):
        url = f"/api/suppliers/{restaurant.supplier()['id']}/contacts"
        assert set(fields(restaurant.client.post(url, json={"name": "A", "email": "nobody"}))) == {"email"}

    def test_another_supplier_s_contact_is_not_found(self, restaurant):
        first, second = restaurant.supplier(contacts=[{"name": "Orders"}]), restaurant.supplier()
        url = f"/api/suppliers/{second['id']}/contacts/{first['contacts'][0]['id']}"
        assert restaurant.client.delete(url).json()["code"] == "contact_not_found"


class TestListSuppliers:
    def test_finds_by_part_of_the_name(self, restaurant):
        name = f"Dairy {uuid7()}"
        made = restaurant.supplier(name=name)
        listed = restaurant.client.get("/api/suppliers", params={"q": name[3:]}).json()
        assert listed == {"items": [made], "next_cursor": None}
