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
# Many times what the slowest row takes: a mutant may hang. All rows together may not.
TEST_PATIENCE_S = 120.0
ALL_TESTS_PATIENCE_S = 1800.0
# Of pytest and doctest alike.
TESTS_PASSED, TESTS_FAILED = 0, 1

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
        # What one mutation changed is compiled again to be as it was, which a compiler cache need not do.
        cache = shutil.which("ccache")
        configured = self._run(
            *("cmake", "-S", ".", "-B", "build", "-G", "Ninja"),
            # Nearly all the time goes into compiling, so neither optimisation nor debug information.
            *("-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0"),
            *("-DHOSTMODE_PYTHON=ON", "-DHOSTMODE_TESTS=ON", f"-DPython_EXECUTABLE={sys.executable}"),
            *(
                [f"-DCMAKE_CXX_COMPILER_LAUNCHER={cache}"]
                if cache and "ccache" not in os.environ.get("CXX", "")
                else []
            ),
            f"-Dpybind11_DIR={pybind11.stdout.strip()}",
            f"-DCMAKE_LIBRARY_OUTPUT_DIRECTORY={root / 'python' / 'hostmode'}",
        )
        if configured.returncode != 0:
            sys.exit(configured.stdout)

    def try_rows(self, rows: Iterable[str], patience_s: float = TEST_PATIENCE_S) -> Outcome:
        """Build what lies here and run the Python tests that name one of these rows, up to the first failure."""
        named = {row: files_naming(row, self.root) for row in rows}
        files = sorted({str(file.relative_to(self.root)) for files in named.values() for file in files})
        return self._try(
            "_core",
            *(sys.executable, "-m", "pytest", "-x", "-q", "--tb=short", "-p", "no:cacheprovider"),
            *("-k", " or ".join(f"test_{row}_" for row in named), *files),
            patience_s=patience_s,
        )

    def try_cases(self, patterns: Iterable[str], patience_s: float = TEST_PATIENCE_S) -> Outcome:
        """Build what lies here and run the C++ test cases that the patterns pick, up to the first failure."""
        program = str(self.root / "build/tests/cpp/hostmode_tests")
        cases = f"--test-case={','.join(patterns)}"
        return self._try("hostmode_tests", program, cases, "--abort-after=1", patience_s=patience_s)

    def _try(self, target: str, *test: str, patience_s: float) -> Outcome:
        built = self._run("cmake", "--build", "build", "--target", target, patience_s=BUILD_PATIENCE_S)
        if built.returncode != 0:
            return Outcome("does not compile", built.stdout)
        try:
            tested = self._run(*test, patience_s=patience_s)
        except subprocess.TimeoutExpired:
            return Outcome(f"hangs for {patience_s:.0f} s")
        if tested.returncode == TESTS_FAILED or tested.returncode < 0:  # below 0: a test crashed
            word = CAUGHT
        elif tested.returncode == TESTS_PASSED:
            word = SURVIVED
        else:
            word = f"{Path(test[0]).name} ends with {tested.returncode}"
        return Outcome(word, tested.stdout)

    def try_mutation(self, mutation: Mutation) -> Outcome:
        try:
            place = mutation.place(self.root)
        except LookupError as absent:
            return Outcome(str(absent))
        sound = place.path.read_text()
        broken = place.text.replace(mutation.original, mutation.mutated)
        place.path.write_text(sound[: place.start] + broken + sound[place.start + len(place.text) :])
        try:
            return self.try_cases([mutation.cases]) if mutation.cases else self.try_rows([mutation.row])
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


def names_of(mutation: Mutation) -> set[str]:
    """Return the names by which the command line picks it."""
    return {mutation.row, mutation.function.lower()}


def describe(mutation: Mutation) -> str:
    """Return where the changed line stands and what becomes of it, on one line."""
    before, after = mutation.changed_line()
    place = mutation.place()
    at = place.start + place.text.index(mutation.original)
    line = place.path.read_text().count("\n", 0, at) + 1 + mutation.original.split("\n").index(before)
    return f"{place.path.name}:{line}  {before.strip()}  ->  {after.strip() or '(left out)'}"


def untouched(workshop: Workshop, mutations: list[Mutation]) -> None:
    """Leave with an explanation where tests fail before anything is broken."""
    outcomes = []
    if rows := dict.fromkeys(mutation.row for mutation in mutations if not mutation.cases):
        outcomes.append(workshop.try_rows(rows, ALL_TESTS_PATIENCE_S))
    if patterns := dict.fromkeys(mutation.cases for mutation in mutations if mutation.cases):
        outcomes.append(workshop.try_cases(patterns, ALL_TESTS_PATIENCE_S))
    for outcome in outcomes:
        if outcome.word != SURVIVED:
            sys.exit(f"{outcome.output}\nbefore any mutation: {outcome.word}, but the tests should pass")


def main() -> None:
    """Try the mutations that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="show the mutations and try none")
    parser.add_argument(
        "--only", metavar="NAME", action="append", help="a row, such as E13, or a function; repeatable"
    )
    parser.add_argument(
        "--resume",
        metavar="FILE",
        type=Path,
        help="add what was caught to this file, and leave out what stands there",
    )
    arguments = parser.parse_args()
    wanted = {name.lower() for name in arguments.only or ()}
    unknown = wanted - {name for mutation in MUTATIONS for name in names_of(mutation)}
    if unknown:
        parser.error(f"no mutation of {', '.join(sorted(unknown))}; --list shows which there are")
    mutations = [mutation for mutation in MUTATIONS if not wanted or wanted & names_of(mutation)]
    # File by file: what one mutation changed is mended by the build that the next one needs anyway.
    mutations.sort(key=lambda mutation: (bool(mutation.cases), mutation.place().path))
    if arguments.list:
        for mutation in mutations:
            print(f"{mutation.row:14} {describe(mutation)}")
        return
    resume = arguments.resume
    if resume is not None and resume.exists():
        caught_before = set(resume.read_text().splitlines())
        mutations = [mutation for mutation in mutations if repr(mutation) not in caught_before]

    # Now, because the sources may be worked on meanwhile.
    described = {mutation: describe(mutation) for mutation in mutations}
    begun = time.monotonic()
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="hostmode-mutants-") as directory:
        workshop = Workshop(Path(directory) / "hostmode")
        untouched(workshop, mutations)
        print(f"built and tested unchanged in {time.monotonic() - begun:.0f} s", flush=True)
        for mutation in mutations:
            started = time.monotonic()
            outcome = workshop.try_mutation(mutation)
            outcomes.append(outcome)
            took_s = time.monotonic() - started
            print(f"{mutation.row:14} {outcome.word:9} {took_s:5.1f} s  {described[mutation]}", flush=True)
            if outcome.word == CAUGHT and resume is not None:
                with resume.open("a") as file:
                    print(repr(mutation), file=file)
            elif outcome.word not in (CAUGHT, SURVIVED):
                print(outcome.output)
    caught = sum(outcome.word == CAUGHT for outcome in outcomes)
    print(f"{caught} of {len(outcomes)} mutants caught in {time.monotonic() - begun:.0f} s")
    sys.exit(caught != len(outcomes))


if __name__ == "__main__":
    main()
