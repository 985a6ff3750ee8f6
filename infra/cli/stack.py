"""`up` and `env`: run a home's services, and say where they answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Annotated, Any

import typer

from infra.cli.output import Json, answer_fields, note, step
from infra.local.errors import CannotRunError
from infra.local.home import Home
from infra.local.stack import PARTS, Stack, held, is_running, terminable, uninterrupted

Without = Annotated[
    list[str] | None, typer.Option(help=f"A part not to start, for running it yourself: {', '.join(PARTS)}.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(up)
    app.command()(env)


def up(without: Without = None) -> int:
    """Start PostgreSQL, Redis, API, worker, dashboards and Dagster, and keep them alive until Ctrl-C.

    What DATABASE_URL or REDIS_URL name is used instead of the embedded service. Logs: STOCKPOT_HOME/log.
    """
    return run_stack(Home.from_environment(), tuple(without or ()))


def env(*, as_json: Json = False) -> None:
    """Print the URLs of what runs in this home; exit code 2 when nothing does."""
    home = Home.from_environment()
    if not is_running(home):
        raise CannotRunError(f"nothing runs in {home.path}: start it with `stockpot up` or `stockpot demo`")
    stack = home.read_stack()
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "WAREHOUSE_URL", "ANALYST_URL", "READER_URL", "REDIS_URL")
    databases = {name: stack["variables"][name] for name in names}
    answer_fields(
        {**stack["urls"], **databases, "home": str(home.path), "services": stack["services"]}
        if as_json
        else {**stack["urls"], **databases, "home": home.path},
        as_json=as_json,
    )


def run_stack(home: Home, without: tuple[str, ...] = (), work: Callable[[Stack], bool] | None = None) -> int:
    """Start the stack of `home`, do `work` beside it, and keep it until Ctrl-C or until `work` answers False.

    `work` runs in a thread, because the supervisor must stay in the main one; what it raises is raised here. Gives 0,
    or 130 where Ctrl-C came before the start or the work was done.
    """
    if unknown := set(without) - set(PARTS):
        raise CannotRunError(f"there is no part {', '.join(sorted(unknown))}: choose among {', '.join(PARTS)}")
    with held(home), terminable():
        stack, outcome = Stack(home, note), None
        try:
            _start(stack, without)
            outcome = _Outcome(stack, work)
            stack.supervisor.keep(outcome.is_over)
            outcome.raise_failure()
        except KeyboardInterrupt:
            step("Stopping")
        finally:
            with uninterrupted():
                stack.stop()
    return 0 if outcome and outcome.is_done else 130


def _start(stack: Stack, without: tuple[str, ...]) -> None:
    step(f"Starting the databases in {stack.home.path}")
    stack.start_databases()
    step("Bringing the schema up to date")
    stack.migrate()
    step("Starting the services")
    stack.start_applications(without)
    if not without:
        for name, url in stack.home.read_stack()["urls"].items():
            note(f"{name:<12}{url}")


class _Outcome:
    """The work beside the stack, and how it ended."""

    def __init__(self, stack: Stack, work: Callable[[Stack], bool] | None) -> None:
        self.failure: BaseException | None = None
        self.wants_end = False
        self.is_done = work is None
        self.work = work
        if work:
            threading.Thread(target=self._run, args=(stack,), daemon=True).start()

    def _run(self, stack: Stack) -> None:
        assert self.work is not None
        try:
            self.wants_end = not self.work(stack)
            self.is_done = True
        except BaseException as failure:  # noqa: BLE001 - carried to the main thread, which raises it
            self.failure = failure

    def is_over(self) -> bool:
        """Whether the stack need not be kept any longer."""
        return self.wants_end or self.failure is not None

    def raise_failure(self) -> None:
        """Raise what the work raised."""
        if self.failure is not None:
            raise self.failure


def running_stack(home: Home) -> dict[str, Any]:
    """What the running stack of this home says of itself; CannotRunError when none runs."""
    if not is_running(home):
        raise CannotRunError(f"nothing runs in {home.path}: start it with `stockpot up` in another terminal")
    return home.read_stack()
