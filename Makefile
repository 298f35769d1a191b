# Everything this project needs, from a fresh clone with Python 3.11 or newer: "make run", "make test", "make check".

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
COMPILE := $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

.PHONY: run test check production-check audit bench faults pictures lock messages

run: .venv/installed
	@# The trap leaves Ctrl-C to the server, which ends well by itself; 130 is Ctrl-C before it began to serve.
	@trap : INT; $(BIN)/python manage.py serve --host "$(HOST)" --port "$(PORT)" $(if $(WORKERS),--workers "$(WORKERS)") || test $$? -eq 130

test: .venv/installed-dev
	$(BIN)/python -m pytest -n 2 --engine sqlite
	$(BIN)/python -m pytest -n 2 --engine postgresql -m "not looks and not once and not pictures and not faults"

check: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/djlint templates --check --quiet
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/djlint partnerships/templates --profile django --check --quiet
	$(BIN)/djlint partnerships/templates --profile django --lint --quiet
	$(BIN)/lint-imports --no-logo
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python tests/translations.py check

production-check: .venv/installed
	$(BIN)/python manage.py check --deploy --database default --fail-level WARNING

audit: .venv-audit/installed
	.venv-audit/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off --requirement requirements.txt || { \
		echo "A locked version is known to be vulnerable, or not all could be asked about." >&2; exit 1; }

bench: .venv/installed-dev .venv-bench/installed
	$(BIN)/python -m tests.bench $(if $(QUICK),--quick) $(if $(ALL),--all) $(ONLY:%=--only %) $(if $(ADD),--add)

faults: .venv/installed-dev
	$(BIN)/python -m pytest -n 0 -s -m faults --engine sqlite
	$(BIN)/python -m pytest -n 0 -s -m "faults and not once" --engine postgresql

pictures: .venv/installed-dev
	$(BIN)/python -m pytest -n 0 -m pictures
	@echo "The pictures are in var/pictures."

messages: .venv/installed-dev
	$(BIN)/python tests/translations.py update

lock: $(BIN)/python
	@$(BIN)/python -c "import uv" 2>/dev/null || $(PIP) install --quiet uv
	$(COMPILE) pyproject.toml --output-file requirements.txt
	$(COMPILE) pyproject.toml --group dev --constraint requirements.txt --output-file requirements-dev.txt
	$(COMPILE) --group bench --output-file requirements-bench.txt

# The stamps: an environment is installed again only when its lock file has changed.
.venv/installed: requirements.txt | $(BIN)/python
	@echo "Installing the locked dependencies into .venv"
	@$(PIP) install --quiet --require-hashes --requirement requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt | $(BIN)/python
	@echo "Installing the locked dependencies and development tools into .venv"
	@$(PIP) install --quiet --require-hashes --requirement requirements-dev.txt
	@touch $@

# What the directory is measured against, apart from its own dependencies.
.venv-bench/installed: requirements-bench.txt | $(BIN)/python
	@echo "Installing what the directory is measured against into .venv-bench"
	@$(BIN)/python -m venv --clear .venv-bench
	@.venv-bench/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes --requirement $<
	@touch $@

.venv-audit/installed: | $(BIN)/python
	@echo "Installing pip-audit into .venv-audit"
	@$(BIN)/python -m venv --clear .venv-audit
	@.venv-audit/bin/python -m pip --disable-pip-version-check install --quiet "pip-audit~=2.9"
	@touch $@

$(BIN)/python:
	@case "$$($(PYTHON) --version 2>&1)" in \
	"Python 3.1"[1-9]* | "Python 3."[2-9][0-9]* | "Python "[4-9]*) ;; \
	"Python "*) echo "Python 3.11 or newer is needed; this machine's $(PYTHON) is" \
		"$$($(PYTHON) --version 2>&1 | cut -d ' ' -f 2)." >&2; exit 1 ;; \
	*) echo "Python 3.11 or newer is needed; this machine has no $(PYTHON)." >&2; exit 1 ;; \
	esac
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || { \
		echo "$(PYTHON) lacks its venv module; install it first (on Debian and Ubuntu: the package python3-venv)." >&2; \
		exit 1; }
	@$(PYTHON) -m venv --clear .venv
