# Needs Python 3.11 or newer and nothing else; every target makes .venv first if it has to.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2
DERIVE := $(BIN)/derive

.DEFAULT_GOAL := help
.PHONY: help check test soak lint bench pins clean

check: $(STAMP) ## check every worked derivation
	$(DERIVE) check derivations

test: $(STAMP) ## the tests, with a seeded sample of the long ones
	$(BIN)/python -m pytest -q -n $(WORKERS)

soak: $(STAMP) ## every test in full: every mutant, every rule, the build
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "soak or outside or not soak"

lint: $(STAMP) ## style and types
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(STAMP) ## how long things take on this machine
	@for f in benchmarks/*.py; do $(BIN)/python $$f || exit 1; done

pins: $(STAMP) ## write constraints.txt from what is installed
	(head -n 1 constraints.txt; $(BIN)/python -m pip freeze --exclude derive) > constraints.new
	mv constraints.new constraints.txt

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do \
		printf 'make %-7s %s\n' "$$name" "$$text"; done

# The environment is made once, and again only when what it depends on has changed.
$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed; name it with: make PYTHON=...' >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,z3]'
	@touch $@
