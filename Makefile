# make demo    everything on the embedded recordings, ending in a page to listen to
# make studio  the page on which all of it happens, with the demo's music to play with
# make test    the checks and tests that continuous integration runs
# make lint    the checks alone
# Needs Python 3.11 or newer and make; everything else goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Not compiling to bytecode saves a minute or more: most of what is installed is never imported.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile \
       --prefer-binary -c constraints.txt

UV := $(BIN)/uv pip install --quiet --no-cache --link-mode copy --python $(BIN)/python --no-deps

# Pyright runs on Node; where the system has none, a wheel brings it.
NODE := $(shell command -v node > /dev/null || echo 'pyright[nodejs]')

# With this set, every process would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo studio test tests lint clean
.DELETE_ON_ERROR:

demo: $(VENV)/.runtime
	$(BIN)/reverie demo

studio: $(VENV)/.runtime
	$(BIN)/reverie demo --out reverie-studio/demo
	$(BIN)/reverie studio reverie-studio

# The checks take one core for a minute, beside which the tests begin.
test: $(VENV)/.dev
	@$(MAKE) --no-print-directory -j2 lint tests

# Each worker of the tests has a core of its own; more threads would wait for each other.
tests: export OMP_NUM_THREADS = 1
tests: $(VENV)/.dev
	@$(BIN)/python -c 'import shutil, sys; sys.exit(0 if shutil.which("chromium") else \
	    "make test: the page tests drive a browser; install it with: sudo apt-get install chromium")'
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --durations=30 --durations-min=5

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/pyright --pythonpath $(BIN)/python

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else \
	    "Reverie needs Python 3.11 or newer and this is " + sys.version.split()[0] \
	    + "; choose another: make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make virtual environments; on Debian: sudo apt-get install python3-venv" >&2; \
	    exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# Torch is half of what is installed, so pip fetches it while uv fetches the rest: uv spends
# seconds where pip spends minutes reading index pages. Should uv not reach an index that pip is
# set up for, pip does it all. The last step resolves as usual, and adds what a platform needs
# beyond the pinned list.
$(VENV)/.runtime: $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing Reverie and its libraries into $(VENV): 1.2 GB, some minutes"
	@$(MAKE) --no-print-directory -j2 $(VENV)/.torch $(VENV)/.libraries
	@$(PIP) --no-build-isolation -e .
	@touch $@

$(VENV)/.torch: $(VENV)/.made constraints.txt
	@$(PIP) --no-deps torch
	@touch $@

$(VENV)/.libraries: $(VENV)/.made constraints.txt
	@sed '/^# Development/,$$d; /^torch==/d' constraints.txt > $(VENV)/runtime.txt
	@$(PIP) uv && $(UV) -r $(VENV)/runtime.txt || $(PIP) --no-deps -r $(VENV)/runtime.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@sed -n '/^# Development/,/^$$/p' constraints.txt > $(VENV)/development.txt
	@$(UV) -r $(VENV)/development.txt || true
	@$(PIP) --no-build-isolation -e '.[dev]' $(NODE)
	@touch $@
