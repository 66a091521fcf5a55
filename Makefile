# Shorthands: with .venv active, `snakemake --cores all` and `pytest` (on one core) do the same.
PYTHON ?= python3
CONFIG ?=
BIN := .venv/bin

# The report is named after the files of the configuration: results/report_quick.html for CONFIG=config/quick.yaml.
SPACE := $(subst ,, )
REPORT := results/report$(subst $(SPACE),,$(patsubst %,_%,$(notdir $(basename $(CONFIG))))).html

$(foreach file,$(CONFIG),$(if $(wildcard $(file)),,$(error CONFIG: $(file): no such file)))
$(foreach file,$(CONFIG),$(if $(wildcard $(file)/.),$(error CONFIG: $(file): is a directory, expected a file)))

.PHONY: figures report test setup

figures: setup
	$(BIN)/snakemake --cores all $(if $(CONFIG),--configfile $(CONFIG))

report: setup
	$(BIN)/snakemake report --cores all $(if $(CONFIG),--configfile $(CONFIG)) \
		--report $(REPORT) --report-after-run --report-stylesheet workflow/report/style.css

test: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

setup: .venv/installed

.venv/installed: envs/requirements.txt envs/requirements-dev.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r envs/requirements-dev.txt
	touch $@
