# `make demo` shows the main job; `make test` runs every check. Both set up what they need, from complete locks.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := bin/pip --disable-pip-version-check --quiet

.PHONY: demo check test tools base format lint types imports quick tests docs coverage wheel \
	catalogues tables soak fuzz accuracy simulate bench bench-web screenshots lock clean

demo: .venv-demo/.installed
	@.venv-demo/bin/attribution demo

# The inner loop: what can be told without a browser, a database server or the demo world.
check: format lint types imports quick

test: tools base format lint types imports tests

# Programs that the tests use beside Python packages: installed as root on Debian, named elsewhere, an error in CI.
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

quick: .venv/.installed
	$(BIN)/pytest --quiet --numprocesses=2 tests/unit tests/property

tests: .venv/.installed
	$(BIN)/pytest --numprocesses=2

# The documentation as a site, in docs/_build; a warning is an error.
docs: .venv/.installed
	$(BIN)/sphinx-build -W --keep-going --quiet docs docs/_build

# Which lines the tests reach; takes half as long again as the tests alone.
coverage: .venv/.installed
	rm -f .coverage .coverage.*
	$(BIN)/pytest --numprocesses=2 --cov --cov-report=term

# Rows of the tables of law that nobody looked at for a year, or that lack a source: no test of the code fails on them.
tables: .venv/.installed
	$(BIN)/python scripts/check_tables.py

# An environment from a lock: `--no-deps` and hashes, so that nothing depends on what is newest or on pip's version.
define environment
	rm -rf $(1)
	$(PYTHON) -m venv $(1)
	$(1)/$(PIP) install --no-deps --require-hashes --only-binary :all: --requirement $(2)
endef

define install
	$(call environment,$(1),$(2))
	$(1)/$(PIP) install --no-deps --no-build-isolation --editable .
	$(1)/$(PIP) check
	touch $(1)/.installed
endef

.venv/.installed: requirements/dev.txt pyproject.toml
	$(call install,.venv,requirements/dev.txt)

# Bring the catalogues of messages up to date with the code, and name what a translator has left to do.
catalogues: .venv/.installed
	PYTHONPATH=$(CURDIR) $(BIN)/python scripts/catalogues.py

# What a user of the library alone has: the wheel and what it requires. Tests measure it and run the main job in it.
base: .venv-base/.installed wheel
	.venv-base/$(PIP) install --no-deps --force-reinstall dist/hosting_attribution-*.whl
	.venv-base/$(PIP) check

.venv-base/.installed: requirements/base.txt
	$(call environment,.venv-base,requirements/base.txt)
	touch .venv-base/.installed

.venv-demo/.installed: requirements/demo.txt pyproject.toml
	$(call install,.venv-demo,requirements/demo.txt)

.venv-bench/.installed: requirements/bench.txt pyproject.toml
	$(call install,.venv-bench,requirements/bench.txt)

.venv-lock/.installed: requirements/lock.txt
	$(call environment,.venv-lock,requirements/lock.txt)
	touch .venv-lock/.installed

# The same bytes each time (hatchling fixes times and modes); no index is asked.
wheel: .venv-demo/.installed
	rm -f dist/hosting_attribution-*.whl
	.venv-demo/bin/hatchling build -t wheel

clean:
	rm -rf .venv .venv-base .venv-demo .venv-bench .venv-lock dist docs/_build .mypy_cache .ruff_cache .pytest_cache .coverage

# What takes longer than a change may wait for: kills by the hundred, scale, all seeds. At most an hour; prints a table.
soak: .venv/.installed
	timeout 3600 $(BIN)/python benchmarks/soak.py

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

bench-web: .venv/.installed
	$(BIN)/python benchmarks/web.py

screenshots: .venv/.installed tools
	$(BIN)/python scripts/make_screenshots.py

lock: .venv-lock/.installed
	PATH="$(CURDIR)/.venv-lock/bin:$$PATH" .venv-lock/bin/python scripts/make_locks.py
