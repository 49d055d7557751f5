"""The hand-written stub of the native module against the module itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.resources import files
from typing import Any

import pytest

from hostmode import _core

pytestmark = pytest.mark.outer

STUB = ast.parse(files("hostmode").joinpath("_core.pyi").read_text())


def parameters(function: ast.FunctionDef) -> tuple[tuple[str, ...], ...]:
    """Return the names of positional-only, ordinary and keyword-only parameters, without self."""
    given = function.args
    groups = [[a.arg for a in group] for group in (given.posonlyargs, given.args, given.kwonlyargs)]
    return tuple(tuple(name for name in group if name != "self") for group in groups)


def stubbed() -> dict[str, list[ast.FunctionDef]]:
    """Return every function and method of the stub by its dotted name, with its overloads."""
    found: dict[str, list[ast.FunctionDef]] = {}

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                visit(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.FunctionDef) and not any(
                isinstance(decorator, ast.Name | ast.Attribute) and ast.unparse(decorator) != "overload"
                for decorator in node.decorator_list
            ):
                found.setdefault(prefix + node.name, []).append(node)

    visit(STUB.body, "")
    return found


def native(name: str) -> list[ast.FunctionDef]:
    """Return the signatures that pybind11 writes at the head of a function's docstring."""
    target: Any = _core
    for part in name.split("."):
        target = getattr(target, part)
    short = name.rpartition(".")[2]
    lines = re.findall(rf"^(?:\d+\. )?({short}\(.*\).*)$", target.__doc__, re.MULTILINE)
    if len(lines) > 1:  # the first line then is the collective "name(*args, **kwargs)"
        lines = [line for line in lines if "*args, **kwargs" not in line]
    functions = []
    for line in lines:
        (function,) = ast.parse(f"def {re.sub(r'= <[^>]*>', '= ...', line)}: ...").body
        assert isinstance(function, ast.FunctionDef)
        functions.append(function)
    return functions


@pytest.mark.parametrize("name", stubbed())
def test_stub_parameters_are_those_of_the_native_signature(name: str) -> None:
    # As sets: overloads of the stub that differ in types only are one function of the module.
    assert {parameters(function) for function in stubbed()[name]} == {
        parameters(function) for function in native(name)
    }


# pybind11 classes have a metaclass, and where they have no constructor an __init__ that always raises: no
# business of a type checker.
OF_PYBIND11 = re.compile(r"metaclass differs|__init__ is inconsistent, stub does not have \*args")


def test_stub_passes_stubtest() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "hostmode._core", "--concise"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.stderr == ""
    assert [line for line in run.stdout.splitlines() if not OF_PYBIND11.search(line)] == []
