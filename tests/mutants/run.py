"""Break the sources one line at a time and see whether the tests that name the broken rule fail.

Works on a copy of the repository. Exit code 1: a mutant survived, or could not be tried.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from definitions import ROOT
from mutation import Mutation, files_naming
from mutations import MUTATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

NOT_COPIED = (".git", ".venv", ".nox", ".*_cache", "__pycache__", "build", "dist", "*.so", "*.pyd")
BUILD_PATIENCE_S = 1800.0
# Many times what the slowest row takes: a mutant may hang.
TEST_PATIENCE_S = 120.0
PYTEST_PASSED, PYTEST_FAILED = 0, 1

CAUGHT, SURVIVED = "caught", "SURVIVED"


class Outcome(NamedTuple):
    word: str
    output: str = ""


class Workshop:
    """A copy of the repository that is rebuilt as far as a change needs it, and imported from where it lies."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*NOT_COPIED))
        self._environment = {**os.environ, "PYTHONPATH": str(root / "python"), "PYTHONDONTWRITEBYTECODE": "1"}
        pybind11 = self._run(sys.executable, "-m", "pybind11", "--cmakedir")
        configured = self._run(
            *("cmake", "-S", ".", "-B", "build", "-G", "Ninja"),
            # Nearly all the time goes into compiling, so neither optimisation nor debug information.
            *("-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0"),
            *("-DHOSTMODE_PYTHON=ON", f"-DPython_EXECUTABLE={sys.executable}"),
            f"-Dpybind11_DIR={pybind11.stdout.strip()}",
            f"-DCMAKE_LIBRARY_OUTPUT_DIRECTORY={root / 'python' / 'hostmode'}",
        )
        if configured.returncode != 0:
            sys.exit(configured.stdout)

    def try_rows(self, rows: Iterable[str]) -> Outcome:
        """Build what lies here and run the tests that name one of these rows, up to the first failure."""
        built = self._run("cmake", "--build", "build", patience_s=BUILD_PATIENCE_S)
        if built.returncode != 0:
            return Outcome("does not compile", built.stdout)
        named = {row: files_naming(row, self.root) for row in rows}
        files = sorted({str(file.relative_to(self.root)) for files in named.values() for file in files})
        try:
            tested = self._run(
                *(sys.executable, "-m", "pytest", "-x", "-q", "--tb=short", "-p", "no:cacheprovider"),
                *("-k", " or ".join(f"test_{row}_" for row in named), *files),
            )
        except subprocess.TimeoutExpired:
            return Outcome(f"hangs for {TEST_PATIENCE_S:.0f} s")
        if tested.returncode == PYTEST_PASSED:
            return Outcome(SURVIVED, tested.stdout)
        if tested.returncode == PYTEST_FAILED:
            return Outcome(CAUGHT, tested.stdout)
        return Outcome(f"pytest ends with {tested.returncode}", tested.stdout)

    def try_mutation(self, mutation: Mutation) -> Outcome:
        try:
            place = mutation.place(self.root)
        except LookupError as absent:
            return Outcome(str(absent))
        sound = place.path.read_text()
        broken = place.text.replace(mutation.original, mutation.mutated)
        place.path.write_text(sound[: place.start] + broken + sound[place.start + len(place.text) :])
        try:
            return self.try_rows([mutation.row])
        finally:
            place.path.write_text(sound)

    def _run(self, *command: str, patience_s: float = TEST_PATIENCE_S) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.root,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=patience_s,
            check=False,
        )


def describe(mutation: Mutation) -> str:
    """Return where the changed line stands and what becomes of it, on one line."""
    before, after = mutation.changed_line()
    place = mutation.place()
    at = place.start + place.text.index(mutation.original)
    line = place.path.read_text().count("\n", 0, at) + 1 + mutation.original.split("\n").index(before)
    return f"{place.path.name}:{line}  {before.strip()}  ->  {after.strip() or '(left out)'}"


def main() -> None:
    """Try the mutations that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="show the mutations and try none")
    parser.add_argument(
        "--only", metavar="ROW", action="append", help="a row of the contract, such as E13; repeatable"
    )
    arguments = parser.parse_args()
    wanted = {row.lower() for row in arguments.only or ()}
    unknown = wanted - {mutation.row for mutation in MUTATIONS}
    if unknown:
        parser.error(f"no mutation of {', '.join(sorted(unknown))}; --list shows which rows have one")
    # File by file: what one mutation changed is mended by the build that the next one needs anyway.
    mutations = sorted((m for m in MUTATIONS if not wanted or m.row in wanted), key=lambda m: m.place().path)
    if arguments.list:
        for mutation in mutations:
            print(f"{mutation.row:14} {describe(mutation)}")
        return

    # Now, because the sources may be worked on meanwhile.
    described = {mutation: describe(mutation) for mutation in mutations}
    begun = time.monotonic()
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="hostmode-mutants-") as directory:
        workshop = Workshop(Path(directory) / "hostmode")
        untouched = workshop.try_rows(dict.fromkeys(mutation.row for mutation in mutations))
        if untouched.word != SURVIVED:
            sys.exit(f"{untouched.output}\nbefore any mutation: {untouched.word}, but the tests should pass")
        print(f"built and tested unchanged in {time.monotonic() - begun:.0f} s", flush=True)
        for mutation in mutations:
            started = time.monotonic()
            outcome = workshop.try_mutation(mutation)
            outcomes.append(outcome)
            took_s = time.monotonic() - started
            print(f"{mutation.row:14} {outcome.word:9} {took_s:5.1f} s  {described[mutation]}", flush=True)
            if outcome.word not in (CAUGHT, SURVIVED):
                print(outcome.output)
    caught = sum(outcome.word == CAUGHT for outcome in outcomes)
    print(f"{caught} of {len(outcomes)} mutants caught in {time.monotonic() - begun:.0f} s")
    sys.exit(caught != len(outcomes))


if __name__ == "__main__":
    main()
