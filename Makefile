# Two commands for a newcomer: `make demo` and `make test`. Everything needed is made on the way.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test setup check bench dashboards openapi lock clean

help:
	@echo "make demo        the whole system on this machine, with a simulated city   (ARGS='--for 60s --report FILE')"
	@echo "make test        the whole test suite                                       (ARGS='-k word')"
	@echo "make setup       the environment in .venv alone"
	@echo "make check       formatting, lint, types, import law, generated files; in seconds"
	@echo "make bench       speed, as ratios measured side by side                     (ARGS='ingest --report FILE')"
	@echo "make dashboards  Grafana boards from grafana/boards and grafana/queries"
	@echo "make openapi     api/openapi.json from the code"
	@echo "make lock        pins of every dependency, from pyproject.toml"

demo: $(VENV)/ready
	@$(BIN)/plantwatch demo $(ARGS)

test: $(VENV)/ready-dev
ifeq ($(strip $(ARGS)),)
	@# one plays the demo, which uses one core, while two take the rest; on what and in which order: tests/schedule.py
	@$(BIN)/python -m pytest -n 3 --dist loadfile
else
	@$(BIN)/python -m pytest $(ARGS)
endif

setup: $(VENV)/ready

check: $(VENV)/ready-dev
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@said=$$($(BIN)/lint-imports --no-logo) && echo "$$said" | tail -n 1 || { echo "$$said"; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/python -m grafana.build --check
	@$(BIN)/python -m runtime.docs --check
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests/house
	@echo "check: all good"

bench: $(VENV)/ready
	@$(BIN)/plantwatch bench $(ARGS)

dashboards: $(VENV)/ready-dev
	@$(BIN)/python -m grafana.build

openapi: $(VENV)/ready
	@$(BIN)/python -m api.snapshot

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Plantwatch needs Python 3.11 or newer; try: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "python's venv module does not work here; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing the pinned dependencies into $(VENV) ..."
	@$(PIP) install -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/ready-dev: requirements-dev.lock $(VENV)/ready
	@$(PIP) install -r requirements-dev.lock
	@touch $@

# Pins come from a fresh environment each, so that nothing installed by hand slips in.
lock:
	@rm -rf .lockenv && $(PYTHON) -m venv .lockenv
	@.lockenv/bin/python -m pip install --quiet --upgrade pip
	@.lockenv/bin/python -m pip install --quiet '.[embedded,simulators]' hatchling editables
	@.lockenv/bin/python -m pip freeze --exclude plantwatch --exclude pip > requirements.lock
	@.lockenv/bin/python -m pip install --quiet --group dev
	@.lockenv/bin/python -m pip freeze --exclude plantwatch --exclude pip > requirements-dev.lock
	@rm -rf .lockenv build

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
