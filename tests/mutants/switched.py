"""Sources that hold many mutants at once, of which an environment variable picks one: built once, not once a row."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from definitions import Definition
    from mutation import Mutation

VARIABLE = "HOSTMODE_MUTANT"
_HEADER = "cpp/src/mutant_switch.h"
_SWITCH = f"""#pragma once
#include <cstdlib>
namespace hostmode {{
inline int mutant() noexcept {{
  static const int number = [] {{
    const char* text = std::getenv("{VARIABLE}");
    return text == nullptr ? 0 : std::atoi(text);
  }}();
  return number;
}}
}}
"""
_CONSTANT = re.compile(r"( *)(?:inline )?constexpr ([^=]*) = ([^;=]*);\s*")


def number_of(mutation: Mutation) -> int:
    """Return a number, 1 and more, that stays when others are added: a compiler cache knows all other files again."""
    return 1 + zlib.crc32(repr(mutation).encode()) % (2**31 - 2)


class SwitchedSources:
    """Sources whose native functions become those of mutant N where the environment says N, and constants likewise.

    What can be none of both, such as what the compiler must know, is left as it is and gets no number.

    Parameters
    ----------
    sound : Path
        A copy of the repository that is read.
    root : Path
        The one whose native sources are changed.
    mutations : iterable of Mutation
        To be held.

    Attributes
    ----------
    numbers : dict
        Mutation to the number that switches it on.
    """

    def __init__(self, sound: Path, root: Path, mutations: Iterable[Mutation]) -> None:
        self.numbers: dict[Mutation, int] = {}
        self._sound, self._root = sound, root
        self._held: dict[Path, list[Mutation]] = defaultdict(list)
        of_definition: dict[Definition, list[Mutation]] = defaultdict(list)
        for mutation in mutations:
            with suppress(LookupError):  # told where it is tried
                of_definition[mutation.place(sound)].append(mutation)
        (root / _HEADER).write_text(_SWITCH)
        of_file: dict[Path, list[Definition]] = defaultdict(list)
        for definition in of_definition:
            if definition.path.suffix in (".h", ".cpp"):
                of_file[definition.path].append(definition)
        for path, definitions in of_file.items():
            self._switch(path.relative_to(sound), definitions, of_definition)

    def _switch(self, path: Path, definitions: list[Definition], mutations: dict[Definition, list[Mutation]]) -> None:
        source = (self._sound / path).read_text()
        begun = len(source)
        # From behind, so that what is before stays where it is.
        for definition in sorted(definitions, key=lambda one: one.start, reverse=True):
            end = definition.start + len(definition.text)
            numbered = {number_of(one): one for one in mutations[definition]}
            text = _switched(definition, numbered) if end <= begun else None
            if text is None:
                continue
            source = source[: definition.start] + text + source[end:]
            begun = definition.start
            self.numbers |= {mutation: number for number, mutation in numbered.items()}
            self._held[path] += numbered.values()
        if path in self._held:
            (self._root / path).write_text(f'#include "mutant_switch.h"\n{source}')

    def mend(self, complaints: str) -> bool:
        """Leave the files that the compiler complains of as they were; return whether there are any."""
        faulty = [path for path in self._held if re.search(rf"{re.escape(str(path))}:\d+(:\d+)?: error", complaints)]
        for path in faulty:
            (self._root / path).write_text((self._sound / path).read_text())
            for mutation in self._held.pop(path):
                del self.numbers[mutation]
        return bool(faulty)


def _switched(definition: Definition, numbered: dict[int, Mutation]) -> str | None:
    name = next(iter(numbered.values())).function
    if re.fullmatch(r"k[A-Z]\w*", name.rpartition("::")[2]):
        return _switched_constant(definition, name, numbered)
    return _switched_function(definition, name, numbered)


def _switched_function(definition: Definition, name: str, numbered: dict[int, Mutation]) -> str | None:
    scope, _, function = name.rpartition("::")
    body_begins = _begin_of_body(definition.text)
    head, body = definition.text[:body_begins], definition.text[body_begins:]
    # A constructor's members come before its body, and the compiler itself calls what is constexpr.
    if scope.rpartition("::")[2] == function or "constexpr" in head:
        return None
    if any(mutation.original not in body for mutation in numbered.values()):
        return None
    inner, end = body[: body.rindex("}")], body[body.rindex("}") :]
    leaves = "return;" if re.search(rf"\bvoid\b[^(]*\b{function}\(", head) else "std::abort();"
    mutants = ""
    for number, mutation in numbered.items():
        broken = inner.replace(mutation.original, mutation.mutated)
        mutants += f"\nif (::hostmode::mutant() == {number}) {{{broken}\n{leaves}\n}}"
    return f"{head}{mutants}{inner}{end}"


def _begin_of_body(text: str) -> int:
    depth = 0
    for at, character in enumerate(text):
        if character == "{" and depth == 0:
            return at + 1
        depth += (character == "(") - (character == ")")
    raise ValueError(f"no body in {text!r}")


def _switched_constant(definition: Definition, name: str, numbered: dict[int, Mutation]) -> str | None:
    source = definition.path.read_text()
    rest = source[: definition.start] + source[definition.start + len(definition.text) :]
    # In a header it is everybody's, and elsewhere the compiler must know it where it is part of another constant.
    needed_now = rf"(?:constexpr|static_assert|std::array<|\[)[^;{{}}]*\b{name}\b"
    if definition.path.suffix == ".h" or re.search(needed_now, rest):
        return None
    before = _CONSTANT.fullmatch(definition.text)
    if before is None:
        return None
    value = before[3]
    for number, mutation in numbered.items():
        after = _CONSTANT.fullmatch(definition.text.replace(mutation.original, mutation.mutated))
        if after is None or after[2] != before[2]:
            return None
        value = f"::hostmode::mutant() == {number} ? {after[3]} : {value}"
    return f"{before[1]}const {before[2]} = {value};"
