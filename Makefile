# Everything by one command each; `make` alone lists them.
# The virtualenv is .venv; it is made and kept up to date by the targets that need it.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
# Passed on: make test ARGS="-k auth_1"
ARGS ?=

# The first Python that will do. No other kind of quoting survives make, shell and paths with spaces.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$python" && break; done)

.PHONY: help
help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 14

# --- The virtualenv --------------------------------------------------------------------------
# A stamp is newer than its requirements once they are installed. The file's own content is not
# looked at, so `touch` is enough to have it installed again.

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer is needed and was not found; name one: make PYTHON=/path/to/python3" >&2; \
		exit 1; fi
	@echo "Making the virtualenv $(VENV) ($$("$(PYTHON)" --version))"
	@"$(PYTHON)" -m venv $(VENV) || { echo "No virtualenv could be made; on Debian: apt install python3-venv" >&2; \
		rm -rf $(VENV); exit 1; }

$(VENV)/installed-demo: requirements-demo.txt | $(BIN)/python
	$(call install,requirements-demo.txt)
	@touch $@

# All that the demo needs is in here, too.
$(VENV)/installed-dev: requirements-dev.txt | $(BIN)/python
	$(call install,requirements-dev.txt)
	@touch $@ $(VENV)/installed-demo

define install
@echo "Installing $(1) into $(VENV)"
@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
endef

# --- Running ---------------------------------------------------------------------------------

.PHONY: demo demo-reset
demo: $(VENV)/installed-demo ## the whole portal in this terminal, with sample data
	@exec $(BIN)/python -m demo.run

demo-reset: ## forget what was done in the demo
	@exec "$(PYTHON)" -m demo.folder

# --- Checking --------------------------------------------------------------------------------

# Each process of the tests would read and rewrite every module anew.
test: export PYTHONDONTWRITEBYTECODE :=

.PHONY: test
test: $(VENV)/installed-dev ## all tests, with SQLite then PostgreSQL; ARGS="-k orders"
	@scripts/test-programs
	@[ -d var/test/keystone/venv ] || echo "Installing a Keystone for the tests into var/test/keystone"
	@$(BIN)/python -m tests.keystone
	@scripts/test $(ARGS)

.PHONY: html-check
html-check: $(VENV)/installed-dev ## the Nu HTML checker over every page (brings it; needs Java and npm)
	@scripts/nu-checker
	@$(BIN)/python -m pytest tests/guards/test_html.py $(ARGS)

CHECKED := app.py gunicorn.conf.py selfcare demo tests $(wildcard scripts/*.py benchmarks/*.py proof/*.py)

.PHONY: lint
lint: $(VENV)/installed-dev ## style, types, layers, templates, known vulnerabilities
	@failures=$$(mktemp); types=$$(mktemp); trap 'rm -f "$$failures" "$$types"' EXIT; \
	check() { local what=$$1; shift; echo "── $$what"; "$$@" || echo "$$what" >>"$$failures"; }; \
	check "types" $(BIN)/mypy $(CHECKED) >"$$types" 2>&1 & `# takes as long as all others together` \
	check "style" $(BIN)/ruff check --quiet .; \
	check "format" $(BIN)/ruff format --check --quiet .; \
	check "layers" $(BIN)/lint-imports; \
	check "templates: format" $(BIN)/djlint selfcare/templates --check; \
	check "templates: rules" $(BIN)/djlint selfcare/templates --lint; \
	check "vulnerabilities" $(BIN)/python scripts/audit.py requirements.txt; \
	wait; cat "$$types"; \
	[ ! -s "$$failures" ] || { echo "make lint: problems found by: $$(paste -sd, "$$failures")" >&2; exit 1; }

.PHONY: format
format: $(VENV)/installed-dev ## put code and templates in shape
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .
	@$(BIN)/djlint selfcare/templates --reformat --quiet || true

.PHONY: bench
bench: $(VENV)/installed-dev ## measure the pages
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: bench-django
bench-django: $(VENV)/installed-dev ## our list beside Django's admin (brings Django into var/bench)
	@$(BIN)/python -m benchmarks.django_admin $(ARGS)

.PHONY: paint
paint: $(VENV)/installed-dev ## when a slow phone on a slow line shows a page
	@$(BIN)/python -m benchmarks.paint $(ARGS)

.PHONY: load
load: $(VENV)/installed-dev ## 200 people click for ten minutes; ARGS="--people 50 --minutes 1"
	@$(BIN)/python -m benchmarks.load $(ARGS)

.PHONY: console-proof
console-proof: $(VENV)/installed-dev ## a real Keystone, Apache and Horizon sign in through the portal
	@$(BIN)/python -m proof $(ARGS)

# --- Keeping ---------------------------------------------------------------------------------

PIN := $(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --python-version 3.11

.PHONY: lock
lock: $(VENV)/installed-dev ## pin what the .in files ask for, with hashes; ARGS=--upgrade for newer
	@echo "Pinning requirements-dev.txt"
	@$(PIN) $(ARGS) requirements-dev.in --output-file requirements-dev.txt
	@for file in requirements requirements-demo requirements-strict; do `# what runs is what was tested` \
		echo "Pinning $$file.txt"; \
		$(PIN) --constraints requirements-dev.txt "$$file.in" --output-file "$$file.txt" || exit 1; \
	done

.PHONY: messages
messages: $(VENV)/installed-dev ## collect the texts to translate, and compile the translations
	@$(BIN)/pybabel --quiet extract --mapping-file babel.cfg --output-file translations/messages.pot \
		--keywords _l --no-location --sort-output --omit-header .
	@$(BIN)/pybabel --quiet update --input-file translations/messages.pot --output-dir translations \
		--no-fuzzy-matching --ignore-obsolete --omit-header --width 100
	@$(BIN)/pybabel --quiet compile --use-fuzzy --directory translations `# without a header all counts as fuzzy`
