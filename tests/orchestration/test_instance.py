"""dagster.yaml from the environment: what Dagster and the launchers' own schemas say of it, without any cloud."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.instance import DRIVER, InstanceMisconfigured, ensure_schema, instance_settings, write_instance
from tests.conftest import Database

URL = f"{DRIVER}pipeline:secret@db.example/stockpot"
K8S = {
    "STOCKPOT_RUN_LAUNCHER": "k8s",
    "DAGSTER_DATABASE_URL": URL,
    "STOCKPOT_K8S_SERVICE_ACCOUNT": "stockpot",
    "STOCKPOT_K8S_INSTANCE_CONFIG_MAP": "stockpot-dagster",
}
ECS = {"STOCKPOT_RUN_LAUNCHER": "ecs", "DAGSTER_DATABASE_URL": URL}


def problems(schema: Any, config: dict[str, Any]) -> list[str]:
    """What a launcher's own schema says against a configuration."""
    from dagster import Field
    from dagster._config import validate_config

    return [error.message for error in validate_config(Field(schema).config_type, config).errors or []]


class TestRendered:
    def test_by_default_runs_are_local_one_at_a_time_and_watched(self) -> None:
        settings = instance_settings({})
        assert "run_launcher" not in settings
        assert "storage" not in settings
        assert settings["concurrency"]["runs"]["max_concurrent_runs"] == 1
        assert settings["run_monitoring"]["enabled"] is True
        assert settings["freshness"] == {"enabled": True}

    def test_two_runs_that_write_the_warehouse_never_overlap_whatever_is_asked_for(self) -> None:
        runs = instance_settings({"STOCKPOT_MAX_RUNS": "8"})["concurrency"]["runs"]
        assert runs == {
            "max_concurrent_runs": 8,
            "tag_concurrency_limits": [{"key": "stockpot/writes", "value": "warehouse", "limit": 1}],
        }

    def test_no_password_reaches_the_file(self, tmp_path: Path) -> None:
        text = write_instance(tmp_path, ECS).read_text()
        assert "secret@" not in text
        assert yaml.safe_load(text)["storage"] == {"postgres": {"postgres_url": {"env": "DAGSTER_DATABASE_URL"}}}

    def test_dagster_itself_takes_it(self, tmp_path: Path) -> None:
        from dagster._core.instance.config import dagster_instance_config

        write_instance(tmp_path, {"DAGSTER_DATABASE_URL": URL})
        settings, _ = dagster_instance_config(str(tmp_path))
        assert settings["run_monitoring"]["max_resume_run_attempts"] == 0

    @pytest.mark.parametrize(
        ("environment", "said"),
        [
            ({"STOCKPOT_RUN_LAUNCHER": "moon"}, "STOCKPOT_RUN_LAUNCHER=moon is none of local, ecs, k8s"),
            ({"STOCKPOT_MAX_RUNS": "0"}, "STOCKPOT_MAX_RUNS=0"),
            ({"STOCKPOT_RUN_LAUNCHER": "ecs"}, "needs DAGSTER_DATABASE_URL"),
            ({"DAGSTER_DATABASE_URL": "postgresql://x@y/z"}, "must begin with postgresql.psycopg2"),
            (ECS | {"STOCKPOT_ECS_CLUSTER": "c"}, "STOCKPOT_ECS_SUBNETS"),
            (ECS | {"STOCKPOT_ECS_SECRETS": "A=b,C"}, "STOCKPOT_ECS_SECRETS holds C without a value"),
            (K8S | {"STOCKPOT_K8S_SERVICE_ACCOUNT": ""}, "needs STOCKPOT_K8S_SERVICE_ACCOUNT"),
        ],
        ids=["launcher", "runs", "storage", "driver", "network", "secrets", "account"],
    )
    def test_what_is_wrong_is_named(self, environment: dict[str, str], said: str) -> None:
        with pytest.raises(InstanceMisconfigured, match=said):
            instance_settings(environment)


class TestEcs:
    def test_the_launcher_takes_every_way_to_say_it(self) -> None:
        ecs = pytest.importorskip("dagster_aws.ecs", reason="the extra `ecs` is not installed")
        full = ECS | {
            "STOCKPOT_ECS_TASK_DEFINITION": "stockpot-run",
            "STOCKPOT_ECS_CLUSTER": "stockpot",
            "STOCKPOT_ECS_SUBNETS": "subnet-1, subnet-2",
            "STOCKPOT_ECS_SECURITY_GROUPS": "sg-1",
            "STOCKPOT_ECS_CPU": "2048",
            "STOCKPOT_ECS_MEMORY": "8192",
            "STOCKPOT_ECS_SECRETS": "WAREHOUSE_URL=arn:aws:secretsmanager:eu-west-1:1:secret:w",
        }
        for environment in (ECS, full):
            launcher = instance_settings(environment)["run_launcher"]
            assert (launcher["module"], launcher["class"]) == ("dagster_aws.ecs", "EcsRunLauncher")
            assert problems(ecs.EcsRunLauncher.config_type(), launcher["config"]) == []
        assert launcher["config"]["run_task_kwargs"]["networkConfiguration"] == {
            "awsvpcConfiguration": {"subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"]}
        }


class TestKubernetes:
    def test_the_launcher_takes_every_way_to_say_it(self) -> None:
        k8s = pytest.importorskip("dagster_k8s", reason="the extra `k8s` is not installed")
        full = K8S | {
            "STOCKPOT_K8S_NAMESPACE": "stockpot",
            "STOCKPOT_K8S_IMAGE": "registry.example/stockpot:1",
            "STOCKPOT_K8S_ENV_SECRETS": "one,two",
            "STOCKPOT_K8S_ENV_CONFIG_MAPS": "three",
            "STOCKPOT_K8S_CPU": "2",
            "STOCKPOT_K8S_MEMORY": "8Gi",
        }
        for environment in (K8S, full):
            launcher = instance_settings(environment)["run_launcher"]
            assert (launcher["module"], launcher["class"]) == ("dagster_k8s", "K8sRunLauncher")
            assert problems(k8s.K8sRunLauncher.config_type(), launcher["config"]) == []
        assert launcher["config"]["resources"]["limits"] == {"cpu": "2", "memory": "8Gi"}


@pytest.mark.pipeline
class TestStorage:
    def test_a_schema_of_its_own_in_the_warehouses_database(self, fresh_database: Database) -> None:
        import psycopg

        url = fresh_database.pipeline_url.replace("postgresql://", DRIVER) + "?options=-csearch_path%3Ddagster"
        ensure_schema(url)
        ensure_schema(url)
        with psycopg.connect(url.replace(DRIVER, "postgresql://")) as session:
            session.execute("create table runs ()")
            (row,) = session.execute("select schemaname from pg_tables where tablename = 'runs'").fetchall()
        assert row == ("dagster",)
