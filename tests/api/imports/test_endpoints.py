"""`/api/imports` as a client uses it: send, look, repair, load, download, send again."""

from __future__ import annotations

import csv
import io
import json
import secrets

from api.domain.ids import uuid7
from tests.api.imports.conftest import gtin

PRODUCTS = "/api/imports/products"


def send(client, content: str | bytes, name: str = "catalog.csv", path: str = PRODUCTS, **form: str):
    raw = content.encode() if isinstance(content, str) else content
    return client.post(path, files={"file": (name, raw, "text/csv")}, data=form)


def rows(client, import_id: str, **query):
    return client.get(f"/api/imports/{import_id}/rows", params=query).json()["items"]


def two_rows() -> str:
    """One good row, one whose check digit is wrong."""
    mark = secrets.token_hex(5)
    return f"sku,name,ean\n{mark}a,Rice,{gtin()}\n{mark}b,Oil,5000119309236\n"


class TestSend:
    def test_it_answers_how_the_file_was_read_and_what_would_come_of_it(self, manager):
        answer = send(manager, two_rows())
        assert answer.status_code == 201, answer.text
        body = answer.json()
        assert (body["encoding"], body["delimiter"], body["mapping_is_suggested"]) == ("utf-8", ",", True)
        assert body["rows"] == {"total": 2, "new": 1, "changed": 0, "unchanged": 0, "quarantined": 1, "loaded": 0}
        assert body["reasons"] == {"bad_check_digit": 1}
        assert manager.get(f"/api/imports/{body['id']}").json() == body
        assert body["id"] in [item["id"] for item in manager.get("/api/imports").json()["items"]]

    def test_the_same_id_and_file_are_one_import(self, manager):
        content, own = two_rows(), str(uuid7())
        first, again = send(manager, content, id=own), send(manager, content, id=own)
        assert (first.json()["id"], first.json()) == (own, again.json())
        assert send(manager, two_rows(), id=own).json()["code"] == "idempotency_conflict"

    def test_a_declared_mapping_is_taken(self, manager):
        mapping = {"columns": {"sku": "Nr", "name": "{Marke} {Artikel}"}, "file": {"delimiter": ";"}}
        mark = secrets.token_hex(5)
        answer = send(manager, f"Nr;Marke;Artikel\n{mark};Rio;Reis\n", mapping=json.dumps(mapping))
        assert rows(manager, answer.json()["id"])[0]["fields"] == {"sku": mark, "name": "Rio Reis"}

    def test_columns_that_cannot_be_told_need_a_mapping(self, manager):
        answer = send(manager, "foo,bar\n1,2\n")
        assert (answer.status_code, answer.json()["code"]) == (422, "mapping_needed")
        assert "'foo', 'bar'" in answer.json()["detail"]

    def test_a_mapping_of_columns_that_are_not_there_is_refused(self, manager):
        answer = send(manager, "foo\n1\n", mapping=json.dumps({"columns": {"sku": "foo", "name": "bar"}}))
        assert (answer.status_code, answer.json()["code"]) == (422, "missing_columns")

    def test_prices_need_their_supplier(self, manager):
        path = "/api/imports/supplier-products"
        answer = send(manager, "article,sku,price\n1,2,3\n", path=path, supplier="nobody")
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_supplier")


class TestRepair:
    def test_a_row_is_looked_at_repaired_and_loaded_once(self, manager):
        one = send(manager, two_rows()).json()["id"]
        assert manager.post(f"/api/imports/{one}/apply").json()["rows"]["loaded"] == 1
        (waiting,) = rows(manager, one, verdict="quarantined")
        assert waiting["problems"] == [
            {
                "column": "ean",
                "field": "barcode",
                "code": "bad_check_digit",
                "reason": "the check digit of 5000119309236 should be 5, not 6",
                "way_out": "Read the code from the pack again.",
            }
        ]
        address = f"/api/imports/{one}/rows/{waiting['line']}"
        body = {"values": {"barcode": gtin()}}
        assert manager.patch(address, json=body).status_code == 428
        repaired = manager.patch(address, json=body, headers={"If-Match": f'"{waiting["version"]}"'})
        assert repaired.json()["verdict"] == "new"
        assert manager.patch(address, json=body, headers={"If-Match": '"1"'}).status_code == 409
        assert [manager.post(f"/api/imports/{one}/apply").json()["rows"]["loaded"] for _ in range(2)] == [2, 2]

    def test_an_unknown_field_is_refused_by_name(self, manager):
        one = send(manager, two_rows()).json()["id"]
        answer = manager.patch(
            f"/api/imports/{one}/rows/3", json={"values": {"colour": "x"}}, headers={"If-Match": "1"}
        )
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "values.colour")

    def test_a_mended_quarantine_file_loads_when_it_is_sent(self, manager):
        one = send(manager, two_rows()).json()["id"]
        manager.post(f"/api/imports/{one}/apply")
        download = manager.get(f"/api/imports/{one}/quarantine")
        assert download.headers["content-type"].startswith("text/csv")
        (row,) = csv.DictReader(io.StringIO(download.content.decode("utf-8-sig")))
        assert (row["stockpot_line"], row["stockpot_column"]) == ("3", "ean")
        mended = download.content.decode("utf-8-sig").replace("5000119309236", gtin(), 1)
        again = send(manager, mended.encode("utf-8-sig")).json()
        assert again["rows"]["new"] == 1

    def test_a_quarantine_workbook_can_be_sent_as_it_is(self, manager):
        one = send(manager, two_rows()).json()["id"]
        workbook = manager.get(f"/api/imports/{one}/quarantine", params={"format": "xlsx"}).content
        again = send(manager, workbook, "mended.xlsx").json()
        assert (again["format"], again["reasons"]) == ("xlsx", {"bad_check_digit": 1})

    def test_what_a_spreadsheet_would_calculate_goes_out_as_text_and_comes_back_as_it_was(self, manager):
        mark = secrets.token_hex(5)
        one = send(manager, f'sku,name,ean\n{mark},"=1+1",5000119309236\n').json()["id"]
        download = manager.get(f"/api/imports/{one}/quarantine").content
        assert b"'=1+1" in download
        again = send(manager, download.replace(b"5000119309236", gtin().encode())).json()["id"]
        assert rows(manager, again)[0]["fields"]["name"] == "=1+1"


class TestWho:
    def test_a_kind_needs_its_own_scope_besides(self, people):
        person = people.bearer(people.create_with_scopes("imports.run", "suppliers.edit"))
        assert send(person, two_rows()).json()["code"] == "missing_scope"

    def test_an_import_of_a_kind_that_one_may_not_edit_is_not_there(self, people, manager):
        one = send(manager, two_rows()).json()["id"]
        person = people.bearer(people.create_with_scopes("imports.run", "suppliers.edit"))
        answers = [
            person.get(f"/api/imports/{one}"),
            person.get(f"/api/imports/{one}/rows"),
            person.get(f"/api/imports/{one}/quarantine"),
            person.post(f"/api/imports/{one}/apply"),
            person.patch(f"/api/imports/{one}/rows/3", json={"values": {"name": "x"}}, headers={"If-Match": "1"}),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert one not in [item["id"] for item in person.get("/api/imports").json()["items"]]

    def test_a_browser_needs_its_csrf_token(self, manager_browser):
        assert send(manager_browser, two_rows()).status_code == 201
        del manager_browser.headers["X-CSRF-Token"]
        assert send(manager_browser, two_rows()).status_code == 403
