"""`python -m tests.reliability.killed_night STEP MOMENT SECONDS [ASSET…]`: the nightly run, killed at a moment of a step.

Without a step it runs to its end and says how long each step took. MOMENT: start, middle (so many seconds later), end.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import dagster as dg

from orchestration.definitions import defs


def main(step: str, moment: str, after: str, *keys: str) -> int:
    """Run it; 0 where it succeeded, 3 where it failed."""
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
                    _die_at(moment, happened.event_type, float(after))
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
    sys.exit(main(*sys.argv[1:]))
