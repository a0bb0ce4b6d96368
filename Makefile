# `make dashboard` opens the dashboard, `make check` runs the fast checks, `make test` runs everything. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BRIDGE := .venv-bridge
PORT ?= 8501

# `make test` runs lint and types next to the tests, which leave a quarter of two cores idle
MAKEFLAGS += --jobs=2

.PHONY: dashboard check test static all-tests test-bridge lint types docs benchmarks build clean chromium

dashboard: $(VENV)/.run
	$(BIN)/streamlit run dashboard/Home.py --server.port $(PORT)

# under 90 seconds on two cores: lint, types, and the tests not marked slow (tests/lanes.py says which are)
check: static
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test: static all-tests

static: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/check_javascript.py

all-tests: $(VENV)/.dev chromium
	$(BIN)/python -m pytest -n 2 --dist loadfile

# GPTs as bridges on the newest TransformerLens 4, in .venv-bridge; .venv has 3.9, because SAELens needs it
test-bridge: $(BRIDGE)/.run
	$(BRIDGE)/bin/python -m pytest $(addprefix tests/models/test_,hooked_bridge.py hooked_kinds.py patch_bridge.py)

lint: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python scripts/check_javascript.py --fix

types: $(VENV)/.dev
	$(BIN)/mypy

# docs/ as a site in site/; a broken link or docstring reference fails the build
docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

# builds every artifact of cache/world-1M; skips what is up to date
build: $(VENV)/.run
	$(BIN)/culture build

benchmarks: $(VENV)/.dev chromium
	for benchmark in benchmarks/bench_*.py; do $(BIN)/python $$benchmark || exit 1; done

# browser tests drive a real Chromium
chromium:
	@sh scripts/install_chromium.sh

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "This needs Python 3.11 or newer. Name one: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt requirements-docs.txt requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet -r requirements-dev.txt
	touch $@ $(VENV)/.run

$(BRIDGE)/.run: requirements-bridge.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m venv $(BRIDGE)
	$(BRIDGE)/bin/pip install --quiet -r requirements-bridge.txt
	touch $@

clean:
	rm -rf $(VENV) $(BRIDGE) site .pytest_cache .mypy_cache .ruff_cache
