# Three words for a newcomer: `make run`, `make test`, `make check`. Nothing is installed outside of .venv.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
# One more than the processors that the suite is meant for: many tests wait for a disk, a letter or a process.
WORKERS ?= 3

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Each stamp says what was installed when; while no lock is newer, nothing is installed again.
RUNS := $(VENV)/.installed-to-run
TESTS := $(VENV)/.installed-to-test
CATALOGUE := src/agora/translations/fr.po
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate

.DEFAULT_GOAL := help
.PHONY: help run test check bench faults lint format messages lock clean

help: ## say what can be done here
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The sign-in link that is printed and the site that answers must agree on the address.
run: export AGORA_BASE_URL ?= http://$(HOST):$(PORT)
run: $(RUNS) ## serve a site with sample content on http://127.0.0.1:8000 (HOST=… PORT=…), data in var/
	@$(BIN)/agora init
	@$(BIN)/agora demo --if-empty --sign-in
	@echo "Ctrl-C stops the site; its data stay in $${AGORA_DATA_DIR:-var}/."
	@trap : INT; $(BIN)/agora serve --host $(HOST) --port $(PORT) || [ $$? -eq 130 ]

test: $(TESTS) ## run all tests: SQLite, PostgreSQL, Chromium (WORKERS=… processes at once)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: lint test ## what CI runs: lint, types, templates, all tests

bench: $(TESTS) ## measure Agora beside other programs: docs/performance.md (OPTIONS=--quick …)
	$(BIN)/python -m bench $(OPTIONS)

faults: $(TESTS) ## break everything around a site many times, and print what came of it: docs/faults.md (OPTIONS=--write)
	$(BIN)/python -m pytest tests/faults --long -n 0 $(OPTIONS)

lint: $(TESTS) ## look at style, types and templates without changing anything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/djlint --quiet --lint templates

format: $(TESTS) ## bring the Python files into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

messages: $(TESTS) ## bring the sentences of code and templates into translations/fr.po
	$(BIN)/pybabel --quiet extract -F pyproject.toml -k N_ --add-location file --no-wrap -o $(VENV)/messages.pot .
	$(BIN)/pybabel --quiet update -i $(VENV)/messages.pot -o $(CATALOGUE) -l fr --ignore-obsolete --no-fuzzy-matching --no-wrap --ignore-pot-creation-date
	@echo "Now translate what is empty in $(CATALOGUE)."

# The test lock holds the versions of the other one, so that both fit into the same .venv.
lock: $(TESTS) ## lock the newest versions that pyproject.toml allows, with their hashes
	$(COMPILE) --upgrade pyproject.toml -o requirements.lock
	$(COMPILE) --upgrade pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) --upgrade --group build -c requirements-dev.lock -o requirements-build.lock

clean: ## remove .venv and what tools leave behind; var/ with its data stays
	rm -rf $(VENV) $(VENV)-isso build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find src tests bench migrations -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(RUNS): requirements.lock requirements-build.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Agora needs into $(VENV) …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --require-hashes -r requirements-build.lock
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@

$(TESTS): requirements-dev.lock $(RUNS)
	@echo "Installing what the tests need into $(VENV) …"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
