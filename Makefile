# Works with GNU make 4 and with the make 3.81 of macOS.

PYTHON := .venv/bin/python
READY := .venv/.ready
# One more than there are cores: some tests wait for a process or for the network.
WORKERS = $(shell $(PYTHON) -c 'import os; print(min(os.cpu_count() or 1, 4) + 1)')
UV := uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.12 --generate-hashes \
	--custom-compile-command 'make lock' $(LOCK_FLAGS) pyproject.toml

.PHONY: help setup check test demo crash format lock

help: ## print this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/make \1	\2/p' Makefile

setup: $(READY) ## make .venv with the pinned requirements

$(READY): requirements-dev.txt
	@.ci/make-venv .venv
	@$(PYTHON) -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

check: $(READY) ## lint, types, layers and translations
	@$(PYTHON) -m ruff check --quiet
	@$(PYTHON) -m ruff format --quiet --check
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports --no-logo
	@$(PYTHON) -m pytest --quiet -k "catalogue or translat" tests/bot/test_languages.py

test: $(READY) ## every test, with branch coverage of at least 90 %
	@$(PYTHON) -m pytest --quiet --numprocesses=$(WORKERS) --dist=worksteal --cov

demo: $(READY) ## the real bot on a local Telegram that you can see and touch, without a token
	@$(PYTHON) -m tests.demo

crash: $(READY) ## the longer proof: 50 kills under traffic
	@$(PYTHON) -m pytest tests/crash --kills=50 -s

format: $(READY) ## format the code and sort its imports
	@$(PYTHON) -m ruff check --quiet --fix --select I
	@$(PYTHON) -m ruff format --quiet

lock: ## pin the requirements anew (needs uv; LOCK_FLAGS=--upgrade moves every version)
	@$(LOCK) --output-file requirements.txt
	@$(LOCK) --group dev --constraints requirements.txt --output-file requirements-dev.txt
