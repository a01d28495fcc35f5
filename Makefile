# make demo | test | check | build; see `make help`.
#
# PYTHON=python3.12          another interpreter (3.11 or newer)
# TORCH_INDEX=URL            where to take torch from, e.g. PyTorch's index of CPU builds
# JOBS=2                     test processes
# EXTRAS=dev,fast            what to install besides the core; fast tests the EnvPool engine too
# NO_DEPS=virtualhome-eval==0.1.1   what to install without what it pins: household tasks
# FUZZ_S=600 FUZZ_SEED=…     how long to fuzz, and from which seed (by default the date)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
EXTRAS ?= dev
NO_DEPS ?=
TORCH_INDEX ?=
FUZZ_S ?= 600
FUZZ_SEED ?= $(shell date +%Y%m%d)
PIP := $(BIN)/python -m pip --disable-pip-version-check
READY := $(VENV)/.ready

export OMP_NUM_THREADS ?= 1
export MPLBACKEND ?= agg

.DEFAULT_GOAL := help
.PHONY: help install gl demo test fuzz soak check prove audit format build clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

$(VENV)/.made:
	@scripts/make-venv.sh "$(PYTHON)" $(VENV)
	@touch $@

$(READY): $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing rewardlab and its pinned dependencies into $(VENV); this takes a few minutes …"
	@$(if $(TORCH_INDEX),$(PIP) install -qq --no-deps --index-url "$(TORCH_INDEX)" -c constraints.txt torch)
	@$(PIP) install -qq -c constraints.txt -e ".[$(EXTRAS)]"
	@$(if $(NO_DEPS),$(PIP) install -qq --no-deps $(NO_DEPS))
	@touch $@

install: $(READY)  ## make the virtual environment .venv with everything pinned

gl: $(READY)
	@scripts/install-gl.sh $(BIN)/python

demo: $(READY) gl  ## from a sentence to a trained policy, a video and a report (under 10 minutes)
	@scripts/demo.sh $(BIN)/rewardlab

test: $(READY) gl  ## run all tests
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile

fuzz: $(READY)  ## nightly: 10 minutes of generated programs, replies and files against the sandbox
	@$(BIN)/python -m tests.fuzz --seconds $(FUZZ_S) --seed $(FUZZ_SEED)

check: $(READY)  ## lint, format, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

soak: $(READY)  ## nightly: 2 million calls and 1,000 validations: no drift, no leak
	@$(BIN)/python benchmarks/soak.py

prove: $(READY) gl  ## try to break the sandbox of this machine
	@$(BIN)/python scripts/prove_sandbox.py

audit: $(READY)  ## ask a vulnerability service about the pinned packages (STRICT=1: or fail)
	@STRICT="$(STRICT)" $(BIN)/python scripts/audit.py

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

build: $(READY)  ## build sdist and wheel into dist/
	@$(BIN)/python -m build --no-isolation

clean:  ## remove the virtual environment and what was built; results stay
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
