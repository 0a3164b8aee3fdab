# Needs Python 3.11 or newer; everything else goes into .venv. MariaDB wants libmariadb-dev and pkg-config, too.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
REQUIREMENTS := requirements/base.txt requirements/openedx.txt requirements/demo.txt
DEMO := .venv/demo.stamp $(if $(filter mysql%,$(DATABASE_URL)),.venv/mysql.stamp)
PORTS := $(if $(WEB_PORT),--web-port $(WEB_PORT)) $(if $(SIMULATOR_PORT),--simulator-port $(SIMULATOR_PORT))

# Each lane and worker would compile all modules again, and pytest rewrite all tests, where Python may keep nothing.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/pycache

.PHONY: help demo demo-check demo-reset test lanes test-quick torture torture-proof fuzz benchmark lint types docs format requirements release-check

help:
	@echo "make demo         set up and run the demo: http://127.0.0.1:8000 (WEB_PORT=… SIMULATOR_PORT=…)"
	@echo "make demo-check   walk through the demo and leave nothing behind (FAULT=ready|notify|review|mail|grade)"
	@echo "make demo-reset   forget the demo's data"
	@echo "make test         set up and run all tests that this machine can run (LANES='lint; PostgreSQL')"
	@echo "make lanes        list the parts of make test and how long each takes"
	@echo "make test-quick   the suite on SQLite in memory, without browser, demo and packaging"
	@echo "make torture      races, crashes and faults on all databases and brokers of this machine (RUNS=3)"
	@echo "make torture-proof switch off one safeguard after the other: the attacks must notice"
	@echo "make fuzz         5000 random requests per operation of the REST interface (EXAMPLES=…)"
	@echo "make benchmark    all benchmarks, beside the published package; an hour at most (ARGUMENTS='--only …')"
	@echo "make lint types docs format"
	@echo "make release-check what a release needs: build, each pair of Python and Django, npm, docs, licences, SBOM"
	@echo "make requirements compile requirements/*.txt anew"

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

.venv/demo.stamp: .venv/bin/python $(REQUIREMENTS) setup.py demo/provider/pyproject.toml
	$(BIN)/python -m pip install --quiet -r requirements/demo.txt
	$(BIN)/python -m pip install --quiet --no-deps -e . -e demo/provider
	@touch $@

.venv/mysql.stamp: .venv/demo.stamp requirements/mysql.txt
	$(BIN)/python -m pip install --quiet -r requirements/mysql.txt
	@touch $@

.venv/test.stamp: .venv/demo.stamp requirements/test.txt requirements/quality.txt requirements/docs.txt
	$(BIN)/python -m pip install --quiet -r requirements/test.txt -r requirements/quality.txt -r requirements/docs.txt
	@if pkg-config --exists libmariadb mariadb 2>/dev/null || pkg-config --exists libmariadb 2>/dev/null; then \
		$(BIN)/python -m pip install --quiet -r requirements/mysql.txt; fi
	@touch $@

demo: $(DEMO)
	$(BIN)/python -m demo up $(PORTS)

demo-check: $(DEMO)
	$(BIN)/python -m demo check $(PORTS) $(if $(FAULT),--fault $(FAULT))

demo-reset: $(DEMO)
	$(BIN)/python -m demo reset

test: .venv/test.stamp
	$(BIN)/python -m scripts.run_tests $(if $(LANES),--lanes "$(LANES)")

lanes: .venv/test.stamp
	@$(BIN)/python -m scripts.run_tests --list

test-quick: .venv/test.stamp
	$(BIN)/python -m scripts.quick_tests

torture: .venv/test.stamp
	$(BIN)/python -m tests.torture run $(if $(RUNS),--runs $(RUNS))

torture-proof: .venv/test.stamp
	$(BIN)/python -m tests.torture proof

fuzz: .venv/test.stamp
	FUZZ_EXAMPLES=$(or $(EXAMPLES),5000) $(BIN)/python -m pytest -q -n 2 tests/fuzz

benchmark: .venv/test.stamp
	$(BIN)/python -m benchmarks.all $(ARGUMENTS)

lint: .venv/test.stamp
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/lint-imports

types: .venv/test.stamp
	$(BIN)/mypy edx_proctoring

docs: .venv/test.stamp
	$(BIN)/python -m sphinx -W -q -b html docs docs/_build/html

format: .venv/test.stamp
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

.venv/release.stamp: .venv/test.stamp requirements/release.txt
	$(BIN)/python -m pip install --quiet -r requirements/release.txt
	@touch $@

release-check: .venv/release.stamp
	$(BIN)/python -m scripts.release_check

requirements: .venv/test.stamp
	@# Each with what is compiled before it: they are installed together.
	before="-c requirements/constraints.in"; for name in base openedx openapi demo test quality docs mysql release; do \
		$(BIN)/uv pip compile -q --universal --no-header --python-version 3.11 $$before requirements/$$name.in -o requirements/$$name.txt; \
		before="$$before -c requirements/$$name.txt"; done
