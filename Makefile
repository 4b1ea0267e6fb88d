# A machine needs Python 3.11 or later and make; everything else is installed into .venv.
# `make PYTHON=python3.13 test` takes another Python.

PYTHON ?= python3
BIN := .venv/bin
ALONE := .venv-constraints

# Exact versions, for what is installed and for what builds it. The second name is the one that newer pips read.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Empty, so that compiled modules are kept: the tests start kb hundreds of times.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help ingest test torture mutants lint docs site bench constraints clean
.NOTPARALLEL:
.DELETE_ON_ERROR:

help:
	@echo "make ingest       curate raw/ into kb.duckdb and curated/"
	@echo "make test         run the tests"
	@echo "make torture      kill, starve, corrupt and fuzz kb for hours; then say how often it was survived"
	@echo "make mutants      change the code that matters in small ways, one at a time, and say which changes no test notices;"
	@echo "                  MODULES='rat curate' takes these alone"
	@echo "make lint         check style, types, imports and generated docs"
	@echo "make docs         write the generated docs anew"
	@echo "make site         build docs/ as a site in site/; a broken link stops it"
	@echo "make bench        run the benchmarks"
	@echo "make constraints  choose the newest versions of all dependencies and write constraints.txt and requirements.lock anew"
	@echo "make clean        remove .venv and every cache, kb.duckdb too"

ingest: .venv/installed
	$(BIN)/kb ingest raw/

test: .venv/installed-dev
	$(BIN)/python -m pytest -n auto --dist worksteal

torture: .venv/installed-dev
	KB_LONG=1 KB_TORTURE=long $(BIN)/python -m pytest -n auto tests/torture tests/render/test_hostile.py tests/render/test_browser.py \
		tests/property/test_screens.py tests/property/test_shortcuts.py tests/jobs/test_breaches.py tests/publish/test_swap.py
	$(BIN)/python -m tests.torture.fuzz --count 1000000 --jobs 2

mutants: .venv/installed-dev
	$(BIN)/python -m tests.mutants $(MODULES)

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.docs --check

docs: .venv/installed-dev
	$(BIN)/python -m tools.docs
	$(BIN)/python -m tests.sessions

# Not --quiet: what is not shown does not stop the build either.
site: .venv/installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: .venv/installed-dev
	$(BIN)/python -m benchmarks

# The stamps: a second call installs nothing, a change of either file installs again. pip compiles what it installs, but for
# what is editable.
.venv/installed: pyproject.toml constraints.txt | .venv/pyvenv.cfg
	$(BIN)/python -m pip install --quiet --editable .
	$(BIN)/python -m compileall -q pipeline
	@touch $@

.venv/installed-dev: pyproject.toml constraints.txt | .venv/pyvenv.cfg
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	$(BIN)/python -m compileall -q pipeline
	@touch $@ .venv/installed

.venv/installed-docs: pyproject.toml constraints.txt | .venv/installed-dev
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $@

.venv/pyvenv.cfg:
	$(PYTHON) -m venv .venv

constraints:
	rm -rf $(ALONE)
	$(PYTHON) -m venv $(ALONE)
	PIP_CONSTRAINT= PIP_BUILD_CONSTRAINT= $(ALONE)/bin/python -m pip install --quiet --editable '.[dev,docs]' editables hatchling pyarrow pyspark sqlglot
	echo '# Exact versions of all dependencies, direct and not. Written by `make constraints`.' > constraints.txt
	$(ALONE)/bin/python -m pip freeze --exclude-editable >> constraints.txt
	PIP_CONSTRAINT= $(ALONE)/bin/python -m pip install --quiet uv
	echo '# The exact files that `constraints.txt` means for a run of kb, for every platform. Written by `make constraints`.' > requirements.lock
	$(ALONE)/bin/uv pip compile --quiet pyproject.toml --extra html --extra mcp -c constraints.txt --generate-hashes --universal --python-version 3.11 \
		--no-emit-index-url --no-header >> requirements.lock
	rm -rf $(ALONE)

clean:
	rm -rf .venv $(ALONE) .kb kb.duckdb kb.duckdb.wal .dvc/tmp .dvc/cache build dist site
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
