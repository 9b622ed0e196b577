# The course's commands; `make` alone lists them. Everything is installed into .venv and nowhere else.
#   PYTHON=python3.12   use this Python instead of the first suitable one
#   TORCH_INDEX=URL     package index that torch may also come from; empty for none (see docs/installing.md, "GPU")
#   PYTEST_ARGS=...     further arguments of pytest; LAB_ARGS=... of JupyterLab

RUN := .venv/bin/python -m
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
NOTEBOOKS := $(wildcard notebooks/*.ipynb)

.PHONY: help setup demo test lab studio notebooks slides site costs lint lock lists bundle copies grade clean

help:
	@echo "make demo    draw six sentences, in Chinese and in English, into outputs/"
	@echo "make test    run all tests and all lessons"
	@echo "make lab     open your copies of the lessons in JupyterLab"
	@echo "make studio  open the studio in the browser: draw, walk, save"
	@echo "make setup   only install (the others do it by themselves)"
	@echo "make notebooks   run the lessons and store their outputs; NOTEBOOKS=... names some"
	@echo "make slides  build the decks into outputs/slides (needs Node.js); DECK=06 builds one"
	@echo "make site    build the course as web pages into outputs/site (needs Node.js)"
	@echo "make costs   measure what each lesson costs and write it into its header; NOTEBOOKS=... names some"
	@echo "make lint    check style and format of the code"
	@echo "make lock    resolve pyproject.toml anew into requirements.lock and environment.yml"
	@echo "make lists   write data/README.md, the READMEs' quality tables, glossary, run sheets, the Chinese notebooks"
	@echo "make bundle  write one file into outputs/ that installs the course where there is no network"
	@echo "make copies  copies of the lessons for students, into copies/; LESSONS=\"01 06\" names some, OUT=... another folder"
	@echo "make grade SUBMISSIONS=folder   grade what they handed in, into grades/ (see docs/grading.md)"
	@echo "make clean   remove .venv and caches; pictures, runs and weights stay"

setup: .venv/installed

# Moved to another folder, .venv must be told: its stamp holds the place it was made for.
ifneq ($(shell cat .venv/installed 2>/dev/null),$(shell pwd -P))
.venv/installed: moved
endif
.PHONY: moved
moved:

# The stamp is younger than what it was made from, so a second call installs nothing and needs no network.
.venv/installed: requirements.lock pyproject.toml tools/install.py
	@if [ -n "$$PYTHON" ]; then set -- "$$PYTHON"; else set -- python3.11 python3 python3.12 python3.13 python; fi; \
	for python in "$$@"; do \
		if "$$python" -c '$(SUITABLE)' >/dev/null 2>&1; then exec "$$python" tools/install.py; fi; \
	done; \
	echo "No suitable Python among: $$*. Needed is Python 3.11, 3.12 or 3.13 with its venv module" \
		"(https://www.python.org/downloads; on Debian and Ubuntu: apt install python3-venv)." \
		"Another place: make PYTHON=/path/to/python3" >&2; \
	exit 1

demo: .venv/installed
	@$(RUN) t2i_lib demo --out outputs

# One thread: small tensors gain nothing from two, and lose much where another program is busy.
test: export OMP_NUM_THREADS = 1
test: export HF_HUB_OFFLINE = 1
test: .venv/installed
	@$(RUN) pytest $(PYTEST_ARGS)
ifneq ($(NOTEBOOKS),)
	@$(RUN) pytest --nbval --nbval-current-env --nbval-cell-timeout 300 \
		--nbval-sanitize-with tests/nbval_sanitize.cfg --durations=10 notebooks
endif

lab: .venv/installed
	@$(RUN) t2i_lib lab -- $(LAB_ARGS)

studio: .venv/installed
	@$(RUN) t2i_lib studio page

notebooks: .venv/installed
	@$(RUN) tools.refresh_notebooks $(NOTEBOOKS)
	@$(RUN) tools.chinese_edition

slides: .venv/installed
	@$(RUN) tools.slides $(DECK)

site: .venv/installed
	@$(RUN) tools.site

costs: .venv/installed
	@$(RUN) t2i_lib costs $(NOTEBOOKS)
	@$(RUN) tools.chinese_edition

lint: .venv/installed
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .

lock: .venv/installed
	@$(RUN) tools.lock

lists: .venv/installed
	@$(RUN) tools.doors
	@$(RUN) tools.list_data
	@$(RUN) tools.quality_table
	@$(RUN) tools.sketch_table
	@$(RUN) tools.glossary
	@$(RUN) tools.run_sheet
	@$(RUN) tools.chinese_edition

bundle: .venv/installed
	@$(RUN) tools.bundle

copies: .venv/installed
	@$(RUN) tools.grading copies $(LESSONS:%=--lessons %) $(if $(OUT),--out "$(OUT)")

grade: .venv/installed
	@$(RUN) tools.grading grade $(if $(SUBMISSIONS),"$(SUBMISSIONS)") $(LESSONS:%=--lessons %) $(if $(OUT),--out "$(OUT)") $(GRADE_ARGS)

clean:
	rm -rf .venv .pytest_cache .ruff_cache build *.egg-info
	find t2i_lib tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
