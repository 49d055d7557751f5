"""One thread that calls many things regularly, each as often as it asks for."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections.abc import Callable

_log = logging.getLogger("hostmode")

# A wait without end is more than the system's clocks can count.
_LONGEST_WAIT_S = 60.0

# Tells the ticker after how many seconds to call again; infinity: not before it is hurried.
Tick = Callable[[], float]


class Ticker:
    """Call bound methods regularly on one named daemon thread, however many there are.

    The thread starts with the first `add` and ends when nothing is left to call. It keeps nothing alive: an object
    that is collected is called no more.

    Parameters
    ----------
    name : str
        Name of the thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        # In a forked child the thread is not alive, what it held is held for ever, and what was called belongs to
        # the parent.
        self._condition = threading.Condition()
        self._due: dict[weakref.WeakMethod[Tick], float] = {}
        self._thread: threading.Thread | None = None

    def add(self, tick: Tick) -> None:
        """Call `tick`, a bound method, from now on; what it returns is the time to wait before calling it
        again.

        It must not block: everything else on this ticker waits for it.
        """
        with self._condition:
            self._due[weakref.WeakMethod(tick)] = 0.0
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._condition.notify()

    def remove(self, tick: Tick) -> None:
        """Call `tick` no more. It may still be running when this returns."""
        self._forget(weakref.WeakMethod(tick))

    def hurry(self, tick: Tick) -> None:
        """Call `tick` at once, out of turn, if it has been added."""
        reference = weakref.WeakMethod(tick)
        with self._condition:
            if self._due.get(reference, 0.0) > 0.0:
                self._due[reference] = 0.0
                self._condition.notify()

    def _forget(self, reference: weakref.WeakMethod[Tick]) -> None:
        with self._condition:
            self._due.pop(reference, None)
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                if not self._due:
                    self._thread = None
                    return
                now = time.monotonic()
                ready = [reference for reference, due in self._due.items() if due <= now]
                if not ready:
                    wait_s = min(self._due.values()) - now
                    self._condition.wait(min(wait_s, _LONGEST_WAIT_S))
                    continue
                for reference in ready:
                    # Until it has answered: far away, but hurry() may bring it back.
                    self._due[reference] = float("inf")
            for reference in ready:
                self._call(reference)

    def _call(self, reference: weakref.WeakMethod[Tick]) -> None:
        tick = reference()
        if tick is None:
            self._forget(reference)
            return
        try:
            wait_s = tick()
        except Exception:
            _log.exception("%s failed; it is called again in a second", tick)
            wait_s = 1.0
        with self._condition:
            # A hurry() during the call stands.
            if self._due.get(reference) == float("inf"):
                self._due[reference] = time.monotonic() + wait_s
