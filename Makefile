# Everything runs in .venv, which the first command makes; tf-facts in .venv-tf.
.PHONY: serve test site check bench labs offline tf-facts engines canary clean

PYTHON ?= python3
BIN := .venv/bin
TOOLS := tools/node_modules/.package-lock.json
PIP := pip install --quiet --disable-pip-version-check
NEW_ENOUGH = @$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 5))' || \
	{ echo 'Needs Python 3.11.5 or newer: make PYTHON=/path/to/python3' >&2; exit 1; }
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

bench: .venv/ready $(TOOLS)  # what a build costs, and pages a phone; N=24: a build of so many articles; RECORD=1: predict's times
	$(BIN)/python benchmarks/bench.py $(N)
	$(BIN)/python benchmarks/edits.py
	$(if $(RECORD),$(BIN)/python benchmarks/measure_predict.py --accept)
	@if [ '$(N)' ]; then :; elif command -v node >/dev/null; then node benchmarks/lighthouse.mjs; \
		else echo 'No Node: the pages are not measured. Install Node 20.19 or newer.'; fi

labs: site  # the notebooks as a reader runs them: elsewhere, with nothing but pip and the site's wheel
	$(BIN)/python tools/elsewhere.py

offline: site  # the site in a zip that opens from a file, without a host
	$(BIN)/python tools/offline.py

tf-facts: .venv-tf/ready  # snippets/tf_facts.json against TensorFlow; ACCEPT=1 writes it
	@KERAS_BACKEND=tensorflow CUDA_VISIBLE_DEVICES=-1 TF_CPP_MIN_LOG_LEVEL=3 TF_ENABLE_ONEDNN_OPTS=0 \
		.venv-tf/bin/python records/tf_facts.py $(if $(ACCEPT),--accept)

engines: .venv/ready .venv-engines/ready  # the same pages from ProperDocs and Zensical
	$(BIN)/python tools/engines.py

canary: .venv/ready $(TOOLS)  # the newest commit with the newest versions; CANARY_TORCH=1: of torch too
	$(BIN)/python tools/canary.py

clean:
	rm -rf .venv .venv-canary .venv-engines .venv-tf .cache site site.nginx.conf tools/node_modules \
		*.egg-info .pytest_cache .ruff_cache .coverage .coverage.* deep-learning-checked.zip

.venv/ready: requirements.txt pyproject.toml
	$(NEW_ENOUGH)
	@echo 'Making .venv: a few minutes the first time.'
	@$(PYTHON) -m venv .venv
	@$(BIN)/$(PIP) -r requirements.txt
	@$(BIN)/$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv-tf/ready: requirements-tf.txt
	$(NEW_ENOUGH)
	@echo 'Making .venv-tf: 300 MB to fetch, 1.6 GB on disk.'
	@rm -rf .venv-tf
	@$(PYTHON) -m venv .venv-tf
	@.venv-tf/bin/$(PIP) --no-deps -r requirements-tf.txt
	@.venv-tf/bin/pip check
	@touch $@

.venv-engines/ready: requirements-engines.txt .venv/ready
	@rm -rf .venv-engines
	@$(BIN)/$(PIP) --no-deps --target .venv-engines -r requirements-engines.txt
	@PYTHONPATH=.venv-engines $(BIN)/pip check
	@touch $@

$(TOOLS): tools/package.json tools/package-lock.json tools/.npmrc
	@if command -v npm >/dev/null; then \
		echo 'Installing what the pages are measured with: some seconds.'; \
		cd tools && npm ci --ignore-scripts --loglevel=error >/dev/null && touch ../$@; \
		else echo 'No npm: some tests of the pages are skipped. Install Node 20.19 or newer.'; fi
