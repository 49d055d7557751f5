"""What a mutation is, which rows of the contract need one, and which tests must notice it."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from definitions import ROOT, Definition, definitions_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RULES = tuple(f"rule{number}" for number in range(1, 5))
EDGE_CASES = (*(f"e{number}" for number in range(1, 39)), "e9b")
TIMING = ("clock", "keyframe_time", "start", "transition", "layers", "idle", "late_motion", "drift")
AUDIO = ("pcm", "volume", "not_pcm", "byte_phase", "audio_format")
RTC = ("packets",)
RELAY = ("relay_entry", "relay_turn", "relay_resume", "relay_bound", "relay_order")
ROWS = RULES + EDGE_CASES + TIMING + AUDIO + RTC + RELAY
# Parts that no row of the contract is about: C++ cases or a file of Python tests must notice what breaks there.
PARTS = ("listening", "wire", "calls", "playout", "rooms")


class Mutation(NamedTuple):
    """A break of one rule.

    Attributes
    ----------
    row : str
        Of the contract; the tests ``test_<row>_...`` must fail.
    function : str
        The function or constant that is broken, by the name that `definitions_of` takes.
    original : str
        What stands in it exactly once: the line, where needed with its neighbours.
    mutated : str
        The same with one line changed or left out.
    cases : str
        Where C++ tests must fail instead: the cases, as doctest's ``-tc`` takes them.
    files : tuple of str
        Where Python tests must fail that name no row: the names of their files.
    """

    row: str
    function: str
    original: str
    mutated: str
    cases: str = ""
    files: tuple[str, ...] = ()

    @property
    def tests(self) -> str:
        """Which tests must notice it, in a word or some."""
        return self.cases or " ".join(self.files) or self.row

    def place(self, root: Path = ROOT) -> Definition:
        """Return the definition that holds the original, and it alone; LookupError says why there is none."""
        found = definitions_of(self.function, root)
        if not found:
            raise LookupError(f"no definition of {self.function}")
        times = sum(definition.text.count(self.original) for definition in found)
        if times != 1:
            raise LookupError(f"original found {times} times in {self.function}")
        return next(definition for definition in found if self.original in definition.text)

    def changed_line(self) -> tuple[str, str]:
        """Return the line before and after; after is empty where the line is left out."""
        before, after = self.original.split("\n"), self.mutated.split("\n")
        if len(before) == len(after):
            ((old, new),) = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
            return old, new
        (left_out,) = [at for at in range(len(before)) if before[:at] + before[at + 1 :] == after]
        return before[left_out], ""


def cases_matching(pattern: str, files: Iterable[Path]) -> list[str]:
    """Return the names of the C++ test cases of some files that one of the patterns, divided by commas, picks."""
    begins = re.compile(r'TEST_CASE\(\s*"([^"]*)"')
    names = [name for path in files for name in begins.findall(path.read_text())]
    return [name for name in names if any(fnmatchcase(name, part) for part in pattern.split(","))]


def files_naming(row: str, root: Path = ROOT) -> list[Path]:
    """Return the files with tests that name a row, of the repository or of a copy at `root`."""
    names_it = re.compile(rf"^def test_{row}_", re.MULTILINE)
    return sorted(path for path in (root / "tests/python").glob("test_*.py") if names_it.search(path.read_text()))
