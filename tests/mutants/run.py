"""Break the sources one line at a time and see whether the tests that name the broken rule fail.

Works on a copy of the repository. Exit code 1: a mutant survived, could not be tried, or applies to no line any more.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from mutations import MUTATIONS
from workshop import CAUGHT, EXTENSION, NATIVE_TESTS, SURVIVED, TEST_PATIENCE_S, Workshop, target_of

if TYPE_CHECKING:
    from mutation import Mutation


def names_of(mutation: Mutation) -> set[str]:
    """Return the names by which the command line picks it."""
    return {mutation.row, mutation.function.lower()}


def describe(mutation: Mutation) -> str:
    """Return where the changed line stands and what becomes of it, on one line."""
    before, after = mutation.changed_line()
    try:
        place = mutation.place()
    except LookupError:
        return f"{mutation.function}  {before.strip()}  ->  {after.strip() or '(left out)'}"
    at = place.start + place.text.index(mutation.original)
    line = place.path.read_text().count("\n", 0, at) + 1 + mutation.original.split("\n").index(before)
    return f"{place.path.name}:{line}  {before.strip()}  ->  {after.strip() or '(left out)'}"


def try_all(mutations: list[Mutation], patience_s: float, resume: Path | None) -> Counter[str]:
    """Try mutations, say what became of each, and return how many times what did.

    Parameters
    ----------
    mutations : list of Mutation
        Those whose tests are Python's come first: they need not wait for the C++ tests to be built.
    patience_s : float
        See `Workshop`.
    resume : Path, optional
        Where to add those that were caught.
    """
    # Now, because the sources may be worked on meanwhile.
    described = {mutation: describe(mutation) for mutation in mutations}
    begun = time.monotonic()
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="hostmode-mutants-") as directory:
        workshop = Workshop(Path(directory), mutations, patience_s)
        for target in (EXTENSION, NATIVE_TESTS):
            theirs = [mutation for mutation in mutations if target_of(mutation) == target]
            if not theirs:
                continue
            workshop.build(target)
            built = sum(map(workshop.is_built, theirs))
            print(f"built {built} of {len(theirs)} mutants by {time.monotonic() - begun:.0f} s", flush=True)
            # Tests by tests, and what is built for each file by file: the build for the next mends what one changed.
            theirs.sort(
                key=lambda one: (
                    not workshop.is_built(one),
                    one.tests if workshop.is_built(one) else "",
                    one.function,
                )
            )
            for mutation in theirs:
                started = time.monotonic()
                outcome = workshop.try_mutation(mutation)
                counts[outcome.word] += 1
                took_s = time.monotonic() - started
                print(f"{mutation.row:14} {outcome.word:9} {took_s:5.1f} s  {described[mutation]}", flush=True)
                if outcome.word == CAUGHT and resume is not None:
                    with resume.open("a") as file:
                        print(repr(mutation), file=file)
                elif outcome.word not in (CAUGHT, SURVIVED):
                    print(outcome.output)
    return counts


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
    parser.add_argument(
        "--patience",
        metavar="SECONDS",
        type=float,
        default=TEST_PATIENCE_S,
        help="a test that takes longer hangs; more where others use the machine",
    )
    arguments = parser.parse_args()
    wanted = {name.lower() for name in arguments.only or ()}
    unknown = wanted - {name for mutation in MUTATIONS for name in names_of(mutation)}
    if unknown:
        parser.error(f"no mutation of {', '.join(sorted(unknown))}; --list shows which there are")
    mutations = [mutation for mutation in MUTATIONS if not wanted or wanted & names_of(mutation)]
    if arguments.list:
        for mutation in mutations:
            print(f"{mutation.row:14} {describe(mutation)}")
        return
    resume = arguments.resume
    if resume is not None and resume.exists():
        caught_before = set(resume.read_text().splitlines())
        mutations = [mutation for mutation in mutations if repr(mutation) not in caught_before]

    begun = time.monotonic()
    counts = try_all(mutations, arguments.patience, resume)
    said = ", ".join(f"{count} {word}" for word, count in counts.most_common())
    print(f"{counts.total()} mutants in {time.monotonic() - begun:.0f} s: {said}")
    sys.exit(counts[CAUGHT] != counts.total())


if __name__ == "__main__":
    main()
