# The two commands of this project are `make reproduce` and `make test`.
# They need python3 (3.11 or newer), make and a network to a package registry; everything else they install themselves
# into .venv. `make test PYTHON=python3.13 VENV=.venv-3.13` does the same with another Python.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: reproduce test test-all test-browser docs setup lint lock wheel clean

reproduce: $(READY)
	$(BIN)/microwork-estimate reproduce --out results/diplab-2019

test: $(READY)
	$(BIN)/python -m pytest --numprocesses 2

# The same tests with every supported Python that this machine has, each in an environment of its own.
test-all:
	for version in 3.11 3.12 3.13; do \
	  if command -v python$$version > /dev/null && python$$version -c '' 2> /dev/null; then \
	    $(MAKE) test PYTHON=python$$version VENV=.venv-$$version || exit 1; \
	  else echo "python$$version: not on this machine"; fi; \
	done

# The documentation, with warnings as errors and the examples of its pages run; NOTEBOOKS=off leaves the notebooks unexecuted.
docs: $(READY)
	$(BIN)/python -m sphinx -b html --fail-on-warning --keep-going --quiet docs docs/_build/html
	NOTEBOOKS=off $(BIN)/python -m sphinx -b doctest --quiet docs docs/_build/doctest

# The report in a real browser and as a compiled document; needs Chromium and pdflatex on the machine.
test-browser: $(READY)
	$(BIN)/python -m pytest tests/browser

setup: $(READY)

# One lock file for every supported Python; the hashes are checked, and the package itself is installed from this folder.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "expected Python 3.11 or newer, got " + sys.version.split()[0] + "; run make with PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Needs uv. The lock names no registry.
lock:
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet --output-file requirements.lock

wheel: $(READY)
	$(BIN)/python -m build --no-isolation

clean:
	rm -rf $(VENV) build dist results .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
