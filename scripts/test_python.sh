#!/bin/sh
# Runs the Python tests of .venv: file by file on every core, and then those that need the machine to themselves.
# Arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."

.venv/bin/python -m pytest -n auto --maxprocesses 8 --dist loadfile -m "not alone" "$@"
.venv/bin/python -m pytest -m alone "$@"
