"""Words for calls of native functions that do not fit them."""

from __future__ import annotations

import ast
import collections.abc
import difflib
import numbers
import re
from dataclasses import dataclass
from typing import Any

# What the native functions take, by the types that their signatures name.
_KINDS: dict[str, tuple[str, Any]] = {
    "SupportsInt": ("an int", numbers.Integral),
    "SupportsFloat": ("a number", numbers.Real),
    "SupportsIndex": ("", numbers.Integral),
    "int": ("an int", numbers.Integral),
    "float": ("a number", numbers.Real),
    "bool": ("True or False", (bool, numbers.Integral)),
    "str": ("a str", str),
    "None": ("None", type(None)),
    "Sequence": ("a sequence", collections.abc.Sequence),
    "Iterable": ("an iterable", collections.abc.Iterable),
    "Callable": ("a callable", collections.abc.Callable),
    "dict": ("a dict", dict),
    "list": ("a list", list),
    "tuple": ("a tuple", tuple),
    "bytes": ("bytes", bytes),
}
_LONGEST = 60


@dataclass(frozen=True)
class _Parameter:
    name: str
    annotation: str
    required: bool
    by_name_only: bool

    @property
    def wanted(self) -> str:
        words = [_KINDS.get(kind, (f"a {kind}",))[0] for kind in _kinds_of(self.annotation)]
        return " or ".join(dict.fromkeys(word for word in words if word))

    def fits(self, value: object) -> bool | None:
        """Return whether a value has the type that is asked for; ``None`` where that is not known."""
        kinds = _kinds_of(self.annotation)
        if any(kind not in _KINDS and kind != type(value).__name__ for kind in kinds):
            return None
        return any(kind == type(value).__name__ or isinstance(value, _KINDS[kind][1]) for kind in kinds)


def explain(complaint: str, given: tuple[object, ...], named: dict[str, object]) -> str:
    """Return what was given, what is wanted and what to do, for a call that a native function refused.

    Parameters
    ----------
    complaint : str
        Of pybind11: the function's name, then its signatures, numbered.
    given, named : tuple, dict
        The arguments of the call; of a method, `self` first.
    """
    function = complaint.split("()", 1)[0]
    signatures = re.findall(r"^ +\d+\. (.*)$", complaint, re.MULTILINE)
    if function == "__init__":
        function, given = type(given[0]).__name__, given[1:]
    elif function == "__setstate__":  # of a constructor's kind: its signature is without self
        function, given = f"{type(given[0]).__name__}.{function}", given[1:]
    parameters = _parameters(signatures[0])
    if parameters and parameters[0].name == "self":
        function, given, parameters = f"{type(given[0]).__name__}.{function}", given[1:], parameters[1:]
    return f"{function}(): " + _fault(parameters, given, named)


def _fault(parameters: list[_Parameter], given: tuple[object, ...], named: dict[str, object]) -> str:
    by_name = {parameter.name: parameter for parameter in parameters}
    takes = f"it takes {', '.join(by_name)}" if by_name else "it takes nothing"
    for name in named:
        if name not in by_name:
            alike = difflib.get_close_matches(name, by_name, 1)
            return f"given {name!r}, which it does not know; " + (f"did you mean {alike[0]!r}?" if alike else takes)
    placed = [parameter for parameter in parameters if not parameter.by_name_only]
    if len(given) > len(placed):
        by_name_only = [parameter.name for parameter in parameters if parameter.by_name_only]
        advice = f"; give {', '.join(by_name_only)} by name" if by_name_only else ""
        return f"given {len(given)} arguments without a name, wanted at most {len(placed)}{advice}"
    values = {parameter.name: value for parameter, value in zip(placed, given, strict=False)}
    if twice := values.keys() & named.keys():
        return f"{min(twice)} is given twice, without its name and by it; leave one out"
    values.update(named)
    for parameter in parameters:
        if parameter.required and parameter.name not in values:
            return f"{parameter.name} is missing, wanted {parameter.wanted}; {takes}"
    wrong = {name: value for name, value in values.items() if by_name[name].fits(value) is False}
    doubtful = {name: value for name, value in values.items() if by_name[name].fits(value) is None}
    faults = [
        f"{name}: given {_shown(value)}, wanted {by_name[name].wanted}" for name, value in (wrong or doubtful).items()
    ]
    if not faults:
        # Of the right type, and yet refused: an int that no native one holds.
        large = [name for name, value in values.items() if isinstance(value, int) and value.bit_length() > 31]
        faults = [
            f"{name}: given {_shown(values[name])}, wanted an int that is smaller or not negative" for name in large
        ]
    return "; ".join(faults) if faults else f"given {_shown(tuple(values.values()))}, which does not fit; {takes}"


def _shown(value: object) -> str:
    text = repr(value)
    return f"{text if len(text) <= _LONGEST else 'an object'} ({type(value).__name__})"


def _kinds_of(annotation: str) -> list[str]:
    """Return the names of the types in a union, without where they come from and what they hold."""
    return [part.strip().split("[")[0].rpartition(".")[2] for part in annotation.split("|")]


def _parameters(signature: str) -> list[_Parameter]:
    inner = signature[signature.index("(") :].rsplit(" -> ", 1)[0]
    # A default that is no Python, such as <Mode.A: 1>, says nothing here.
    inner = re.sub(r"= <[^>]*>", "= ...", inner)
    arguments = ast.parse(f"def f{inner}: ...").body[0]
    assert isinstance(arguments, ast.FunctionDef)
    spec = arguments.args
    placed = [*spec.posonlyargs, *spec.args]
    without_default = len(placed) - len(spec.defaults)
    found = [_parameter(one, i < without_default, by_name_only=False) for i, one in enumerate(placed)]
    found += [
        _parameter(one, default is None, by_name_only=True)
        for one, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
    ]
    return found


def _parameter(one: ast.arg, required: bool, *, by_name_only: bool) -> _Parameter:
    annotation = ast.unparse(one.annotation) if one.annotation is not None else "object"
    return _Parameter(one.arg, annotation, required, by_name_only)
