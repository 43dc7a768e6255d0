.DEFAULT_GOAL := help
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12) python3.11)
VENV := .venv
BIN := $(VENV)/bin

# Threads are pinned before numpy loads, telemetry of every library is off.
export OMP_NUM_THREADS := 1
export OMP_WAIT_POLICY := passive
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export OTEL_SDK_DISABLED := true
export DAGSTER_DISABLE_TELEMETRY := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
export MLFLOW_DISABLE_TELEMETRY := true
export BENTOML_DO_NOT_TRACK := True
# Half of a start is imports: without bytecode on disk each process would compile hundreds of packages again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help env demo test check fix bench faults down clean

help:  ## show this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(VENV)/.installed  ## make the environment in .venv from requirements.lock

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null \
		|| { echo "needs Python 3.11 or 3.12 on the PATH ($(PYTHON) is not): install it, or make env PYTHON=/path/to/python" >&2; exit 1; }
	@echo "making the environment in $(VENV): about 300 packages, 1.7 GB; a minute or a few, most of it the download"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
		|| { echo "$(PYTHON) cannot make environments: on Debian, apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/pip --disable-pip-version-check install --quiet "$$(grep -o '^uv==[0-9.]*' requirements.lock)"
	@$(BIN)/uv pip sync --compile-bytecode --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@$(BIN)/python -m marketplace.local.openmp
	@touch $@

demo: env  ## the whole marketplace on a simulated shop: fill, run, serve, print the addresses; Ctrl-C ends it
	@$(BIN)/marketplace demo

test: env  ## every test, with real Postgres, Feast, MLflow, Bento and a browser
	@command -v chromium chromium-browser google-chrome >/dev/null \
		|| echo "no Chromium: the tests of the pages will skip; apt-get install chromium, and they run" >&2
	@$(BIN)/pytest -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder --durations 15

check: env  ## lint, format and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

fix: env  ## format the code and mend what lint can mend
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: env  ## every question of benchmarks/: speed, size and growth beside named peers
	@$(BIN)/python -m benchmarks

faults: env  ## kill -9 every part of a running marketplace, and its supervisor, and time the return
	@$(BIN)/pytest tests/faults -m faults -s

down: env  ## stop everything that the demo started; data and models stay
	@$(BIN)/marketplace down

clean:  ## stop, and remove the state folder, the environment and every cache
	@if test -x $(BIN)/marketplace; then $(BIN)/marketplace down; fi
	rm -rf .marketplace $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis dbt/target dbt/logs
