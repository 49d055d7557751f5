"""Work that keeps the interpreter lock from every other thread, as applications do."""

from __future__ import annotations

import ctypes
import json
import re
import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_HOLD_S: Final = 0.15
_PAUSE_S: Final = 0.05
# Parsed in about a tenth of a second, without letting go of the lock in between.
_DOCUMENT: Final = json.dumps([{"key": list(range(100))}] * 4000)
# Backtracks for about as long.
_PATTERN: Final = re.compile(r"(a+)+b")
_TEXT: Final = "a" * 22


def _hold_in_a_call() -> None:
    # PyDLL keeps the lock for the whole of the call, as many an extension module does.
    ctypes.PyDLL(None).usleep(int(_HOLD_S * 1e6))
    time.sleep(_PAUSE_S)


def _hold_in_json() -> None:
    json.loads(_DOCUMENT)


def _hold_in_regex() -> None:
    _PATTERN.match(_TEXT)


_WORK: Final[dict[str, Callable[[], None]]] = {
    "call": _hold_in_a_call,
    "json": _hold_in_json,
    "regex": _hold_in_regex,
}

LOADS: Final = tuple(_WORK)
"""``"call"``: a C call that holds the lock for 150 ms, again and again; ``"json"``: parsing a large document;
``"regex"``: matching a pattern that backtracks."""


class InterpreterLoad:
    """Hold the interpreter lock on another thread while the context lasts.

    Parameters
    ----------
    name : str
        One of `LOADS`, or ``"none"`` for no load.
    """

    def __init__(self, name: str) -> None:
        if name != "none" and name not in _WORK:
            raise ValueError(f"load is {name!r}; it must be one of none, {', '.join(LOADS)}")
        self._work = _WORK.get(name)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hostmode-load", daemon=True)

    def __enter__(self) -> InterpreterLoad:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while self._work is not None and not self._done.is_set():
            self._work()
