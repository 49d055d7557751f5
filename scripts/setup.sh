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

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

find_python() {
  if [ -n "${PYTHON:-}" ]; then
    is_recent "$PYTHON" || fail "PYTHON=$PYTHON is no Python 3.10 or newer"
    echo "$PYTHON"
    return
  fi
  for candidate in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
    if is_recent "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  fail "no Python 3.10 or newer found; install one or name it: make $purpose PYTHON=/path/to/python3"
}

# CXX may carry arguments, such as "ccache g++", so it is left to be split.
has_compiler() { command -v "${compiler%% *}" >/dev/null; }
has_venv() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }
has_headers() {
  "$python" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'
}
has_doctest() { echo '#include <doctest/doctest.h>' | $compiler -E -x c++ - >/dev/null 2>&1; }
has_portaudio() { "$python" -c 'import ctypes.util, sys; sys.exit(not ctypes.util.find_library("portaudio"))'; }
has_opengl() { "$python" -c 'import ctypes.util, sys
sys.exit(not (ctypes.util.find_library("EGL") and ctypes.util.find_library("GL")))'; }
has_xvfb() { command -v Xvfb >/dev/null; }
has_browser() { command -v chromium >/dev/null || command -v google-chrome >/dev/null; }
has_pulseaudio() { command -v pulseaudio >/dev/null && command -v pactl >/dev/null; }
has_espeak() { "$python" -c 'import ctypes.util, sys; sys.exit(not ctypes.util.find_library("espeak-ng"))'; }
has_speech_tools() { command -v espeak-ng >/dev/null && command -v sox >/dev/null; }

require() {
  needed=""
  if ! has_compiler; then
    [ -z "${CXX:-}" ] || fail "CXX=$CXX: there is no such command; install it, or leave CXX out to build with c++"
    needed="$needed g++"
  fi
  if ! has_venv || ! has_headers; then
    # Only the system's own Python comes in parts.
    [ "$("$python" -c 'import sys; print(sys.base_prefix)')" = /usr ] ||
      fail "$python lacks venv or Python.h; try make $purpose PYTHON=/usr/bin/python3"
    name=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    has_venv || needed="$needed $name-venv"
    has_headers || needed="$needed $name-dev"
  fi
  [ -z "$needed" ] && return
  # shellcheck disable=SC2086  # a list of words
  system_packages $needed || fail "cannot build without:$needed"
}

# What makes more of it work. A failed attempt is not repeated until .venv is made anew.
improve() {
  [ "$(uname)" = Linux ] || return 0
  wanted=""
  has_portaudio || wanted="$wanted libportaudio2"
  has_opengl || wanted="$wanted libegl1 libgl1 libgl1-mesa-dri"
  if [ "$purpose" = test ]; then
    has_doctest || wanted="$wanted doctest-dev"
    has_xvfb || wanted="$wanted xvfb"
    has_browser || wanted="$wanted chromium"
    has_pulseaudio || wanted="$wanted pulseaudio pulseaudio-utils libasound2-plugins alsa-utils"
    has_espeak || wanted="$wanted libespeak-ng1 espeak-ng-data"
    has_speech_tools || wanted="$wanted espeak-ng sox"
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

# Whether a step has succeeded with the same inputs.
is_done() { [ "$(cat "$venv/$1.stamp" 2>/dev/null)" = "$2" ]; }

# Runs the command of a step unless that is done: "once STEP INPUTS COMMAND".
once() {
  step=$1
  inputs=$2
  shift 2
  is_done "$step" "$inputs" && return
  rm -f "$venv/$step.stamp"
  "$@"
  echo "$inputs" >"$venv/$step.stamp"
}

pip() {
  "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@" || fail "pip failed for the reason above. \
If that is the network, look at HTTPS_PROXY and at '$venv/bin/python -m pip config list'. Then run make $purpose again."
}

make_venv() {
  say "making $venv with $("$python" --version)"
  "$python" -m venv --clear "$venv"
}

# CMake keeps to the compiler and the directory that a build tree was first configured with.
forget_builds() {
  [ ! -d build ] || find build -maxdepth 2 -name CMakeCache.txt -delete
}

install_build_tools() {
  say "installing what the build needs"
  pip install 'pip>=25.1' # the first with --group
  pip install --group build
}

# Not isolated: the tools of an isolated build are in another place every time, so nothing built would be kept.
install_hostmode() {
  say "building hostmode (a minute or so the first time)"
  pip install --no-build-isolation --config-settings build-dir=build/venv '.[all]'
}

install_test_tools() {
  say "installing what the tests need"
  pip install --group test
}

compiler=${CXX:-c++}
python=$(find_python)
# The programs in .venv hold the path of this directory.
origin="$PWD $("$python" -c 'import sys; print(sys.base_prefix, *sys.version_info[:2])')"
sources="$(checksum pyproject.toml CMakeLists.txt cpp python) $compiler"
if ! is_done venv "$origin" || ! is_done hostmode "$sources"; then
  require
fi
once venv "$origin" make_venv
once compiler "$compiler" forget_builds
once build-tools "$(checksum pyproject.toml)" install_build_tools
improve
if [ "$purpose" = test ]; then
  once test-tools "$(checksum pyproject.toml)" install_test_tools
fi
once hostmode "$sources" install_hostmode
