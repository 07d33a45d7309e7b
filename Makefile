# The one place that says how things are done. `make help` lists what a person would call.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BIN := .venv/bin
PORT ?= 8000
# PyTorch is an oracle of the tests. CI installs it; on your own machine: make test TORCH=1
TORCH ?= $(CI)

# The book's matrix products are small, and two notebooks run at a time: a BLAS that shares each product out
# among threads spends most of its time waiting for them (4.2 took 60 s of processor time with two, 8 s with one).
export OPENBLAS_NUM_THREADS ?= 1

READY := .venv/.installed
SITE := _build/.book
# what the site is made of: a change to any of these builds it again
SOURCES := $(shell find book cnnlib -type f -not -path '*/__pycache__/*' -not -path '*/.ipynb_checkpoints/*' 2>/dev/null) _config.yml _toc.yml \
  tools/lite.py tools/pyodide.py tools/bytecode.py tools/python.mjs tools/fontlist.json

# the page of a chapter, and what is compared with it, have no progress bars; a reader's Jupyter has
$(SITE) nbval: export TQDM_DISABLE := 1

.PHONY: help
help:  ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

$(READY): requirements.lock pyproject.toml tools/setup.sh
	@tools/setup.sh
	@touch $@

.venv/.browser: $(READY) tools/chromium.py
	@$(BIN)/python tools/chromium.py --install > $@

.venv/.torch: $(READY)
	@echo "setup: installing PyTorch (the tests' oracle)"
	@# --no-compile: of its thousands of modules the tests import few
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile torch==2.13.0 2> .venv/torch.log || { cat .venv/torch.log >&2; exit 1; }
	@touch $@

# numpy-ml, which only the benchmarks look at, keeps out of the way in an environment of its own
.venv/bench/.installed: $(READY)
	@echo "setup: installing numpy-ml (for the benchmarks)"
	@$(BIN)/python -m venv --clear .venv/bench
	@.venv/bench/bin/python -m pip install -q --disable-pip-version-check numpy-ml==0.1.2 \
	  "$$($(BIN)/python -m pip freeze | grep '^numpy==')" 2> .venv/bench/pip.log || { cat .venv/bench/pip.log >&2; exit 1; }
	@touch $@

.PHONY: setup
setup: $(READY)  ## .venv with everything (the other targets do it when they need it)

# ---- the four ways to use the book ---------------------------------------------------------
$(SITE): $(READY) $(SOURCES)
	@# from nothing each time: Sphinx does not see that a widget's JavaScript or cnnlib has changed
	@rm -rf _build && mkdir _build
	$(BIN)/jupyter-book build . -W -n --keep-going
	@touch $@

.PHONY: book serve lab
book: $(SITE)  ## execute the notebooks and build the site into _build/html

serve: $(SITE)  ## build the site and serve it on localhost (PORT=8000, or the next free one)
	@$(BIN)/python tools/serve.py --port $(PORT)

lab: $(READY)  ## open the chapters in JupyterLab on this machine
	@$(BIN)/jupyter lab --notebook-dir=book \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.extension_manager=readonly

# ---- gates ---------------------------------------------------------------------------------
# two tests at a time; those that share something dear (@pytest.mark.xdist_group) in one place
BOTH := -n 2 --dist loadgroup

.PHONY: check unit nbval without-site site lite lite-all test
check: $(READY)  ## the fast gates only: lint, types, generated files (seconds)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tools/environment.py --check

unit: $(READY) .venv/.browser $(if $(TORCH),.venv/.torch)  ## unit, property, oracle and widget tests, doctests
	$(BIN)/pytest -q $(BOTH) cnnlib tests --doctest-modules --ignore=tests/site --ignore=tests/lite

nbval: $(READY)  ## run every notebook and compare every printed number
	PYTHONPATH=tools $(BIN)/pytest -q -p own_sockets -n 2 --dist loadfile --nbval --nbval-cell-timeout=120 -W default book

without-site: $(READY)
	@$(MAKE) --no-print-directory unit
	@$(MAKE) --no-print-directory nbval

site: $(SITE) .venv/.browser  ## the built site and a real JupyterLab, in a real browser
	$(BIN)/pytest -q $(BOTH) -m "not alone" tests/site $(TOO)
	$(BIN)/pytest -q -m alone tests/site

# the built site's Python for the browser, under Node; what runs for minutes there: make lite-all
LITE_TESTS := $(BIN)/pytest -q $(BOTH) tests/lite

lite: $(SITE)  ## cnnlib's tests and the quick chapters in the browser's Python
	$(LITE_TESTS)

lite-all: $(SITE)  ## every notebook that has a button, in the browser's Python (many minutes)
	LITE_ALL=1 $(LITE_TESTS)

test: check  ## every gate; what CI runs
	@# the book is built by one process, which leaves a core for the gates that need no site
	@$(MAKE) -j 2 --no-print-directory book without-site
	@# `make lite` in the same queue: neither core waits twice for the other's last test
	@$(MAKE) --no-print-directory site TOO=tests/lite
	@echo "all gates passed"

# ---- teaching: book/exercises/README.md ----------------------------------------------------
.PHONY: student course grade-demo
student: $(READY)  ## the exercises without solutions, for a class, into _build/student
	@$(BIN)/python tools/teach.py student

course: $(READY)  ## a folder to grade a class in, with nbgrader: make course TO=../course
	@$(BIN)/python tools/teach.py course $(TO)

grade-demo: $(READY)  ## autograde four submissions, right to broken, into _build/grade-demo
	@$(BIN)/python tools/teach.py demo

# ---- chores --------------------------------------------------------------------------------
.PHONY: bench notebooks picture lock clean
bench: $(READY) .venv/.torch .venv/bench/.installed  ## cnnlib beside PyTorch, numpy-ml, SciPy: benchmarks/results.* again (3 minutes)
	@$(BIN)/python benchmarks $(BENCH)

notebooks: $(READY)  ## execute the notebooks and store them normalised (N=path for one)
	$(BIN)/python tools/notebooks.py $(N)

picture: $(SITE) .venv/.browser  ## take the README's picture from the built site
	$(BIN)/python tools/picture.py

lock: $(READY)  ## after a change to pyproject.toml: requirements.lock and environment.yml again
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate \
	  --python-version 3.11 --extra test pyproject.toml -o requirements.lock
	$(BIN)/python tools/environment.py

clean:  ## remove what was built (keeps .venv; rm -rf .venv removes that too)
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis
