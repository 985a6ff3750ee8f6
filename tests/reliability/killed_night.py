"""`python -m tests.reliability.killed_night`: nightly runs, each in a process of its own that may be killed at any moment.

What the runs import takes longer than many of their steps: this process imports it once, and forks one for each run that
its standard input asks for. A line there, in JSON: `environment`, `output` (a file for what the run prints), `keys` (assets;
none means all), and perhaps `step`, `moment` and `after`. The answer is the exit code: 0 where the run succeeded, 3 where it
failed, the signal's number below zero where it was killed. A run says how long each step took. `moment`: start, middle
(`after` seconds later), end.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import traceback
from typing import Any

import dagster as dg

from orchestration.definitions import defs


def serve() -> None:
    """Until standard input ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        assert threading.active_count() == 1, "a fork would leave the other threads' locks taken"
        child = os.fork()
        if child == 0:
            _live(asked)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def _live(asked: dict[str, Any]) -> None:
    """The whole life of a fork."""
    code = 1
    try:
        with open(asked["output"], "ab", buffering=0) as output, open(os.devnull, "rb") as nothing:  # noqa: PTH123
            os.dup2(nothing.fileno(), 0)
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os.environ.clear()
        os.environ.update(asked["environment"])
        code = run(asked["keys"], asked.get("step", ""), asked.get("moment", ""), asked.get("after", 0.0))
    except BaseException:  # noqa: BLE001 - the edge of a process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def run(keys: list[str], step: str, moment: str, after: float) -> int:
    """The nightly run; 0 where it succeeded, 3 where it failed."""
    started: dict[str, float] = {}
    with dg.DagsterInstance.ephemeral() as instance:
        keep = instance.handle_new_event

        def watch(event: dg.EventLogEntry, **options: object) -> None:
            happened = event.dagster_event
            if happened is not None and happened.step_key:
                if happened.event_type == dg.DagsterEventType.STEP_START:
                    started[happened.step_key] = time.monotonic()
                elif happened.event_type == dg.DagsterEventType.STEP_SUCCESS:
                    print("took", happened.step_key, time.monotonic() - started[happened.step_key])  # noqa: T201
                if happened.step_key == step:
                    _die_at(moment, happened.event_type, after)
            keep(event, **options)  # type: ignore[arg-type]

        instance.handle_new_event = watch  # type: ignore[method-assign, assignment]
        selection = [dg.AssetKey.from_user_string(key) for key in keys] or None
        job = defs.resolve_job_def("nightly")
        done = job.execute_in_process(instance=instance, raise_on_error=False, asset_selection=selection)
    return 0 if done.success else 3


def _die_at(moment: str, kind: dg.DagsterEventType, after: float) -> None:
    if moment == "middle" and kind == dg.DagsterEventType.STEP_START:
        threading.Timer(after, os.kill, (os.getpid(), signal.SIGKILL)).start()
    is_start = moment == "start" and kind == dg.DagsterEventType.STEP_START
    if is_start or (moment != "start" and kind == dg.DagsterEventType.STEP_SUCCESS):
        os.kill(os.getpid(), signal.SIGKILL)  # a step that ended before its middle came has no other


if __name__ == "__main__":
    serve()
