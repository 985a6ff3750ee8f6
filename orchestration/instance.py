"""`dagster.yaml` of an installation, from its environment: storage, queue, run launcher, monitoring.

`python -m orchestration.instance FOLDER` writes it into FOLDER and makes the storage's schema; it imports no Dagster,
so that a start need not wait for that. Addresses and passwords stay in the environment: the file names their variables.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import yaml  # type: ignore[import-untyped]
from psycopg import sql

Environment = Mapping[str, str]

DRIVER = "postgresql+psycopg2://"
"""Named: SQLAlchemy would choose psycopg 3, whose connections end with a `with` block, and Dagster reuses them."""

NIGHT = {"key": "stockpot/writes", "value": "warehouse", "limit": 1}
"""Two runs that write the warehouse never overlap, wherever they run."""


class InstanceMisconfigured(Exception):
    """A variable is missing or says what cannot be."""


def instance_settings(environment: Environment) -> dict[str, Any]:
    """The content of `dagster.yaml`; InstanceMisconfigured names the variable that is wrong."""
    settings: dict[str, Any] = {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "concurrency": {"runs": {"max_concurrent_runs": _runs(environment), "tag_concurrency_limits": [NIGHT]}},
        "run_monitoring": {
            "enabled": True,
            "start_timeout_seconds": 600 if _launcher(environment) != "local" else 180,
            "max_runtime_seconds": 12 * 3600,
            "max_resume_run_attempts": 0,  # a run that died is failed and told; steps are safe to run again
            "poll_interval_seconds": 30,
        },
        "freshness": {"enabled": True},
        "retention": {
            "schedule": {"purge_after_days": 90},
            "sensor": {"purge_after_days": {"skipped": 7, "failure": 30, "success": -1}},
        },
    }
    if url := environment.get("DAGSTER_DATABASE_URL"):
        if not url.startswith(DRIVER):
            raise InstanceMisconfigured(f"DAGSTER_DATABASE_URL must begin with {DRIVER}, the driver that Dagster knows")
        settings["storage"] = {"postgres": {"postgres_url": {"env": "DAGSTER_DATABASE_URL"}}}
    elif _launcher(environment) != "local":
        raise InstanceMisconfigured(
            f"STOCKPOT_RUN_LAUNCHER={_launcher(environment)} needs DAGSTER_DATABASE_URL: other machines share it"
        )
    if launcher := LAUNCHERS[_launcher(environment)](environment):
        settings["run_launcher"] = launcher
    return settings


def _launcher(environment: Environment) -> str:
    name = environment.get("STOCKPOT_RUN_LAUNCHER") or "local"
    if name not in LAUNCHERS:
        raise InstanceMisconfigured(f"STOCKPOT_RUN_LAUNCHER={name} is none of {', '.join(LAUNCHERS)}")
    return name


def _runs(environment: Environment) -> int:
    text = environment.get("STOCKPOT_MAX_RUNS") or "1"
    if not text.isdecimal() or int(text) < 1:
        raise InstanceMisconfigured(f"STOCKPOT_MAX_RUNS={text} is not a number of runs (1 or more)")
    return int(text)


def _local(_: Environment) -> None:
    """A process of the code server's machine, which is Dagster's own default."""


def _ecs(environment: Environment) -> dict[str, Any]:
    """A task per run: of the task definition that is named, else as the launching task's own."""
    config: dict[str, Any] = {
        "container_name": environment.get("STOCKPOT_ECS_CONTAINER") or "run",
        "run_resources": _present(
            cpu=environment.get("STOCKPOT_ECS_CPU"), memory=environment.get("STOCKPOT_ECS_MEMORY")
        ),
        "secrets": [
            {"name": name, "valueFrom": arn}
            for name, arn in _pairs("STOCKPOT_ECS_SECRETS", environment.get("STOCKPOT_ECS_SECRETS"))
        ],
        "task_definition": environment.get("STOCKPOT_ECS_TASK_DEFINITION"),
    }
    if cluster := environment.get("STOCKPOT_ECS_CLUSTER"):
        subnets = _list(environment.get("STOCKPOT_ECS_SUBNETS"))
        if not subnets:
            raise InstanceMisconfigured("STOCKPOT_ECS_CLUSTER needs STOCKPOT_ECS_SUBNETS: where its tasks run")
        network = _present(subnets=subnets, securityGroups=_list(environment.get("STOCKPOT_ECS_SECURITY_GROUPS")))
        config["use_current_ecs_task_config"] = False
        config["run_task_kwargs"] = {
            "cluster": cluster,
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": network},
        }
    return {"module": "dagster_aws.ecs", "class": "EcsRunLauncher", "config": _present(**config)}


def _k8s(environment: Environment) -> dict[str, Any]:
    """A Kubernetes job per run; its environment comes from the secrets and config maps that are named."""
    limits = _present(cpu=environment.get("STOCKPOT_K8S_CPU"), memory=environment.get("STOCKPOT_K8S_MEMORY"))
    config = _present(
        service_account_name=_needed("STOCKPOT_K8S_SERVICE_ACCOUNT", environment.get("STOCKPOT_K8S_SERVICE_ACCOUNT")),
        instance_config_map=_needed(
            "STOCKPOT_K8S_INSTANCE_CONFIG_MAP", environment.get("STOCKPOT_K8S_INSTANCE_CONFIG_MAP")
        ),
        job_namespace=environment.get("STOCKPOT_K8S_NAMESPACE"),
        job_image=environment.get("STOCKPOT_K8S_IMAGE"),
        env_secrets=_list(environment.get("STOCKPOT_K8S_ENV_SECRETS")),
        env_config_maps=_list(environment.get("STOCKPOT_K8S_ENV_CONFIG_MAPS")),
        resources={"requests": limits, "limits": limits} if limits else None,
    )
    return {"module": "dagster_k8s", "class": "K8sRunLauncher", "config": config}


LAUNCHERS: Mapping[str, Callable[[Environment], dict[str, Any] | None]] = {"local": _local, "ecs": _ecs, "k8s": _k8s}


def _needed(name: str, value: str | None) -> str:
    if not value:
        raise InstanceMisconfigured(f"STOCKPOT_RUN_LAUNCHER=k8s needs {name}")
    return value


def _present(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _list(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _pairs(name: str, text: str | None) -> list[tuple[str, str]]:
    """`NAME=value,NAME=value`, as the variable holds them."""
    pairs = [part.partition("=") for part in _list(text)]
    if wrong := [key for key, _, value in pairs if not key or not value]:
        raise InstanceMisconfigured(f"{name} holds {', '.join(wrong)} without a value: write NAME=ARN,NAME=ARN")
    return [(key, value) for key, _, value in pairs]


def ensure_schema(database_url: str) -> None:
    """Make the schema that the address's `options=-csearch_path=…` names, where there is none yet."""
    options = " ".join(parse_qs(urlsplit(database_url).query).get("options", []))
    if found := re.search(r"search_path=(\w+)", options):
        with psycopg.connect(database_url.replace(DRIVER, "postgresql://", 1)) as session:
            session.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(found[1])))


def write_instance(folder: Path, environment: Environment = os.environ) -> Path:
    """Write `dagster.yaml` into the folder and give its path."""
    text = yaml.safe_dump(instance_settings(environment), sort_keys=False)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "dagster.yaml"
    file.write_text(f"# Written by `python -m orchestration.instance` from the environment.\n{text}", encoding="utf-8")
    return file


def main() -> None:
    """Write the file that the command line asks for; say in one line what is wrong with the environment."""
    if len(sys.argv) != 2:
        sys.exit("name the folder that dagster.yaml belongs into")
    try:
        write_instance(Path(sys.argv[1]))
        if url := os.environ.get("DAGSTER_DATABASE_URL"):
            ensure_schema(url)
    except (InstanceMisconfigured, OSError, psycopg.Error) as error:
        sys.exit(f"dagster.yaml cannot be written: {error}")


if __name__ == "__main__":
    main()
