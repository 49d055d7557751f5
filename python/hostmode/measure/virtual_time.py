"""An event loop whose time passes as soon as nothing is left to do."""

from __future__ import annotations

import asyncio
import selectors
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Leaps from timer to timer. Nothing in it may wait for another thread."""

    def __init__(self) -> None:
        self._virtual_s = 1000.0
        super().__init__(_Leaping(self))

    def time(self) -> float:
        """Return the virtual time, seconds."""
        return self._virtual_s

    def leap(self, seconds: float) -> None:
        """Let time pass."""
        self._virtual_s += seconds


class _Leaping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("virtual time stands still: no timer is left, and somebody waits")
            self._loop.leap(timeout)
        return ready


class AtOnce(Executor):
    """Runs what it is given where it is given, as a pool of threads would elsewhere."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def submit(self, call: Callable[..., Result], /, *arguments: Any, **named: Any) -> Future[Result]:
        """Run a call and return its outcome."""
        outcome: Future[Result] = Future()
        try:
            outcome.set_result(call(*arguments, **named))
        except Exception as error:
            outcome.set_exception(error)
        return outcome
