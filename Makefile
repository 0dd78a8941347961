# Two commands: `make quickstart` maps a first front, `make test` runs every check. Both make .venv if it is missing.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
# Files of tests on two cores at once; SIDE_BY_SIDE= runs them one after the other.
SIDE_BY_SIDE ?= -n 2 --dist loadfile

export RAY_USAGE_STATS_ENABLED := 0
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

.PHONY: quickstart test lint unit integration rehearsal validation kernels clean

quickstart: $(INSTALLED)
	$(BIN)/dosefront sweep tune_configs/quickstart.yaml

test: lint unit integration

lint: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

unit: $(INSTALLED)
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "not integration and not cluster" \
		--doctest-modules platform/dosefront envs/posology tests

integration: $(INSTALLED)
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "integration and not cluster" tests

# Plays several machines on this host, for minutes.
rehearsal: $(INSTALLED)
	$(BIN)/pytest -m cluster -s tests

# Emulates the library's trials, and puts the outcome where docs/validation.md shows it.
validation: $(INSTALLED)
	COLUMNS=140 $(BIN)/dosefront validate-model --out docs > docs/validation.draft
	mv docs/model-validation.csv docs/validation.csv
	mv docs/model-validation.png docs/images/validation.png
	(sed '/^<!-- table -->/q' docs/validation.md; echo '```'; sed 's/ *$$//' docs/validation.draft; \
		echo '```'; sed -n '/^<!-- end of table -->/,$$p' docs/validation.md) > docs/validation.new
	mv docs/validation.new docs/validation.md
	rm docs/validation.draft

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else \
		"dosefront needs Python 3.11 or newer, but $(PYTHON) is " + sys.version.split()[0] + \
		". Name another one: make PYTHON=python3.12 ...")'
	@echo "Installing dosefront and its tools into .venv (minutes the first time) ..."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

# Compiled code is cached file by file: a caller in another file does not notice a change.
kernels:
	find envs -name '*.nb[ic]' -delete

clean: kernels
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
