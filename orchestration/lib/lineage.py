"""From a row of a mart to what it was made of: the functions of schema `lineage` and the version of each model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psycopg
import yaml  # type: ignore[import-untyped]
from psycopg import sql

PROJECT = Path(__file__).parents[2] / "dbt_project" / "dbt_project.yml"
FUNCTIONS = Path(__file__).with_suffix(".sql")
INSTALLED = "select obj_description(to_regnamespace('lineage'), 'pg_namespace')"


def install(session: psycopg.Connection[Any]) -> None:
    """Make the functions anew where they have changed; otherwise nobody who is asking is disturbed."""
    reasons = yaml.safe_load(PROJECT.read_text(encoding="utf-8"))["vars"]["booking_error_reasons"]
    literals = sql.SQL(", ").join(map(sql.Literal, reasons)).as_string(session)
    text = FUNCTIONS.read_text(encoding="utf-8").replace("{booking_error_reasons}", literals)
    version = hashlib.sha256(text.encode()).hexdigest()
    if session.execute(INSTALLED).fetchone() == (version,):
        return
    session.execute("drop schema if exists lineage cascade")
    session.execute("set local check_function_bodies = off")  # not every mart need be there to explain the others
    session.execute(text.encode())
    session.execute(sql.SQL("comment on schema lineage is {}").format(sql.Literal(version)))


def model_versions(manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Of each mart: a digest of its model, of every model under it and of the project's macros, and what it reads."""
    macros = [
        (name, macro["macro_sql"]) for name, macro in manifest["macros"].items() if name.startswith("macro.stockpot.")
    ]
    variables = yaml.safe_load(PROJECT.read_text(encoding="utf-8"))["vars"]
    common = _digest([*macros, ("variables", variables), ("dbt", manifest["metadata"]["dbt_version"])])
    return {
        node["name"]: _facts(manifest, name, common)
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    }


def _facts(manifest: Mapping[str, Any], model: str, common: str) -> dict[str, Any]:
    under = _under(manifest, model)
    checksums = [(name, manifest["nodes"][name]["checksum"]["checksum"]) for name in under if name in manifest["nodes"]]
    sources = [manifest["sources"][name] for name in under if name in manifest["sources"]]
    return {
        "version": _digest([*checksums, ("common", common)]),
        "path": manifest["nodes"][model]["original_file_path"],
        "sources": sorted(f"{source['schema']}.{source['name']}" for source in sources),
    }


def _under(manifest: Mapping[str, Any], model: str) -> set[str]:
    """The model and everything that it is made of."""
    seen, waiting = set[str](), [model]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += manifest["parent_map"].get(name, [])
    return seen


def _digest(parts: Iterable[tuple[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(sorted(parts), default=str).encode()).hexdigest()
