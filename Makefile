# make demo   set up everything in .venv and read the sample studies (writes out/demo/)
# make test   set up everything in .venv and run the whole test suite (each of the reader's stories in a process of its own)
# make check  formatting, linters, types (what .ci/run does after the tests)

VENV   ?= .venv
PYTHON ?= $(shell Testing/tools/find_python.sh)
BIN    := $(VENV)/bin
INPUTS := pyproject.toml MedMMSlicer/Resources/requirements.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check train-extra file-lists clean

demo: $(VENV)/.demo-ready
	$(BIN)/medmm demo --out out/demo $(DEMO_OPTIONS)

test: $(VENV)/.test-ready
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest --ignore=Testing/story $(TEST_OPTIONS)
	for story in Testing/story/test_*.py; do QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest $$story || exit 1; done

check: $(VENV)/.test-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# torch, MONAI and onnx: training, and the tests that compare with torch
train-extra: $(VENV)/.train-ready

file-lists: $(VENV)/.test-ready
	$(BIN)/python Testing/repository/update_file_lists.py --write

$(VENV)/.created:
	@Testing/tools/system_libraries.sh
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 was found. Install one, or run: make PYTHON=/path/to/python $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.demo-ready: $(VENV)/.created $(INPUTS)
	$(BIN)/python -m pip install --quiet --editable ".[cpu,host,demo]"
	@touch $@

$(VENV)/.test-ready: $(VENV)/.created $(INPUTS)
	$(BIN)/python -m pip install --quiet --editable ".[cpu,host,demo,test]"
	@touch $@ $(VENV)/.demo-ready

$(VENV)/.train-ready: $(VENV)/.test-ready
	$(BIN)/python -m pip install --quiet $(TORCH_REQUIREMENT)
	$(BIN)/python -m pip install --quiet --editable ".[cpu,host,demo,test,train]"
	@touch $@

# A CPU build is enough for the recipes; any torch >= 2.4 will do.
TORCH_REQUIREMENT ?= torch==2.13.0

clean:
	rm -rf $(VENV) out build dist
