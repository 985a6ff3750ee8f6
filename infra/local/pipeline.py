"""Runs of the nightly job, launched and followed through Dagster's GraphQL door, as its web page does it.

A run launched this way belongs to the code location, stands in the page's list and uses the run queue, which an
in-process execution would not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from infra.local.errors import CannotRunError

POLL_SECONDS = 0.5
FINISHED = frozenset({"SUCCESS", "FAILURE", "CANCELED"})

JOBS = """query { repositoriesOrError { __typename
  ... on RepositoryConnection { nodes { name location { name } jobs { name } } }
  ... on PythonError { message } } }"""
LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename
  ... on LaunchRunSuccess { run { runId } }
  ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }"""
FOLLOW = """query($run: ID!, $cursor: String) {
  runOrError(runId: $run) { ... on Run { status executionPlan { steps { key } } } }
  logsForRun(runId: $run, afterCursor: $cursor, limit: 500) { ... on EventConnection { cursor events { __typename
    ... on MessageEvent { stepKey message timestamp }
    ... on ExecutionStepFailureEvent { error { message cause { message } } }
    ... on RunFailureEvent { error { message } } } } } }"""
DAEMONS = "query { instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"
LAST_RUN = """query($job: String!) { runsOrError(filter: {pipelineName: $job}, limit: 1) {
  ... on Runs { results { runId status } } } }"""


@dataclass(frozen=True)
class StepEnd:
    """A step of a run has ended; `message` says what went wrong where `ok` is false."""

    step: str
    ok: bool
    seconds: float
    done: int
    planned: int
    message: str = ""


@dataclass(frozen=True)
class Dagster:
    """One Dagster web server, found at `url`."""

    url: str

    def launch(self, job: str) -> str:
        """Launch a job and give the run's id; CannotRunError where the job is unknown or was refused."""
        for repository in self._repositories():
            if job in {each["name"] for each in repository["jobs"]}:
                selector = {
                    "repositoryLocationName": repository["location"]["name"],
                    "repositoryName": repository["name"],
                    "jobName": job,
                }
                answer = self._ask(LAUNCH, {"params": {"selector": selector, "runConfigData": {}}})["launchRun"]
                if answer["__typename"] != "LaunchRunSuccess":
                    raise CannotRunError(f"Dagster refused to launch {job}: {answer.get('message', answer)}")
                return str(answer["run"]["runId"])
        raise CannotRunError(f"Dagster at {self.url} knows no job {job}: see its log for errors in the definitions")

    def follow(self, run_id: str, report: Callable[[StepEnd], None]) -> str:
        """Report each step's end until the run has finished, and give its status (SUCCESS, FAILURE, CANCELED)."""
        cursor, started, done = None, {}, 0
        while True:
            answer = self._ask(FOLLOW, {"run": run_id, "cursor": cursor})
            run, logs = answer["runOrError"], answer["logsForRun"]
            cursor = logs["cursor"]
            planned = len((run.get("executionPlan") or {"steps": []})["steps"])
            for kind, event in _step_events(logs["events"]):
                if kind == "ExecutionStepStartEvent":
                    started[event["stepKey"]] = int(event["timestamp"])
                    continue
                done += 1
                seconds = (int(event["timestamp"]) - started.get(event["stepKey"], int(event["timestamp"]))) / 1000
                ok = kind == "ExecutionStepSuccessEvent"
                report(StepEnd(event["stepKey"], ok, seconds, done, planned, "" if ok else _cause(event)))
            if run["status"] in FINISHED and not logs["events"]:
                return str(run["status"])
            time.sleep(POLL_SECONDS)

    def last_status(self, job: str) -> str | None:
        """The status of the job's last run, None when it never ran."""
        results = self._ask(LAST_RUN, {"job": job})["runsOrError"]["results"]
        return str(results[0]["status"]) if results else None

    def unhealthy_daemons(self) -> list[str]:
        """The required daemons without a fresh heartbeat."""
        statuses = self._ask(DAEMONS, {})["instance"]["daemonHealth"]["allDaemonStatuses"]
        return [each["daemonType"] for each in statuses if each["required"] and not each["healthy"]]

    def _repositories(self) -> list[dict[str, Any]]:
        answer = self._ask(JOBS, {})["repositoriesOrError"]
        nodes: list[dict[str, Any]] = answer.get("nodes") or []
        return nodes

    def _ask(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        try:
            reply = httpx.post(
                f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=60, trust_env=False
            )
            body = reply.json()
        except (httpx.HTTPError, ValueError) as error:
            raise CannotRunError(f"Dagster at {self.url} does not answer: {error}") from error
        if body.get("errors"):
            raise CannotRunError(f"Dagster at {self.url} refused: {body['errors'][0]['message']}")
        data: dict[str, Any] = body["data"]
        return data


def _step_events(events: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    kinds = {"ExecutionStepStartEvent", "ExecutionStepSuccessEvent", "ExecutionStepFailureEvent"}
    return ((event["__typename"], event) for event in events if event["__typename"] in kinds)


def _cause(event: Mapping[str, Any]) -> str:
    """The innermost message of a failed step's error."""
    error = event.get("error") or {}
    innermost = error.get("cause") or error
    return str(innermost.get("message") or event.get("message") or "").strip()
