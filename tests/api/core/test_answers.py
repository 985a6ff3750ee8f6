"""What every answer carries: request id, security headers, problem bodies; and the service's own pages."""

from __future__ import annotations

import json

import pytest
import structlog
from fastapi.routing import APIRouter
from sqlalchemy.exc import OperationalError

from api.core import problems
from api.core.errors import Conflict
from api.core.logs import hide_secrets
from api.main import UndeclaredRoute, create_app, refuse_undeclared_routes


class TestProblems:
    def test_an_unknown_path_and_a_wrong_method_are_problems(self, api):
        missing, wrong = api.get("/api/nothing"), api.delete("/api/auth/login")
        assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
        assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
        assert "POST" in wrong.headers["allow"]
        for answer in (missing, wrong):
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == answer.status_code

    def test_an_unforeseen_error_is_a_500_that_tells_only_its_request_id(self, api, app, monkeypatch):
        def explode(*_):
            raise RuntimeError("the secret reason")

        monkeypatch.setattr(app.state, "authenticate", explode)
        explode.remembered = explode
        answer = api.get("/api/auth/me", headers={"X-Request-Id": "find-me-1"})
        assert answer.status_code == 500
        assert answer.json()["request_id"] == "find-me-1"
        assert "secret" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"

    def test_an_error_may_carry_facts_of_its_own(self):
        answer = problems.problem(Conflict("Short.", code="insufficient_stock", on_hand="3"))
        assert json.loads(answer.body)["on_hand"] == "3"
        assert json.loads(answer.body)["type"] == "urn:stockpot:problem:insufficient_stock"

    @pytest.mark.parametrize(
        ("state", "code"),
        [("55P03", "try_again"), ("40P01", "try_again"), ("57014", "try_again"), ("08006", "unavailable"),
         ("57P01", "unavailable"), ("53300", "unavailable")],
    )  # fmt: skip
    def test_a_database_that_is_busy_or_away_is_503(self, state, code):
        import psycopg

        origin = psycopg.OperationalError("x")
        origin.sqlstate = state
        answer = problems.from_database(OperationalError("select 1", {}, origin))
        assert (answer.status, answer.code) == (503, code)

    def test_a_statement_of_our_own_that_is_wrong_is_no_outage(self):
        import psycopg

        assert problems.from_database(psycopg.errors.UndefinedColumn("x")) is None


class TestHeaders:
    def test_every_answer_is_hardened_and_named(self, api):
        answer = api.get("/healthz")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert len(answer.headers["x-request-id"]) == 32

    @pytest.mark.parametrize("asked", ["short", "x" * 65, "a b c d e f", "line\tbreak-1"])
    def test_a_request_id_that_is_none_is_replaced(self, api, asked):
        assert api.get("/healthz", headers={"X-Request-Id": asked}).headers["x-request-id"] != asked


class TestHealth:
    def test_alive_and_ready(self, api):
        assert api.get("/healthz").json() == {"status": "ok"}
        ready = api.get("/readyz")
        assert ready.status_code == 200, ready.text
        assert ready.json() == {
            "status": "ok",
            "checks": {"database": "ok", "migrations": "ok", "redis": "ok", "object_store": "ok"},
        }

    def test_without_the_database_it_is_not_ready(self, api, monkeypatch):
        from api.config import get_settings
        from api.core.database import forget_engine

        monkeypatch.setenv("DATABASE_URL", "postgresql://stockpot_app:x@127.0.0.1:1/stockpot")
        get_settings.cache_clear()
        forget_engine()
        ready = api.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["checks"]["database"] == "down"
        assert api.get("/healthz").status_code == 200

    def test_without_redis_it_is_degraded_and_still_serves(self, api, monkeypatch):
        from api.config import get_settings
        from api.core.cache import forget_cache

        monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
        get_settings.cache_clear()
        forget_cache()
        ready = api.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")

    def test_metrics_count_by_route_and_not_by_address(self, api):
        api.get("/api/users/019ab000-0000-7000-8000-00000000abcd")
        text = api.get("/metrics").text
        assert 'route="/api/users/{user_id}",status="401"' in text
        assert "abcd" not in text


class TestDocumentation:
    def test_the_document_names_scopes_and_problems(self, api, app):
        document = api.get("/api/openapi.json").json()
        listing = document["paths"]["/api/users"]["get"]
        assert listing["x-required-scope"] == "users.read"
        assert listing["security"] == [{"bearer": []}, {"cookie": []}]
        problem = listing["responses"]["default"]["content"]["application/problem+json"]["schema"]
        assert problem == {"$ref": "#/components/schemas/Problem"}
        assert "HTTPValidationError" not in document["components"]["schemas"]

    def test_the_reader_comes_whole_from_our_own_origin(self, api):
        page = api.get("/api/docs")
        assert page.status_code == 200
        assert "http://" not in page.text
        assert "https://" not in page.text
        nonce = page.headers["content-security-policy"].split("'nonce-")[1].split("'")[0]
        assert f'nonce="{nonce}"' in page.text
        for asset in ("swagger-ui.css", "swagger-ui-bundle.js"):
            assert api.get(f"/api/docs/{asset}").status_code == 200
        assert api.get("/api/docs/index.html").status_code == 404
        assert api.get("/api/docs/..%2f__init__.py").status_code == 404


class TestStartUp:
    def test_a_route_that_declares_nothing_stops_the_service(self, app, settings):
        router = APIRouter()

        @router.get("/api/oversight")
        def oversight() -> None:
            """Somebody forgot."""

        other = create_app()
        other.include_router(router)
        with pytest.raises(UndeclaredRoute, match="/api/oversight"):
            refuse_undeclared_routes(other)

    def test_a_missing_key_stops_the_service(self, settings, monkeypatch):
        from api.config import get_settings
        from api.identity.tokens import KeyFileUnusable

        monkeypatch.setenv("JWT_PRIVATE_KEY_FILE", "/nowhere.pem")
        get_settings.cache_clear()
        with pytest.raises(KeyFileUnusable, match="JWT_PRIVATE_KEY_FILE"):
            create_app()


class TestLogs:
    def test_one_line_a_request_without_query_or_secrets(self, api, admin_person):
        with structlog.testing.capture_logs() as lines:
            api.get(
                "/api/users?q=private&signature=abc", headers={"Authorization": f"Bearer {admin_person.access_token}"}
            )
        assert [line["event"] for line in lines] == ["request"]
        assert lines[0]["route"] == "/api/users"
        assert "private" not in str(lines)
        assert admin_person.access_token not in str(lines)

    def test_a_value_with_a_telling_name_is_blanked(self):
        line = hide_secrets(None, "info", {"event": "x", "refresh_token": "abc", "user_password": "p", "route": "/"})
        assert line == {"event": "x", "refresh_token": "***", "user_password": "***", "route": "/"}
