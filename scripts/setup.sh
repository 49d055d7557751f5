#!/bin/sh
# Readies .venv with hostmode built from these sources: "setup.sh demo" or "setup.sh test".
# Does nothing where nothing has changed. PYTHON=... chooses the interpreter (3.10 or newer).
set -eu
cd "$(dirname "$0")/.."

purpose=${1:?usage: scripts/setup.sh demo|test}
venv=.venv

say() { printf 'hostmode: %s\n' "$*" >&2; }

fail() {
  say "$@"
  exit 1
}

# --- system packages ---------------------------------------------------------------------------------------

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

may_install() {
  command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

# Installs packages, or says how to. Returns 1 where they could not be installed.
system_packages() {
  command_line="apt-get install -y --no-install-recommends $*"
  if may_install; then
    say "installing $*"
    if { as_root apt-get -qq update && as_root env DEBIAN_FRONTEND=noninteractive $command_line >/dev/null; } >&2; then
      return 0
    fi
  fi
  say "not installed: $*. On Debian and Ubuntu: sudo $command_line"
  return 1
}

find_python() {
  for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python3.10}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  fail "no Python 3.10 or newer found; install one or name it: make $purpose PYTHON=/path/to/python3"
}

has_compiler() { command -v "${CXX:-c++}" >/dev/null; }
has_venv() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }
has_headers() {
  "$python" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'
}
has_doctest() { echo '#include <doctest/doctest.h>' | "${CXX:-c++}" -E -x c++ - >/dev/null 2>&1; }
has_portaudio() { "$python" -c 'import ctypes.util, sys; sys.exit(not ctypes.util.find_library("portaudio"))'; }
has_pulseaudio() { command -v pulseaudio >/dev/null && command -v pactl >/dev/null; }

require() {
  needed=""
  has_compiler || needed="$needed g++"
  has_venv || needed="$needed python3-venv"
  has_headers || needed="$needed python3-dev"
  [ -z "$needed" ] && return
  # shellcheck disable=SC2086  # a list of words
  system_packages $needed || fail "cannot build without:$needed"
  has_compiler && has_venv && has_headers ||
    fail "$python still lacks a compiler, venv or Python.h; try make $purpose PYTHON=/usr/bin/python3"
}

# What makes more of it work. A failed attempt is not repeated until .venv is made anew.
improve() {
  [ "$(uname)" = Linux ] || return 0
  wanted=""
  has_portaudio || wanted="$wanted libportaudio2"
  if [ "$purpose" = test ]; then
    has_doctest || wanted="$wanted doctest-dev"
    has_pulseaudio || wanted="$wanted pulseaudio pulseaudio-utils libasound2-plugins alsa-utils"
  fi
  [ -z "$wanted" ] && return
  attempt="$venv/no-system-packages$(echo "$wanted" | tr ' ' '+')"
  if [ ! -e "$attempt" ]; then
    # shellcheck disable=SC2086
    system_packages $wanted || touch "$attempt"
  fi
}

# --- .venv -------------------------------------------------------------------------------------------------

# One number for the contents of files, directories included.
checksum() {
  find "$@" -type f ! -name '*.pyc' ! -name '*.so' -print | LC_ALL=C sort | tr '\n' '\0' | xargs -0 cksum | cksum
}

# Runs a command unless its stamp says that it succeeded with the same inputs.
once() {
  stamp="$venv/$1.stamp"
  inputs=$2
  shift 2
  [ "$(cat "$stamp" 2>/dev/null)" = "$inputs" ] && return
  rm -f "$stamp"
  "$@"
  echo "$inputs" >"$stamp"
}

pip() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }

make_venv() {
  say "making $venv with $("$python" --version)"
  "$python" -m venv --clear "$venv"
  pip install --upgrade 'pip>=25.1'
}

install_hostmode() {
  say "building hostmode (a minute or so the first time)"
  pip install '.[all]'
}

install_test_tools() {
  say "installing what the tests need"
  pip install --group test
}

python=$(find_python)
"$venv/bin/python" -c 'import pip' 2>/dev/null || require
"$venv/bin/python" -c 'import pip' 2>/dev/null || make_venv
improve
if [ "$purpose" = test ]; then
  once test-tools "$(checksum pyproject.toml)" install_test_tools
fi
once hostmode "$(checksum pyproject.toml CMakeLists.txt cpp python)" install_hostmode
