# Two commands matter: `make demo` grades the example submissions, `make test` runs every test.

# The first interpreter of 3.11 or newer; system ones first, because a worker's own user can read those.
PYTHON ?= $(shell for p in /usr/bin/python3.11 /usr/bin/python3.12 /usr/bin/python3.13 python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
TORCH := 2.13.0
# PyTorch's own index of CPU builds, a fifth of the size of the default build; used on Linux only.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
# Twice as many processes as cores: many tests wait for a limit to pass.
TESTERS ?= $(shell $(PYTHON) -c 'import os; print(2 * os.cpu_count())')
INSTALLED := $(VENV)/.installed
# Many processes start: one compiles a module, the others find it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test verify mutants redteam benchmark release site picture format clean

demo: $(INSTALLED)
	$(BIN)/autograder grade a3_recurrent examples/a3_recurrent/*/ -o .demo

test: $(INSTALLED)
	$(BIN)/python -m pytest -n $(TESTERS) --dist loadfile --no-loadscope-reorder
	$(BIN)/autograder release --check

verify: $(INSTALLED)
	$(BIN)/autograder verify

mutants: $(INSTALLED)
	$(BIN)/autograder verify --mutants

redteam: $(INSTALLED)
	-$(PIP) install -q -e ".[fuzz]"
	$(BIN)/python -m tests.redteam.guided
	$(BIN)/python -m tests.redteam.table
	REDTEAM_FRAMES=1000000 REDTEAM_BROKEN=300 REDTEAM_NONSENSE=100 \
		$(BIN)/python -m pytest tests/redteam/test_wire.py tests/redteam/test_promises.py

benchmark: $(INSTALLED)
	$(BIN)/python -m benchmarks.graders --large 1000 -o .benchmark

release: $(INSTALLED)
	$(BIN)/autograder release

site: $(INSTALLED)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
	@echo "open site/index.html"

picture: $(INSTALLED)
	$(BIN)/python docs/images/grading.py

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .demo .benchmark site

$(INSTALLED): pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed (set PYTHON=...)"; exit 1; }
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	@if [ "$$(uname -s)" = Linux ]; then \
		$(PIP) install "torch==$(TORCH)+cpu" \
		|| $(PIP) install "torch==$(TORCH)+cpu" --extra-index-url $(TORCH_INDEX) \
		|| $(PIP) install "torch==$(TORCH)"; \
	else $(PIP) install "torch==$(TORCH)"; fi
	$(PIP) install -e ".[dev]"
	touch $@
