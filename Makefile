# Handloom. `make up` builds everything into .venv, with nothing but Python 3.11+ and make, and starts it.
.DEFAULT_GOAL := up
.PHONY: up install check test bench wheel schema soak audit clean
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

export VIRTUAL_ENV := $(CURDIR)/.venv
export UV_PYTHON_DOWNLOADS := never
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
RUN := $(BIN)/python
# Files of tests run side by side in so many processes; each process has its own servers and databases.
WORKERS ?= 2
# uv is quick; where it does not know the machine's package index, pip (which does) finishes the work.
INSTALL = .ci/install

UI := $(shell find ui/src ui/index.html ui/package-lock.json ui/tsconfig.json ui/vite.config.ts ui/compress.mjs -type f ! -name '*.test.ts*')
COMPAT := $(patsubst tests/compat/requirements-%.lock,.venv-mlflow-%/.installed,$(wildcard tests/compat/requirements-*.lock))

up: install  ## build what is missing, then start
	@exec $(BIN)/handloom up $(ARGS)

install: .venv/.project  ## build everything into .venv

.venv/.tools: requirements-build.lock .ci/python .ci/install
	@.ci/python .venv
	@echo "Installing the build tools"
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-build.lock
	@touch $@

.venv/.packages: requirements.lock .venv/.tools
	@echo "Installing the packages"
	@$(INSTALL) $(RUN) requirements.lock
	@touch $@

src/handloom/static/.stamp: hatch_build.py $(UI) | .venv/.tools
	@echo "Building the UI"
	@$(RUN) hatch_build.py

.venv/.project: pyproject.toml .venv/.packages src/handloom/static/.stamp
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --offline --editable .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.project
	@echo "Installing the development packages"
	@$(INSTALL) $(RUN) requirements-dev.lock
	@touch $@

.venv-mlflow-%/.installed: tests/compat/requirements-%.lock .venv/.tools
	@echo "Installing mlflow $* for the compatibility tests"
	@.ci/python .venv-mlflow-$*
	@$(INSTALL) .venv-mlflow-$*/bin/python $<
	@touch $@

.venv-spark/.installed: tests/conformance/requirements-spark.lock .venv/.tools
	@echo "Installing Apache Spark for the conformance tests"
	@.ci/python .venv-spark
	@$(INSTALL) .venv-spark/bin/python $<
	@touch $@

check: .venv/.dev  ## every rule that needs no running server
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(RUN) -m handloom.api.typescript --check
	$(RUN) -m handloom.api.reference --check
	cd ui && $(CURDIR)/.ci/node node_modules/typescript/bin/tsc --noEmit
	cd ui && $(CURDIR)/.ci/node node_modules/typescript/bin/tsc --noEmit --project tsconfig.node.json
	cd ui && $(CURDIR)/.ci/node node_modules/eslint/bin/eslint.js . --max-warnings 0

tests/node_modules/.installed: tests/package-lock.json .venv/.tools
	@echo "Installing the emulator of Azure's storage for the tests"
	@cd tests && ../.ci/npm ci --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

tests/notebooks/.downloaded: tests/notebooks.lock .ci/notebooks .venv/.tools
	@echo "Downloading notebooks of other projects for the tests"
	@$(RUN) .ci/notebooks $< tests/notebooks || echo "Tests that run them are skipped" >&2

test: .venv/.dev $(COMPAT) .venv-spark/.installed tests/node_modules/.installed tests/notebooks/.downloaded  ## the tests, in Python and in the UI
	@.ci/packages
	$(RUN) -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)
	cd ui && $(CURDIR)/.ci/node node_modules/vitest/vitest.mjs run

bench: .venv/.dev bench/.venv/.installed  ## figures beside the peers', written to bench/RESULTS.md
	$(RUN) -m bench $(ARGS)

bench/.venv/.installed: bench/requirements.lock .venv/.tools
	@.ci/python bench/.venv
	@$(INSTALL) bench/.venv/bin/python $<
	@touch $@

wheel: .venv/.dev  ## dist/*.whl and the source archive, the built UI inside
	@rm -rf dist
	$(BIN)/hatchling build -t sdist -t wheel

schema: .venv/.dev  ## what is generated: the UI's types, docs/api.md, docs/settings.md
	$(RUN) -m handloom.api.typescript
	$(RUN) -m handloom.api.reference

soak: .venv/.dev tests/notebooks/.downloaded  ## an hour of load, kills and trouble; fails where anything grows or is lost: make soak ARGS="--minutes 60"
	$(RUN) -m pytest -m soak
	$(RUN) -m bench.soak $(ARGS)
	$(RUN) -m bench.chaos

audit: .venv/.tools  ## look the locked packages up in an advisory database, where it can be reached
	@$(RUN) .ci/audit

clean:  ## forget everything that was built
	rm -rf .venv .venv-* bench/.venv bench/work dist ui/node_modules tests/node_modules src/handloom/static .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
