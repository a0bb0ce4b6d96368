# One command each: `make dashboard` to look, `make test` to check. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501

.PHONY: dashboard test check lint types benchmarks build clean chromium

dashboard: $(VENV)/.run
	$(BIN)/streamlit run dashboard/Home.py --server.port $(PORT)

test: $(VENV)/.dev chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/check_javascript.py
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python scripts/check_javascript.py --fix

types: $(VENV)/.dev
	$(BIN)/mypy

# everything in cache/ that is made from a population; steps that are up to date are skipped
build: $(VENV)/.run
	$(BIN)/culture build

benchmarks: $(VENV)/.run
	for benchmark in benchmarks/bench_*.py; do $(BIN)/python $$benchmark || exit 1; done

# the browser tests drive a real Chromium
chromium:
	@sh scripts/install_chromium.sh

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet -r requirements-dev.txt
	touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
