"""Where a function stands: found by its name, so that moving it to another file changes no mutation."""

from __future__ import annotations

import ast
import re
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
NATIVE_ROOMS = ("cpp/src", "cpp/live", "cpp/bindings", "cpp/include")
PYTHON_ROOM = "python"


class Definition(NamedTuple):
    """The lines of one definition: `text` stands in `path` from character `start` on."""

    path: Path
    start: int
    text: str


@cache
def definitions_of(name: str, root: Path = ROOT) -> list[Definition]:
    """Return every definition of a name, as it stood when first asked for.

    Parameters
    ----------
    name : str
        ``Class::function``, ``function`` or ``kConstant`` of the native sources, ``package.module.Class.function``
        of the Python ones. Overloads count as one.
    root : Path
        Of the repository or of a copy.
    """
    if name.startswith("hostmode."):
        return _python_definitions(name, root)
    files = sorted(file for room in NATIVE_ROOMS for kind in ("*.h", "*.cpp") for file in (root / room).rglob(kind))
    return [found for file in files for found in _native_definitions(name, file)]


def _native_definitions(name: str, file: Path) -> list[Definition]:
    source = file.read_text()
    scope, _, function = name.rpartition("::")
    if function not in source:
        return []
    if re.fullmatch(r"k[A-Z]\w*", function):
        # Without a class, it is the namespace's: that stands at the beginning of its line.
        indentation = " *" if scope else "(?! )"
        declared = r"[^;=()\n]*\b(?:constexpr|const)\b[^;=()\n]*"
        begins = re.compile(rf"^{indentation}{declared}\b{function}\b[^;]*;", re.MULTILINE)
        whole = [Definition(file, 0, source)]
        holders = _blocks(rf"(?:class|struct) {scope}\b", "", source, 0, file) if scope else whole
        return [
            Definition(file, holder.start + found.start(), found[0])
            for holder in holders
            for found in begins.finditer(holder.text)
        ]
    found = list(_blocks(rf"(?!\s|//).*?(?<![\w:.>]){name}\(", "", source, 0, file))
    if scope:
        for holder in _blocks(rf"(?:class|struct) {scope}\b", "", source, 0, file):
            found += _blocks(rf"(?!\s|//).*?(?<![\w:.>]){function}\(", "  ", holder.text, holder.start, file)
    return found


def _blocks(begins: str, indentation: str, source: str, offset: int, file: Path) -> Iterator[Definition]:
    # clang-format keeps what this leans on: a block ends in the line that opens it, or with the first line that is
    # the same indentation and a brace.
    begin = re.compile(indentation + begins)
    lines = source.splitlines(keepends=True)
    starts = [0, *accumulate(map(len, lines))]
    for first, line in enumerate(lines):
        if begin.match(line):
            last = _end_of_block(lines, first, indentation)
            if last is not None:
                yield Definition(file, offset + starts[first], "".join(lines[first : last + 1]))


def _end_of_block(lines: list[str], first: int, indentation: str) -> int | None:
    for at in range(first, len(lines)):
        line = lines[at].rstrip()
        if "{" in line and line.count("{") == line.count("}") and not line.endswith(","):
            return at
        if line.endswith("{") and line.count("{") > line.count("}"):
            closed = (end for end in range(at + 1, len(lines)) if lines[end].startswith(indentation + "}"))
            return next(closed, None)
        if line.endswith(";"):  # declared, or called, but not defined
            return None
    return None


def _python_definitions(name: str, root: Path) -> list[Definition]:
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        module = root / PYTHON_ROOM / Path(*parts[:length])
        for file in (module.with_suffix(".py"), module / "__init__.py"):
            if file.exists():
                return _python_functions(parts[length:], file)
    return []


def _python_functions(path: list[str], file: Path) -> list[Definition]:
    source = file.read_text()
    lines = source.splitlines(keepends=True)
    nodes: list[ast.AST] = [ast.parse(source)]
    for name in path:
        nodes = [
            child
            for node in nodes
            for child in ast.iter_child_nodes(node)
            if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and child.name == name
        ]
    found = []
    for node in nodes:
        assert isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        assert node.end_lineno is not None
        start = sum(map(len, lines[: node.lineno - 1]))
        found.append(Definition(file, start, "".join(lines[node.lineno - 1 : node.end_lineno])))
    return found
