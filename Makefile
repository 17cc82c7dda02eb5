# Needs Python 3.11 or newer, and the network the first time. `make help` lists what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

VENV := .venv
VENV_SA20 := .venv-sa20
BIN := $(VENV)/bin
JOBS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$((n < 4 ? n : 4)))
PYTEST := python -m pytest -n $(JOBS) --dist worksteal
export PYTHON

# EXCLAVE_TEST_PG=18 make test: only these versions, and nothing is installed for it
versions = $${EXCLAVE_TEST_PG:-$$(.ci/postgresql $(VENV) $(1))}

.PHONY: help demo test lint types regression pgbouncer mariadb headers test-main test-sa20 test-matrix test-asan fuzz bench docs format clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r target text; do printf '%-12s %s\n' "$$target" "$$text"; done

$(VENV)/.installed: pyproject.toml .ci/venv
	.ci/venv $(VENV)

$(VENV_SA20)/.installed: pyproject.toml .ci/venv
	.ci/venv $(VENV_SA20) 'sqlalchemy<2.1'

demo: $(VENV)/.installed ## federate flights of several databases, with real servers
	$(BIN)/python examples/flights/federation.py

test: lint types test-main test-sa20 ## lint, types, and all tests on PostgreSQL 18 and 15

lint: $(VENV)/.installed ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed ## pyright, strict
	$(BIN)/pyright --pythonpath $(BIN)/python

regression: ## get the scripts with which PostgreSQL tests its own wrappers; tests run them
	.ci/regression .cache/regression $${EXCLAVE_TEST_PG:-18 15}

pgbouncer: ## get PgBouncer; tests put it in front of a remote
	.ci/pgbouncer .cache/pgbouncer

mariadb: ## get MariaDB; tests read and write it through the wrapper "database"
	.ci/mariadb .cache/mariadb

headers: $(VENV)/.installed ## get what the host of wrappers is built with
	.ci/headers $(VENV) .cache/headers $${EXCLAVE_TEST_PG:-18 15}

test-main: $(VENV)/.installed regression pgbouncer mariadb headers ## the tests on PostgreSQL 18 and 15, with the newest SQLAlchemy
	pg=$(call versions,18 15)
	EXCLAVE_TEST_PG=$$pg $(BIN)/$(PYTEST)

test-sa20: $(VENV)/.installed ## the SQLAlchemy tests once more, on SQLAlchemy 2.0
	if [ -d tests/sqlalchemy ]; then
		$(MAKE) $(VENV_SA20)/.installed
		pg=$(call versions,18 15)
		EXCLAVE_TEST_PG=$$pg $(VENV_SA20)/bin/$(PYTEST) tests/sqlalchemy
	fi

test-matrix: $(VENV)/.installed $(VENV_SA20)/.installed regression pgbouncer mariadb headers ## all tests on PostgreSQL 15 to 18, SQLAlchemy 2.0 and newer
	pg=$(call versions,18 17 16 15)
	EXCLAVE_TEST_PG=$$pg $(BIN)/$(PYTEST)
	EXCLAVE_TEST_PG=$$pg $(VENV_SA20)/bin/$(PYTEST)

test-asan: $(VENV)/.installed ## the tests of wrappers on PostgreSQL 18, with the host built with AddressSanitizer
	pg=$(call versions,18)
	EXCLAVE_TEST_PG=$$pg EXCLAVE_HOST_SANITIZE=address $(BIN)/$(PYTEST) tests/fdw

fuzz: $(VENV)/.installed ## the laws of plans over 20,000 generated pairs of catalogs
	pg=$(call versions,18 15)
	EXCLAVE_TEST_PG=$$pg $(BIN)/$(PYTEST) --hypothesis-profile=fuzz -m fuzz -o faulthandler_timeout=0

bench: $(VENV)/.installed ## the benchmarks, one JSON object a line
	for module in benchmarks/[a-z]*.py; do
		[ -e "$$module" ] || { echo "there are no benchmarks yet" >&2; break; }
		$(BIN)/python "$$module"
	done

docs: $(VENV)/.installed ## the documentation as a site, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

format: $(VENV)/.installed ## write the code in the common format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove what was made here
	rm -rf $(VENV) $(VENV_SA20) .pytest_cache .ruff_cache .hypothesis build dist site
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.ONESHELL:
