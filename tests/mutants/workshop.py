"""A copy of the repository that holds mutants, builds what tests them, and runs it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from definitions import ROOT
from mutation import Mutation, cases_matching, files_naming
from switched import VARIABLE, SwitchedSources

if TYPE_CHECKING:
    from collections.abc import Iterable

NOT_COPIED = (".git", ".venv", ".nox", ".*_cache", "__pycache__", "build", "dist", "*.so", "*.pyd")
BUILD_PATIENCE_S = 1800.0
# Many times what the slowest row takes: a mutant may hang.
TEST_PATIENCE_S = 120.0
NATIVE_TESTS, EXTENSION = "hostmode_tests", "_core"
# Native cases that take longer come last, one by one: what quicker ones catch need not wait for them.
SLOW_S = 0.5
# Of pytest and doctest alike.
TESTS_PASSED, TESTS_FAILED = 0, 1

CAUGHT, SURVIVED = "caught", "SURVIVED"
_DURATION = re.compile(r"^(\d+\.\d+) s: (.+)$", re.MULTILINE)


class Outcome(NamedTuple):
    word: str
    output: str = ""


class Unchanged(NamedTuple):
    """How tests fare without a mutation."""

    succeed: bool
    slow: tuple[str, ...]


class Workshop:
    """A copy of the repository that holds mutants, is built as far as others need it, and imported where it lies."""

    def __init__(self, directory: Path, mutations: Iterable[Mutation], patience_s: float) -> None:
        self._sound, self.root, self._patience_s = directory / "sound", directory / "hostmode", patience_s
        for copy in (self._sound, self.root):
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
        mutations = tuple(mutations)
        leave_out_native_tests(self.root, mutations)
        self._switched = SwitchedSources(self._sound, self.root, mutations)
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(self.root / "python"),
            # A compiler cache knows a file again, although each copy of the repository lies elsewhere.
            "CCACHE_BASEDIR": str(self.root),
            "CCACHE_NOHASHDIR": "1",
        }
        self._unchanged: dict[str, Unchanged] = {}
        self._stale = {NATIVE_TESTS, EXTENSION}
        pybind11 = self._run(sys.executable, "-m", "pybind11", "--cmakedir")
        # What one mutation changed is compiled again to be as it was, which a compiler cache need not do.
        cache = shutil.which("ccache")
        configured = self._run(
            *("cmake", "-S", ".", "-B", "build", "-G", "Ninja"),
            # Without optimisation the slowest cases take minutes a mutant; with more than this, compiling does.
            *("-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O1"),
            *("-DHOSTMODE_PYTHON=ON", "-DHOSTMODE_TESTS=ON", f"-DPython_EXECUTABLE={sys.executable}"),
            *(
                [f"-DCMAKE_CXX_COMPILER_LAUNCHER={cache}"]
                if cache and "ccache" not in os.environ.get("CXX", "")
                else []
            ),
            f"-Dpybind11_DIR={pybind11.stdout.strip()}",
            f"-DCMAKE_LIBRARY_OUTPUT_DIRECTORY={self.root / 'python' / 'hostmode'}",
            patience_s=BUILD_PATIENCE_S,
        )
        if configured.returncode != 0:
            sys.exit(configured.stdout)

    def build(self, target: str) -> None:
        """Build what tests mutants, without those mutants that do not compile where they are switched."""
        while (built := self._build("--target", target, "--", "-k", "0")).returncode != 0:
            if not self._switched.mend(built.stdout):
                sys.exit(built.stdout)
        self._stale.discard(target)

    def unchanged(self, mutation: Mutation) -> Unchanged:
        """Return how the tests that are to notice a mutation fare without it; looked at once for each."""
        key = mutation.tests
        if key not in self._unchanged:
            outcome = self._test(mutation, f"--test-case={mutation.cases}", "--duration=true")
            took = {name: float(took_s) for took_s, name in _DURATION.findall(outcome.output)}
            slow = sorted((name for name in took if took[name] > SLOW_S), key=took.__getitem__)
            self._unchanged[key] = Unchanged(outcome.word == SURVIVED, tuple(slow))
            if outcome.word != SURVIVED:
                print(f"before any mutation of {key}: {outcome.word}\n{outcome.output}", flush=True)
        return self._unchanged[key]

    def try_mutation(self, mutation: Mutation) -> Outcome:
        """Break the sources and test them; mend them again."""
        try:
            place = mutation.place(self._sound)
        except LookupError as absent:
            return Outcome("does not apply", str(absent))
        if not self.unchanged(mutation).succeed:
            return Outcome("fails unchanged")
        if number := self._switched.numbers.get(mutation):
            return self._test_quickest_first(mutation, {VARIABLE: str(number)})
        path = self.root / place.path.relative_to(self._sound)
        before = path.read_text()
        broken = place.text.replace(mutation.original, mutation.mutated)
        # A file that has been switched holds most of what it held.
        sound = before if place.text in before else place.path.read_text()
        path.write_text(sound.replace(place.text, broken))
        try:
            if path.suffix == ".py":
                # Compiled, it would stay.
                return self._test(mutation, environment={"PYTHONDONTWRITEBYTECODE": "1"})
            self._stale = {NATIVE_TESTS, EXTENSION}
            return self._test_quickest_first(mutation)
        finally:
            if path.suffix == ".py":
                shutil.copy2(place.path, path)
            else:
                path.write_text(before)
                self._stale = {NATIVE_TESTS, EXTENSION}

    def _test_quickest_first(self, mutation: Mutation, environment: dict[str, str] | None = None) -> Outcome:
        # In doctest's patterns a comma divides, and a question mark is any character.
        slow = [name.replace(",", "?") for name in self.unchanged(mutation).slow]
        quick = (f"--test-case={mutation.cases}", f"--test-case-exclude={','.join(slow)}")
        for cases in (quick, *((f"--test-case={name}",) for name in slow)):
            outcome = self._test(mutation, *cases, environment=environment)
            if outcome.word != SURVIVED:
                break
        return outcome

    def _test(self, mutation: Mutation, *cases: str, environment: dict[str, str] | None = None) -> Outcome:
        """Run what is to notice a mutation, up to the first failure."""
        target = target_of(mutation)
        if target in self._stale:
            built = self._build("--target", target)
            if built.returncode != 0:
                return Outcome("does not compile", built.stdout)
            self._stale.remove(target)
        if mutation.cases:
            program = str(self.root / "build/tests/cpp" / NATIVE_TESTS)
            test = [program, *cases, "--abort-after=1"]
        else:
            test = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=short", "-p", "no:cacheprovider"]
            if mutation.files:
                test += [f"tests/python/{name}" for name in mutation.files]
            else:
                named = files_naming(mutation.row, self.root)
                test += ["-k", f"test_{mutation.row}_", *(str(file.relative_to(self.root)) for file in named)]
        try:
            tested = self._run(*test, patience_s=self._patience_s, environment=environment)
        except subprocess.TimeoutExpired:
            return Outcome(f"hangs for {self._patience_s:.0f} s")
        if tested.returncode == TESTS_FAILED or tested.returncode < 0:  # below 0: a test crashed
            word = CAUGHT
        elif tested.returncode == TESTS_PASSED:
            word = SURVIVED
        else:
            word = f"{Path(test[0]).name} ends with {tested.returncode}"
        return Outcome(word, tested.stdout)

    def _build(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run("cmake", "--build", "build", *arguments, patience_s=BUILD_PATIENCE_S)

    def _run(
        self, *command: str, patience_s: float = TEST_PATIENCE_S, environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.root,
            env={**self._environment, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=patience_s,
            check=False,
        )

    def is_built(self, mutation: Mutation) -> bool:
        """Return whether it is tried without building anything."""
        return mutation in self._switched.numbers or mutation.function.startswith("hostmode.")


def target_of(mutation: Mutation) -> str:
    """Return what must be built for the tests that are to notice it."""
    return NATIVE_TESTS if mutation.cases else EXTENSION


def leave_out_native_tests(root: Path, mutations: Iterable[Mutation]) -> None:
    """Remove the files of C++ tests that no mutation asks for from a copy: most of the time goes into compiling."""
    patterns = ",".join({mutation.cases for mutation in mutations if mutation.cases})
    for file in (root / "tests/cpp").rglob("*_test.cpp"):
        if not cases_matching(patterns, [file]):
            file.unlink()
