"""A source of motion of the user's, by name."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hostmode.errors import HostModeError
from hostmode.motion.source import MotionSource

if TYPE_CHECKING:
    from collections.abc import Callable


def source_named(name: str) -> Callable[[int], MotionSource]:
    """Return what makes the `MotionSource` of an utterance, given its sample rate, Hz.

    Parameters
    ----------
    name : str
        ``module:attribute``; the module is looked for in the current directory as well.

    Raises
    ------
    ValueError
        There is no such thing. What it makes is looked at whenever it makes one: a `HostModeError` where that is
        no `MotionSource`.
    """
    module_name, colon, attribute = name.partition(":")
    if not (module_name and colon and attribute.isidentifier()):
        raise ValueError(f"{name!r} names no source of motion: give MODULE:NAME, such as my_model:MyMotion")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise ValueError(f"{module_name} cannot be imported: {error}") from error
    make = getattr(module, attribute, None)
    if not callable(make):
        raise ValueError(f"{module_name} has nothing to call that is named {attribute}")

    def make_source(sample_rate: int) -> MotionSource:
        source = make(sample_rate)
        if not isinstance(source, MotionSource):
            raise HostModeError(f"{name} made a {type(source).__name__}, which has no push and finish")
        return source

    return make_source
