#!/bin/sh
# Every check of the project, the same for people and CI:  make test  |  make lint
# PYTHON and ENGINE_PYTHON are the two runtimes' interpreters.
set -eu
export RASA_TELEMETRY_ENABLED=false WENFA_ACTIONS_PORT=5055 ENGINE_TRACKER_URL=sqlite:// TF_CPP_MIN_LOG_LEVEL=3
step() { printf '\n[检查] %s\n' "$1"; }

step "格式与常见错误（ruff）"
"$PYTHON" -m ruff format --check .
"$PYTHON" -m ruff check .

step "类型（mypy，应用）"
"$PYTHON" -m mypy knowledge actions bot bench tests runtimes

step "类型（mypy，引擎）"
"$ENGINE_PYTHON" -m mypy --config-file engine/mypy.ini engine tests/engine bench/understanding/compare.py bench/understanding/train_and_ask.py

step "训练数据（rasa data validate）"
"$ENGINE_PYTHON" -W ignore -m rasa data validate --domain domain --data nlu_data --config config.yml --fail-on-warnings

[ "${1:-}" = lint ] && exit 0

step "引擎的测试（Python 3.10）"
"$ENGINE_PYTHON" -m pytest -c tests/engine/pytest.ini --rootdir tests/engine tests/engine

step "建库、训练（有变化才训练），下面都用它"
# a database of its own, whatever the shell's address leads to
env -u DATABASE_URL "$PYTHON" -m bot.cli prepare

step "应用的测试（每个核一份，同时跑）"
"$PYTHON" -m pytest -m "not e2e" -n auto --dist loadfile tests

step "从头到尾的测试（真的引擎、浏览器、Telegram，一个一个跑）"
"$PYTHON" -m pytest -m e2e tests/e2e

