# `make demo` shows the main job; `make test` runs every check. Both set up what they need in .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: demo test tools format lint types imports tests fuzz accuracy simulate bench bench-web screenshots lock clean

demo: .venv/.installed
	@$(BIN)/attribution demo

test: tools format lint types imports tests

# What the tests use beside Python packages, installed where that may be done without asking; else said how. In CI a missing one is an error.
tools:
	@sh scripts/tools.sh

format: .venv/.installed
	$(BIN)/ruff format --check .

lint: .venv/.installed
	$(BIN)/ruff check .

types: .venv/.installed
	$(BIN)/mypy

imports: .venv/.installed
	$(BIN)/lint-imports

tests: .venv/.installed
	rm -f .coverage .coverage.*
	$(BIN)/pytest --numprocesses=2 --cov --cov-report=term

.venv/.installed: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

clean:
	rm -rf .venv .venv-bench .mypy_cache .ruff_cache .pytest_cache .coverage

fuzz: .venv/.installed
	$(BIN)/python tests/fuzz.py --mutants 100000

accuracy: .venv-bench/.installed
	.venv-bench/bin/python benchmarks/accuracy.py

simulate: .venv/.installed
	$(BIN)/python benchmarks/simulate.py

bench: .venv-bench/.installed
	.venv-bench/bin/python benchmarks/bench.py
	.venv-bench/bin/python benchmarks/store.py
	.venv-bench/bin/python benchmarks/plot.py

.venv-bench/.installed: requirements/bench.txt pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

bench-web: .venv/.installed
	$(BIN)/python benchmarks/web.py

screenshots: .venv/.installed tools
	$(BIN)/python scripts/make_screenshots.py

LOCK := pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-header --no-emit-options \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

lock:
	$(LOCK) --extra dev --extra exchange --extra overview --extra postgresql --extra web --output-file requirements/dev.txt pyproject.toml
	$(LOCK) --extra bench --output-file requirements/bench.txt pyproject.toml
	$(LOCK) --extra web --extra postgresql --build-deps-for wheel --output-file requirements/service.txt pyproject.toml
