# The course's commands; `make` alone lists them. Everything is installed into .venv and nowhere else.
#   PYTHON=python3.12   use this Python instead of the first suitable one
#   TORCH_INDEX=URL     package index that torch may also come from; empty for none (see README, "GPU")
#   PYTEST_ARGS=...     further arguments of pytest

RUN := .venv/bin/python -m
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
NOTEBOOKS := $(wildcard notebooks/*.ipynb)

.PHONY: help setup demo test lab lint lock clean

help:
	@echo "make demo    draw six sentences, in Chinese and in English, into outputs/"
	@echo "make test    run all tests"
	@echo "make lab     open the lessons in JupyterLab"
	@echo "make setup   only install (the three above do it by themselves)"
	@echo "make lint    check style and format of the code"
	@echo "make lock    write requirements.lock anew from pyproject.toml"
	@echo "make clean   remove .venv and caches; pictures, runs and weights stay"

setup: .venv/installed

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

test: export HF_HUB_OFFLINE = 1
test: .venv/installed
	@$(RUN) pytest $(PYTEST_ARGS)
ifneq ($(NOTEBOOKS),)
	@OMP_NUM_THREADS=1 $(RUN) pytest --nbval --nbval-current-env --nbval-cell-timeout 300 notebooks
endif

lab: .venv/installed
	@$(RUN) jupyterlab --notebook-dir=notebooks

lint: .venv/installed
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .

lock: .venv/installed
	@$(RUN) tools.lock > build-lock.tmp && mv build-lock.tmp requirements.lock

clean:
	rm -rf .venv .pytest_cache .ruff_cache build *.egg-info
	find t2i_lib tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
