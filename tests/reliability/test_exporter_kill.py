"""Row 28: an exporter that is killed at any moment leaves no part of a file under a key, and no manifest that is wrong."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from orchestration.lib.object_store import ObjectStore
from orchestration.lib.publishing import publish
from orchestration.lib.verifying import SUFFIX, verify_manifest
from tests.reliability import exporter
from tests.reliability.sizes import size

KILLS = {"folder": size(3, 50), "bucket": size(1, 50)}
ROWS = size(2_000, 60_000)
ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.reliability, pytest.mark.pipeline, pytest.mark.timeout(1800)]

MART = """
create schema marts_build;
create table marts_build.fct_rows as
select n as id, (n %% 3)::text as part, md5(n::text) as note, (n * 1.25 - 5000)::numeric(18, 6) as amount,
       date '2026-11-21' as business_day, timestamptz '2026-11-21 12:00Z' + make_interval(secs => n) as noted_at,
       'load'::text as load_id
from generate_series(1, %s) as n
"""


@pytest.fixture(scope="module")
def warehouse(clone_database: Any) -> str:
    """A mart large enough that an exporter is killed in the middle of a file."""
    url: str = clone_database("exporter").pipeline_url
    with psycopg.connect(url) as session:
        session.execute(MART % ROWS)  # type: ignore[call-overload]
    publish(url, "load")
    return url


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A folder, or a stand-in for S3 with a bucket."""
    if request.param == "folder":
        yield str(tmp_path / "objects")
        return
    import boto3
    from moto.server import ThreadedMotoServer

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    httpx.post(f"{url}/moto-api/reset", trust_env=False).raise_for_status()  # all its servers share one memory
    boto3.client("s3", endpoint_url=url, region_name="us-east-1").create_bucket(Bucket=exporter.BUCKET)
    yield url
    server.stop()


def kill_one(warehouse: str, address: str, moment: float) -> None:
    """Start an exporter, wait until it is at work, and kill it `moment` seconds later."""
    command = [sys.executable, "-m", "tests.reliability.exporter", warehouse, address]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(moment)
        os.kill(process.pid, signal.SIGKILL)


def check(store: ObjectStore, folder: Path, whole: set[str]) -> int:
    """Every manifest keeps its promise, every file is one that an export made; how many manifests there are."""
    keys = list(store.keys("exports/"))
    for key in keys:
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        assert store.fetch(key, folder / key)
    manifests = [folder / key for key in keys if key.endswith(SUFFIX)]
    assert [each.sentence() for path in manifests for each in verify_manifest(path).differences] == []
    files = {key: hashlib.sha256((folder / key).read_bytes()).hexdigest() for key in keys if not key.endswith(SUFFIX)}
    assert [key for key, digest in files.items() if digest not in whole] == []
    return len(manifests)


@pytest.mark.parametrize("address", ["folder", "bucket"], indirect=True)
def test_a_killed_exporter_leaves_whole_files_and_true_manifests(warehouse: str, address: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("STOCKPOT_SEED", "20261122"))
    moments = random.Random(seed)
    store = exporter.store_at(address)
    whole = set()
    for number in range(9):  # every format with every choice of rows, unhurried, in a place of its own
        quiet = exporter.store_at(str(tmp_path / "quiet"))
        content = quiet.get(exporter.export(warehouse, quiet, number))
        whole.add(hashlib.sha256(content or b"").hexdigest())
    for attempt in range(KILLS["bucket" if address.startswith("http") else "folder"]):
        kill_one(warehouse, address, moments.uniform(0, 1.5))
        assert check(store, tmp_path / f"seen-{attempt}", whole) > 0, f"kill {attempt}, seed {seed}"
    for number in range(18):  # every format of every run
        exporter.export(warehouse, store, number)
    assert check(store, tmp_path / "after", whole) == len(exporter.FORMATS) * exporter.RUNS
    store.sweep("exports/", timedelta(0))
    assert list((tmp_path / "objects").rglob("*.partial")) == []
