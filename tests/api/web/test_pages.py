"""The shells and the static files: who may load them, what the browser may do with them, how long it keeps them."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from api.web import assets

RECORD = UUID("0a4ce4a2-5a0c-4d9b-8a53-0d9f6a3c1b7e")  # fixed: xdist workers must collect the same tests
PATHS = (
    "/",
    "/login",
    "/stock",
    f"/stock/{RECORD}",
    "/counts",
    f"/counts/{RECORD}",
    "/transfers",
    f"/transfers/{RECORD}",
    "/waste",
    "/orders",
    f"/orders/{RECORD}",
    "/menu",
    "/alerts",
)


def directives(policy: str) -> dict[str, str]:
    return dict(part.strip().partition(" ")[::2] for part in policy.split(";"))


@pytest.mark.parametrize("path", PATHS)
class TestShell:
    def test_anybody_may_load_it_and_it_holds_no_data(self, api: TestClient, path: str):
        reply = api.get(path)
        assert reply.status_code == 200
        assert reply.headers["content-type"] == "text/html; charset=utf-8"
        assert reply.headers["cache-control"] == "no-cache"
        assert "set-cookie" not in reply.headers

    def test_its_policy_allows_its_own_script_and_nothing_else(self, api: TestClient, path: str):
        reply = api.get(path)
        policy = directives(reply.headers["content-security-policy"])
        nonces = re.findall(r'<script [^>]*nonce="([^"]+)"', reply.text)
        assert len(nonces) == reply.text.count("<script") == 1
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == f"'nonce-{nonces[0]}' 'strict-dynamic' 'wasm-unsafe-eval'"
        assert policy["require-trusted-types-for"] == "'script'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert "unsafe-inline" not in reply.headers["content-security-policy"]

    def test_each_reply_has_a_nonce_of_its_own(self, api: TestClient, path: str):
        policies = {api.get(path).headers["content-security-policy"] for _ in range(3)}
        assert len(policies) == 3

    def test_nothing_is_inline(self, api: TestClient, path: str):
        page = api.get(path).text
        assert not re.search(r"\son[a-z]+=|\sstyle=|<style|javascript:", page)

    def test_every_file_it_names_is_there(self, api: TestClient, path: str):
        named = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', api.get(path).text))
        assert len(named) >= 4
        for url in named:
            assert api.get(url).status_code == 200, url


class TestRecordPage:
    def test_an_id_that_is_none_is_refused(self, api: TestClient):
        assert api.get("/stock/<script>").status_code == 422
        assert api.get("/orders/1").status_code == 422


class TestStaticFiles:
    def test_the_current_version_may_be_kept_for_ever(self, api: TestClient):
        reply = api.get(assets.url("js/queue.js"))
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert reply.headers["content-type"].startswith("text/javascript")
        assert reply.headers["x-content-type-options"] == "nosniff"

    def test_another_version_is_asked_for_again(self, api: TestClient):
        assert api.get("/static/000000000000/js/queue.js").headers["cache-control"] == "no-cache"

    @pytest.mark.parametrize(
        "path",
        [
            "js/queue.js",
            f"{assets.version()}/js/none.js",
            f"{assets.version()}/",
            f"{assets.version()}/../assets.py",
            f"{assets.version()}/%2e%2e/%2e%2e/config.py",
        ],
    )
    def test_nothing_else_is_there(self, api: TestClient, path: str):
        assert api.get(f"/static/{path}").status_code == 404

    def test_a_worker_may_run_wasm_and_load_from_here_alone(self, api: TestClient):
        policy = directives(api.get(assets.url("js/decode-worker.js")).headers["content-security-policy"])
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
        assert policy["connect-src"] == "'self'"

    def test_the_version_changes_with_any_file(self, tmp_path, monkeypatch):
        (tmp_path / "a.js").write_text("1")
        monkeypatch.setattr(assets, "FOLDER", tmp_path)
        versions = set()
        for content in ("1", "2"):
            (tmp_path / "a.js").write_text(content)
            assets.version.cache_clear()
            versions.add(assets.version())
        (tmp_path / "a.js").rename(tmp_path / "b.js")
        assets.version.cache_clear()
        versions.add(assets.version())
        assets.version.cache_clear()
        assert len(versions) == 3
