# From nothing but Python 3.11 or newer and make: `make demo` shows Stockpot at work, `make test` proves it.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.stockpot-ready
# uv from the path, else one of our own in .uv; an externally managed Python is not touched.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
# One more than the two cores of a small machine: a quarter of the time tests wait for a server or a browser.
WORKERS ?= 3
# Dozens of processes start here, in the demo and in the tests: each reads compiled modules, whatever the shell prefers.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types format soak clean

help: ## Say what each target does
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Create the locked environment and fetch the browser assets

demo: $(READY) ## Start everything with a demo restaurant until Ctrl-C (ONCE=1: check that every part answers, and end)
	@$(BIN)/stockpot demo $(if $(filter-out 0,$(ONCE)),--once)

# The checks run beside the tests and are shown after them; either fails the target, and one run shows everything.
test: $(READY) ## Every check and every test
	@told=$$(mktemp); trap 'rm -f "$$told"' EXIT; \
	$(MAKE) --no-print-directory --keep-going lint types >"$$told" 2>&1 & checks=$$!; \
	failed=0; $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder || failed=1; \
	wait $$checks || { failed=1; echo "a check failed:" >&2; }; \
	cat "$$told"; exit $$failed

lint: $(READY) ## Style, formatting and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(READY) ## mypy, strict
	$(BIN)/mypy

format: $(READY) ## Let Ruff repair what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

soak: $(READY) ## The reliability tests for long (SOAK_MINUTES=30)
	STOCKPOT_SOAK_MINUTES=$${SOAK_MINUTES:-30} $(BIN)/pytest -m reliability --timeout 0

clean: ## Remove caches and build results; the environment and the state in var/ stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist tests/artifacts
	rm -rf node_modules api/web/static/vendor dbt_project/target dbt_project/logs $(READY)
	find api ingestion orchestration dashboards infra tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): uv.lock pyproject.toml package-lock.json infra/assets/vendor.py | $(UV)
	$(UV) sync --locked
	@if command -v npm >/dev/null 2>&1; then \
	  npm ci --omit=dev --ignore-scripts --no-audit --no-fund && $(BIN)/python -m infra.assets.vendor; \
	else \
	  echo "warning: no npm here, so the page decodes on the server instead of in the browser" >&2; \
	fi
	@touch $(READY)

# A venv where the system can make one, else pip's own target folder; neither changes the system's packages.
.uv/bin/uv:
	@{ $(PYTHON) -m venv .uv && .uv/bin/python -m pip install --quiet uv; } \
	  || { rm -rf .uv && $(PYTHON) -m pip install --quiet --target .uv uv; } \
	  || { rm -rf .uv; echo "stockpot: uv is needed: install it, or Python's venv or pip module" >&2; exit 2; }
	@test -x .uv/bin/uv
