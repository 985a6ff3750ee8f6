"""The dbt project as Dagster sees it: manifest, command line, and the one translator of keys and groups."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource
from packaging.version import Version

from orchestration.lib import settings
from orchestration.lib.dbt_environment import dbt_environment
from orchestration.lib.errors import DbtUnusable

PROJECT = Path(__file__).parents[2] / "dbt_project"
DBT = Path(sys.executable).parent / "dbt"
SNAPSHOTS = "snapshots"
DBT_OF_A_RUN = DBT.with_name("stockpot-dbt")
SOURCES = (".sql", ".yml", ".yaml", ".csv")


class Translator(DagsterDbtTranslator):
    """`models/marts/sales/fct_sales.sql` is the asset marts/sales/fct_sales; a source says its key in its own meta."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """The path below the layer's folder; for a source what `meta.dagster.asset_key` says."""
        if dbt_resource_props["resource_type"] == "source":
            meta = {**dbt_resource_props.get("meta", {}), **dbt_resource_props.get("config", {}).get("meta", {})}
            return dg.AssetKey(meta["dagster"]["asset_key"])
        if dbt_resource_props["resource_type"] == "snapshot":
            return dg.AssetKey([SNAPSHOTS, dbt_resource_props["name"]])
        return dg.AssetKey(dbt_resource_props["fqn"][1:])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer: staging, intermediate, snapshots or marts."""
        if dbt_resource_props["resource_type"] == "snapshot":
            return SNAPSHOTS
        return str(dbt_resource_props["fqn"][1])

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:  # noqa: ARG002
        """Its tags say when a model is built; they are nothing that a reader of the graph needs."""
        return {}


class DbtCommand(DbtCliResource):
    """The command line of dbt without what dagster-dbt does before each call, which takes longer than a small build.

    It would start `dbt --version` and read dbt's own macros into this process, for metadata that nobody asks for here.
    """

    @cached_property
    def _cli_version(self) -> Version:
        """That of the package beside us, which is the one that is called."""
        return Version(metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:  # noqa: ARG002
        """None: no relation is asked about from here."""
        return None


def target_folder() -> Path:
    """Where dbt writes: inside STOCKPOT_HOME, never into the project."""
    return settings.home() / "dbt"


def manifest_path() -> Path:
    """The manifest of the project as it is now; parsed once per change of the project, DbtUnusable where it fails."""
    folder = target_folder()
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.json"
    with (folder / "parse.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # code server and run start at the same moment
        if not manifest.exists() or manifest.stat().st_mtime < _last_change():
            _parse(folder)
    return manifest


def mart_models(manifest: Path) -> list[dict[str, Any]]:
    """The manifest's models of the layer `marts`, by name."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    marts = (node for node in nodes if node["resource_type"] == "model" and node["fqn"][1] == "marts")
    return sorted(marts, key=lambda node: str(node["name"]))


def built_marts(manifest: Path) -> dict[str, str]:
    """Each mart that a run builds and publishes, and how it is materialized; a view is always as its table is."""
    kinds = {str(node["name"]): str(node["config"]["materialized"]) for node in mart_models(manifest)}
    return {name: kind for name, kind in kinds.items() if kind != "view"}


def dbt_resource() -> DbtCliResource:
    """The command line of dbt, reading the warehouse's address when it is called, ending with whoever called it."""
    return DbtCommand(
        project_dir=str(PROJECT),
        profiles_dir=str(PROJECT),
        dbt_executable=str(DBT_OF_A_RUN),
    )


def set_dbt_environment(load_id: str) -> None:
    """Give dbt, a child process, the warehouse's address, the load's id and quiet manners.

    An argument `--vars` would make dbt parse the whole project again. DBT_TARGET_PATH names the folder with the parsed
    project, which dagster-dbt copies to a part's own folder when that is new.
    """
    os.environ.update(dbt_environment(settings.warehouse_url()))
    os.environ["DBT_LOAD_ID"] = load_id
    os.environ["DBT_TARGET_PATH"] = str(target_folder())
    os.environ["DBT_LOG_PATH"] = str(settings.home() / "log")


def _last_change() -> float:
    files = (path for path in PROJECT.rglob("*") if path.suffix in SOURCES and "target" not in path.parts)
    return max(path.stat().st_mtime for path in files)


def _parse(folder: Path) -> None:
    environment = {
        **os.environ,
        **dbt_environment(settings.warehouse_url()),
        "DBT_LOG_PATH": str(settings.home() / "log"),
    }
    flags = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(folder)]
    done = subprocess.run(
        [str(DBT), "--quiet", "parse", *flags], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DbtUnusable(f"dbt cannot parse {PROJECT}: {(done.stdout + done.stderr).strip()[-2000:]}")
