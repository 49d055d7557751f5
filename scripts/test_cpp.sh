#!/bin/sh
# Builds and runs the C++ tests of one preset: "test_cpp.sh dev", further arguments go to CMake.
# CMake and Ninja come from .venv where it has them.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

preset=${1:?usage: scripts/test_cpp.sh dev|release|asan|tsan [cmake arguments]}
shift

if ! echo '#include <doctest/doctest.h>' | ${CXX:-c++} -E -x c++ - >/dev/null 2>&1; then
  echo "C++ tests skipped: doctest/doctest.h not found (Debian and Ubuntu: sudo apt-get install doctest-dev)" >&2
  [ -z "${CI:-}" ] # a continuous integration that tests nothing is no success
  exit
fi

cmake --preset "$preset" "$@"
cmake --build "build/$preset"
ctest --preset "$preset" --verbose --no-tests=error
