"""What the other tests rely on: the roles' rights and one clone per test."""

from __future__ import annotations

import psycopg
import pytest

from infra.local.postgres import PostgresServer


class TestRoles:
    def test_the_server_is_version_18_and_carries_no_superuser_among_the_product_roles(self, postgres: PostgresServer):
        with psycopg.connect(postgres.url(database="postgres")) as connection:
            assert connection.info.server_version // 10_000 == 18
            superusers = connection.execute("select rolname from pg_roles where rolsuper").fetchall()
        assert superusers == [("postgres",)]

    def test_a_wrong_password_is_refused(self, postgres: PostgresServer):
        url = postgres.url("analyst").replace(postgres.passwords["analyst"], "wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url)

    def test_the_pipeline_may_create_schemas_and_the_analyst_may_not(self, fresh_database):
        with psycopg.connect(fresh_database.pipeline_url) as connection:
            connection.execute("create schema marts")
        with (
            psycopg.connect(fresh_database.analyst_url) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("create schema mine")


class TestDatabases:
    def test_the_worker_database_is_owned_by_the_migrating_role(self, database):
        with psycopg.connect(database.owner_url) as connection:
            owner = connection.execute(
                "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"
            ).fetchone()
        assert owner == ("stockpot_owner",)

    def test_settings_point_at_the_worker_database(self, database, settings, redis_url):
        assert settings.database_url == database.app_url
        assert settings.redis_url == redis_url
        assert settings.mail_folder.is_dir()
