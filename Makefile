# Everything runs in .venv, which the first command makes.
.PHONY: serve test site check bench clean

PYTHON ?= python3
BIN := .venv/bin
TOOLS := tools/node_modules/.package-lock.json
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
export KERAS_BACKEND := torch
export NO_MKDOCS_2_WARNING := 1
export OMP_NUM_THREADS := 1

serve: .venv/ready  # the site at http://127.0.0.1:8000/, following every edit
	$(BIN)/mkdocs serve

test: .venv/ready $(TOOLS)  # all that must hold
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	rm -rf .cache .coverage .coverage.*  # what the cache has is not run, so not covered
	$(BIN)/coverage run -m mkdocs build --strict
	$(BIN)/pytest --cov --cov-append

site: .venv/ready  # the site in site/
	$(BIN)/mkdocs build --strict

check: .venv/ready  # the quick part of the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pytest -m "not browser" --ignore=tests/test_press.py

bench: .venv/ready $(TOOLS)  # what a build costs, against its floor, and what pages cost a phone
	$(BIN)/python benchmarks/bench.py
	@if command -v node >/dev/null; then node benchmarks/lighthouse.mjs; \
		else echo 'No Node: the pages are not measured. Install Node 20.19 or newer.'; fi

clean:
	rm -rf .venv .cache site tools/node_modules *.egg-info .pytest_cache .ruff_cache .coverage .coverage.*

.venv/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 5))' || \
		{ echo 'Needs Python 3.11.5 or newer: make PYTHON=/path/to/python3' >&2; exit 1; }
	@echo 'Making .venv: a few minutes the first time.'
	@$(PYTHON) -m venv .venv
	@$(PIP) -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(TOOLS): tools/package.json tools/package-lock.json tools/.npmrc
	@if command -v npm >/dev/null; then \
		echo 'Installing what the pages are measured with: some seconds.'; \
		cd tools && npm ci --ignore-scripts --loglevel=error >/dev/null && touch ../$@; \
		else echo 'No npm: some tests of the pages are skipped. Install Node 20.19 or newer.'; fi
