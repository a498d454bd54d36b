# Works with GNU make 4 and with the make 3.81 of macOS.

PYTHON := .venv/bin/python
# Each marks what .venv was filled with; making .venv removes both.
READY := .venv/.ready
INSTALLED := .venv/.installed
# Two more than there are cores: many tests wait for a process or for the network.
WORKERS = $(shell $(PYTHON) -c 'import os; print(min(os.cpu_count() or 1, 4) + 2)')
# Compiled modules are kept, whatever the shell says: each worker and each program imports them.
PYTEST = PYTHONDONTWRITEBYTECODE= $(PYTHON) -m pytest --quiet --numprocesses=$(WORKERS) --dist=worksteal
UV := uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-strip-extras \
	--custom-compile-command 'make lock' $(LOCK_FLAGS) pyproject.toml

# No processes, no browser, no Telegram: what one runs between two edits.
QUICK := tests/core tests/database tests/services tests/bot/wording

# Of `make simulate`: how many seeds are tried.
SEEDS = 1000

.PHONY: help install setup check test test-quick demo torture simulate fuzz bench quiet format messages lock

help: ## print this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1	\2/p' Makefile

install: $(INSTALLED) ## make .venv with what the bot runs on

setup: $(READY) ## make .venv with that and the tools of a developer

$(INSTALLED): requirements.txt
$(READY): requirements-dev.txt
$(INSTALLED) $(READY):
	@.ci/make-venv .venv
	@$(PYTHON) -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

check: $(READY) ## lint, types, layers and translations
	@$(PYTHON) -m ruff check --quiet
	@$(PYTHON) -m ruff format --quiet --check
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports --no-logo
	@$(PYTHON) -m pytest --quiet tests/bot/wording/test_catalogues.py

test: $(READY) ## every test, with branch coverage of at least 90 %
	@$(PYTEST) --cov

test-quick: $(READY) ## the tests between two edits: core, database, services, wording; not measured
	@$(PYTEST) $(QUICK)

demo: $(READY) ## the real bot on a local Telegram that you can see and touch, without a token
	@$(PYTHON) -m tests.demo

torture: $(READY) ## the long proofs with real processes: kills, faults, outages, limits (about an hour)
	@$(PYTHON) -m tests.proofs.torture --json benchmarks/torture.json

simulate: $(READY) ## the whole bot in virtual time, SEEDS=1000 lives of it
	@$(PYTHON) -m tests.proofs.simulation --seeds $(SEEDS) --json benchmarks/simulation.json

fuzz: $(READY) ## 20,000 generated updates on both databases
	@$(PYTHON) -m tests.proofs.fuzzing --updates 20000 --json benchmarks/fuzz.json

bench: $(READY) ## measure the figures of the README, beside a bot that stores nothing (ten minutes)
	@$(PYTHON) -m benchmarks

quiet: $(READY) ## count what the staff chat sees of one ticket (part of bench)
	@$(PYTHON) -m benchmarks.quiet

format: $(READY) ## format the code and sort its imports
	@$(PYTHON) -m ruff check --quiet --fix --select I
	@$(PYTHON) -m ruff format --quiet

messages: $(READY) ## update the translations from bot/texts, and print what is missing
	@$(PYTHON) -m bot.catalogues

lock: ## pin the requirements anew (needs uv; LOCK_FLAGS=--upgrade moves every version)
	@$(LOCK) --output-file requirements.txt
	@$(LOCK) --group dev --constraints requirements.txt --output-file requirements-dev.txt
