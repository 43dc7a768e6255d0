.DEFAULT_GOAL := help
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

# Threads are pinned before numpy loads, telemetry of every library is off.
export OMP_NUM_THREADS := 1
export OMP_WAIT_POLICY := passive
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export DAGSTER_DISABLE_TELEMETRY := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
export MLFLOW_DISABLE_TELEMETRY := true
export BENTOML_DO_NOT_TRACK := True

.PHONY: help env demo test check fix bench faults down clean

help:  ## show this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(VENV)/.installed  ## make the environment in .venv from requirements.lock

$(VENV)/.installed: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "needs $(PYTHON) on the PATH (3.11 or 3.12): install it or set PYTHON=..." >&2; exit 1; }
	@echo "making the environment in $(VENV) (about 1.7 GB; a minute on a fast line)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip --disable-pip-version-check install --quiet "$$(grep -o '^uv==[0-9.]*' requirements.lock)"
	@$(BIN)/uv pip sync --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

demo: env  ## the whole marketplace on a simulated shop: fill, run, serve, print the addresses
	@$(BIN)/marketplace demo

test: env  ## every test, with real Postgres, Feast, MLflow, Bento and a browser
	@$(BIN)/pytest

check: env  ## lint and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

fix: env  ## format the code and mend what lint can mend
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

down:  ## stop everything that the demo started
	@$(BIN)/marketplace down

clean: down  ## stop, and remove the state folder and the environment
	rm -rf .marketplace $(VENV)
