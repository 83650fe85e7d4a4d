# Every command does its own set-up in .venv; all it needs is Python 3.11, 3.12 or 3.13 with its venv module.

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-slow corpus notes bench check

VENV := .venv
CONTEXT := .venv-context
BIN := $(VENV)/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check

SUITABLE := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(firstword $(foreach python,python3 python3.13 python3.12 python3.11,$(shell $(python) -c '$(SUITABLE)' 2>/dev/null && echo $(python))))

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18

demo: $(VENV)/.run ## start the service, post the example patients to it and print what it says of each
	$(BIN)/python examples/demo.py

serve: $(VENV)/.run ## run the service on 127.0.0.1:8000 (FHIRSVC_HOST, FHIRSVC_PORT, FHIRSVC_DATA_DIR change it)
	$(BIN)/fhirsvc serve

test: $(VENV)/.dev ## run the tests
	$(BIN)/pytest --numprocesses=auto --dist=worksteal

test-slow: $(VENV)/.dev ## run the tests that take minutes
	$(BIN)/pytest -m slow -rP

corpus: $(VENV)/.dev ## post the FHIR files of a folder to the service and list what it refuses: make corpus DIR=...
	$(BIN)/python -m tests.corpus.files $(DIR)

notes: $(VENV)/.dev ## compare the note readers with an annotated corpus: make notes DIR=...
	$(BIN)/python -m tests.corpus.notes $(DIR)

bench: $(VENV)/.dev $(CONTEXT)/.context ## print the measurements; DIR=the folder of annotated notes compares the readers
	$(BIN)/python -m tests.bench $(if $(DIR),$(DIR) $(CONTEXT)/bin/python)

check: $(VENV)/.dev ## format, lint, types, import contracts, dead code, generated files, seals, compose file
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/vulture
	$(BIN)/python -m fhirsvc.fhir.schema.generate --check
	$(BIN)/python -m fhirsvc.knowledge.expand --check
	$(BIN)/fhirsvc check
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

# The set the service runs on, and the one that tests and checks it; each newer than the files that name its parts.
$(VENV)/.run: requirements/run.txt requirements/build.txt pyproject.toml
	$(if $(PYTHON),,$(error fhirsvc needs Python 3.11, 3.12 or 3.13 with its venv module: install one, or name it with make PYTHON=/path/to/python))
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --require-hashes -r requirements/run.txt -r requirements/build.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

# medspaCy, which `make bench` compares the reading of notes with, in an environment of its own.
$(CONTEXT)/.context: requirements/context.txt
	$(PYTHON) -m venv $(CONTEXT)
	$(CONTEXT)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/context.txt
	@touch $@
