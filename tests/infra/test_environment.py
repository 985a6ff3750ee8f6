"""Explicit variables win over embedded ones."""

from __future__ import annotations

import pytest

from api.config import Settings
from infra.local.environment import DATABASE_ROLES, build_environment
from infra.local.errors import CannotRunError
from infra.local.home import Home

OTHER_SERVER = {name: f"postgresql://{role}:secret@db.example/stockpot" for name, role in DATABASE_ROLES.items()}


class TestBuildEnvironment:
    def test_an_empty_environment_gets_everything_embedded(self, home: Home):
        home.prepare()
        environment = build_environment(home, {})
        assert environment.postgres is not None
        assert environment.redis is not None
        assert environment.variables["DATABASE_URL"] == environment.postgres.url("stockpot_app")
        assert environment.variables["ANALYST_URL"] == environment.postgres.url("analyst")
        assert environment.variables["STOCKPOT_PUBLIC_URL"] == "http://127.0.0.1:8000"
        assert environment.variables["MAIL_PATH"] == str(home.path / "mail")

    def test_production_accepts_the_secrets_of_a_home(self, home: Home, monkeypatch):
        home.prepare()
        for name, value in build_environment(home, {"STOCKPOT_ENVIRONMENT": "production"}).variables.items():
            monkeypatch.setenv(name, value)
        assert Settings().stockpot_environment == "production"

    def test_a_named_database_is_used_instead_of_the_embedded_one(self, home: Home):
        home.prepare()
        environment = build_environment(home, OTHER_SERVER)
        assert environment.postgres is None
        assert environment.redis is not None
        assert environment.variables["WAREHOUSE_URL"] == OTHER_SERVER["WAREHOUSE_URL"]

    def test_a_named_database_without_all_its_roles_is_refused_by_name(self, home: Home):
        home.prepare()
        partial = {name: url for name, url in OTHER_SERVER.items() if name in {"DATABASE_URL", "ANALYST_URL"}}
        with pytest.raises(CannotRunError, match=r"DATABASE_OWNER_URL, WAREHOUSE_URL, READER_URL$"):
            build_environment(home, partial)

    def test_a_named_redis_is_used_instead_of_the_embedded_one(self, home: Home):
        home.prepare()
        environment = build_environment(home, {"REDIS_URL": "redis://cache.example/0"})
        assert environment.redis is None
        assert environment.variables["REDIS_URL"] == "redis://cache.example/0"

    def test_a_moved_port_moves_every_address_that_carries_it(self, home: Home):
        home.prepare()
        variables = build_environment(home, {"STOCKPOT_API_PORT": "8123"}).variables
        assert variables["STOCKPOT_PUBLIC_URL"] == "http://127.0.0.1:8123"
        assert variables["STOCKPOT_API_URL"] == "http://127.0.0.1:8123"

    def test_cookies_are_secure_behind_https_alone(self, home: Home):
        home.prepare()
        assert build_environment(home, {}).variables["COOKIE_SECURE"] == "false"
        behind_tls = {"STOCKPOT_PUBLIC_URL": "https://stock.example"}
        assert build_environment(home, behind_tls).variables["COOKIE_SECURE"] == "true"
