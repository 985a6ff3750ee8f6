"""`pipeline` and `forecast`: run the nightly job, and read what it foresees."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from psycopg import sql as query

from infra.cli.databases import ask
from infra.cli.output import Json, answer_fields, answer_json, answer_table, note, progress_console, step
from infra.cli.stack import run_stack
from infra.local.home import Home
from infra.local.pipeline import Dagster, StepEnd
from infra.local.stack import databases_running, is_running

NIGHTLY = "nightly"
FORECASTS = """
select location.code as location, product.sku, product.name as product, forecast.target_day, forecast.p10, forecast.p50,
       forecast.p90, product.stock_unit as unit, forecast.model, forecast.mase
from marts.fct_forecasts as forecast
join marts.dim_location as location using (location_id)
join marts.dim_product as product using (product_id)
where forecast.origin_day = (select max(origin_day) from marts.fct_forecasts)
  and ({location}::text is null or location.code = {location}) and ({sku}::text is null or product.sku = {sku})
order by forecast.target_day, location.code, product.sku
limit {limit}
"""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(pipeline)
    app.command()(forecast)


def pipeline(
    job: Annotated[str, typer.Option(help="The Dagster job to run.")] = NIGHTLY,
    *,
    as_json: Json = False,
) -> int:
    """Run the nightly pipeline once, with progress: ingest, gate, transform, forecast, publish, alert, export.

    The run is Dagster's own (see its page). Where no stack runs in this home, one is started for the run's length.
    Exit code 1 when a step failed or a gate refused.
    """
    home = Home.from_environment()
    outcome: dict[str, object] = {}

    def once(url: str) -> bool:
        outcome.update(run_job(Dagster(url), job))
        return False

    if is_running(home):
        once(home.read_stack()["variables"]["STOCKPOT_DAGSTER_URL"])
    else:
        run_stack(home, work=lambda stack: once(stack.environment.variables["STOCKPOT_DAGSTER_URL"]))
    if as_json and outcome:
        answer_fields(outcome, as_json=True)
    if not outcome:
        return 130  # interrupted before the run had ended
    return 0 if outcome["status"] == "SUCCESS" else 1


def run_job(dagster: Dagster, job: str) -> dict[str, object]:
    """Launch a job, show each step's end, and give `{run_id, status, seconds, failed_steps}`."""
    began = time.monotonic()
    run_id = dagster.launch(job)
    step(f"Dagster run {run_id} of {job}")
    failed: list[str] = []

    def show(end: StepEnd) -> None:
        mark = "[green]✓[/]" if end.ok else "[red]✗[/]"
        progress_console.print(f"  {mark} {end.done}/{end.planned}  {end.step}  {end.seconds:.1f} s")
        if not end.ok:
            failed.append(end.step)
            note(end.message)

    status = dagster.follow(run_id, show)
    seconds = round(time.monotonic() - began, 1)
    step(f"Run {status.lower()} after {seconds} s")
    return {"run_id": run_id, "status": status, "seconds": seconds, "failed_steps": failed}


def forecast(
    location: Annotated[str | None, typer.Option(help="Code of one location.")] = None,
    sku: Annotated[str | None, typer.Option(help="One product's article number.")] = None,
    limit: Annotated[int, typer.Option(help="Rows at most.", min=1)] = 50,
    *,
    run: Annotated[bool, typer.Option("--run", help="Run the nightly pipeline first, for a fresh forecast.")] = False,
    as_json: Json = False,
) -> int:
    """Show the newest published demand forecasts, nearest day first: stockpot forecast --location RIV --sku MOZZ.

    p10 to p90 hold four of five days; mase is the model's backtested error, 1 being as good as a naive forecast.
    """
    if run and (failure := pipeline(NIGHTLY)):
        return failure
    values = {"location": location, "sku": sku, "limit": limit}
    statement = query.SQL(FORECASTS).format(**{name: query.Literal(value) for name, value in values.items()})
    with databases_running(Home.from_environment(), note) as environment:
        columns, rows = ask(environment.variables["ANALYST_URL"], statement.as_string())
    if as_json:
        answer_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        answer_table(columns, rows)
    return 0
