"""Five gates: raw reference, sales, ledger and suppliers' documents, built marts.

A blocking check that fails stops what is downstream.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import dagster as dg
from dagster import AssetCheckExecutionContext

from orchestration.defs.quality import suites
from orchestration.defs.transformation.dbt import MANIFEST, mart_keys
from orchestration.lib import settings
from orchestration.lib.data_docs import store_docs
from orchestration.lib.dbt import built_marts
from orchestration.lib.expectations import Store
from orchestration.lib.gates import run_gate
from orchestration.lib.object_store import address, open_store
from orchestration.lib.progress import load_id
from orchestration.lib.quality_results import Finding

GATE = "gate"
ADVICE = "advice"
TOLD = "Found, told, not stopped."


def raw_asset(store: Store) -> dg.AssetKey:
    """raw_operational.products → raw/operational/products."""
    return dg.AssetKey([*store.schema.split("_", 1), store.table])


def mart_asset(store: Store) -> dg.AssetKey:
    """marts_build.fct_sales → marts/sales/fct_sales."""
    return next(key for key in mart_keys() if key.path[-1] == store.table)


def make_gate(
    name: str, stores: Callable[[str], Sequence[Store]], key_of: Callable[[Store], dg.AssetKey], description: str
) -> dg.AssetChecksDefinition:
    """A gate over several assets: for each a blocking check, and one that only warns where the suite has warnings."""
    keys = {store.name: key_of(store) for store in stores("")}
    advised = {store.name for store in stores("") if not all(each.is_blocking for each in store.expectations)}
    specs = [dg.AssetCheckSpec(GATE, asset=key, blocking=True, description=description) for key in keys.values()]
    specs += [dg.AssetCheckSpec(ADVICE, asset=keys[store], description=TOLD) for store in sorted(advised)]

    @dg.multi_asset_check(name=name, specs=specs, description=description, compute_kind="great_expectations")
    def gate(context: AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        findings, docs = _run(name, stores(load_id(context)), load_id(context))
        for finding in findings:
            if not finding.success:
                (context.log.error if finding.is_blocking else context.log.warning)(finding.sentence())
        for store, key in keys.items():
            own = [finding for finding in findings if finding.store == store]
            blocking = [finding for finding in own if finding.is_blocking]
            yield _result(key, GATE, blocking, dg.AssetCheckSeverity.ERROR, docs)
            if store in advised:
                rest = [finding for finding in own if not finding.is_blocking]
                yield _result(key, ADVICE, rest, dg.AssetCheckSeverity.WARN, docs)

    return gate


def _run(name: str, stores: Sequence[Store], run_id: str) -> tuple[list[Finding], str | None]:
    """The gate's findings and the address of its data docs in the object store; none where nothing was loaded."""
    where = settings.object_store()
    with tempfile.TemporaryDirectory(prefix="stockpot-docs-") as folder:
        findings = run_gate(name, stores, warehouse_url=settings.warehouse_url(), run_id=run_id, docs=Path(folder))
        if not findings:
            return [], None
        return findings, address(where, store_docs(Path(folder), open_store(where), run_id, name))


def _result(
    key: dg.AssetKey, check: str, findings: list[Finding], severity: dg.AssetCheckSeverity, docs: str | None
) -> dg.AssetCheckResult:
    failed = [finding for finding in findings if not finding.success]
    held = f"{len(findings)} expectations hold" if findings else "nobody has loaded any yet"
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=check,
        passed=not failed,
        severity=severity,
        description="; ".join(finding.sentence() for finding in failed)[:2000] or held,
        metadata={
            "expectations": len(findings),
            "failed": len(failed),
            "unexpected rows": sum(finding.unexpected or 0 for finding in failed),
            **({"data docs": dg.MetadataValue.url(docs)} if docs else {}),
            **{finding.expectation: dg.MetadataValue.json(finding.figures()) for finding in findings},
        },
    )


reference_gate = make_gate(
    "reference_gate", lambda _: suites.REFERENCE, raw_asset, "Great Expectations over what sales are read by."
)
sales_gate = make_gate("sales_gate", lambda _: suites.SALES, raw_asset, "Great Expectations over the tills' raw lines.")
ledger_gate = make_gate(
    "ledger_gate", lambda _: suites.LEDGER, raw_asset, "Great Expectations over the raw ledger: Σ movements = on hand."
)
documents_gate = make_gate(
    "documents_gate",
    lambda _: suites.DOCUMENTS,
    raw_asset,
    "Great Expectations over suppliers' price lists and invoices; whatever nobody has loaded yet holds nothing bad.",
)
marts_gate = make_gate(
    "marts_gate",
    lambda run_id: suites.marts(run_id, built_marts(MANIFEST)),
    mart_asset,
    "Great Expectations over the built marts.",
)

results = dg.AssetsDefinition(
    specs=[
        dg.AssetSpec(
            key=["raw", "quality", "results"],
            group_name="raw",
            kinds={"postgres"},
            description="What came of every expectation in every run. Written by the gates as they go.",
        )
    ]
)

defs = dg.Definitions(
    assets=[results], asset_checks=[reference_gate, sales_gate, ledger_gate, documents_gate, marts_gate]
)
