# Everything a developer or an operator runs. On a fresh machine, `make run` and `make test` need Python 3.11 or newer and
# nothing else; once installed, they work without a network.

SHELL := /bin/bash
PYTHON := .venv/bin/python

# $(call install,FILE): install the pinned requirements unless this very file is installed already.
install = cmp -s $(1) .venv/installed-$(1) || \
	{ $(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) && cp $(1) .venv/installed-$(1); }

.PHONY: run test lint bench demo messages pictures chaos load clean venv runtime tools

run: runtime
	$(PYTHON) main.py serve

demo: runtime
	$(PYTHON) main.py demo

# Three at a time, because much of what they do is wait; file by file, in the order of tests/conftest.py: left to itself,
# xdist keeps the files with few tests for the end, and those are the long ones.
# For a part of them: make test ARGS='tests/domain -k magic_links'
test: tools
	$(PYTHON) -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: tools
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy domain storage ui $(wildcard main.py)
	.venv/bin/lint-imports

bench: tools
	$(PYTHON) -m bench

chaos: tools
	$(PYTHON) -m pytest -m chaos

load: tools
	$(PYTHON) -m pytest -m load

# Collect every sentence for translation, and bring the catalogues in line with them.
messages: tools
	$(PYTHON) -m tests.support.messages

# Take the pictures of the README anew, of the demo in a browser.
pictures: tools
	$(PYTHON) -m tests.support.pictures

venv:
	@$(PYTHON) -c '' 2>/dev/null || { \
	for python in python3.13 python3.12 python3.11 python3; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making .venv with $$($$python --version)"; \
			$$python -m venv --clear .venv || { echo "$$python cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }; \
			exit 0; \
		fi; \
	done; \
	echo 'Foyer needs Python 3.11 or newer, and none was found on the PATH.' >&2; exit 1; }

runtime: venv
	@$(call install,requirements.txt)

# The tools' file holds the runtime's pins too, so both are installed afterwards.
tools: venv
	@cmp -s requirements-dev.txt .venv/installed-requirements-dev.txt || echo 'Installing requirements-dev.txt'
	@$(call install,requirements-dev.txt)
	@cp requirements.txt .venv/installed-requirements.txt

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .nicegui bench/out tests/shots
	find domain storage ui tests -name __pycache__ -type d -prune -exec rm -rf {} +
