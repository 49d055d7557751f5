"""The one thread on which the callbacks of all controllers run."""

from __future__ import annotations

import logging
import os
import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("hostmode")


class Dispatcher:
    """Run functions one after another on one named daemon thread.

    The thread starts with the first `post` and ends when the last of those who use it has left: nothing remains of
    an import that an application drops.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        # In a forked child the thread is not alive, and the jobs belong to the parent.
        # Reentrant: `leave` is called by finalizers, which run anywhere, and by signal handlers.
        self._lock = threading.RLock()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] | None = None
        self._users = 0

    def join(self) -> None:
        """Keep the thread alive, once it runs, until `leave`."""
        with self._lock:
            self._users += 1

    def leave(self) -> None:
        """Take a `join` back; the last one ends the thread, after what was posted before."""
        with self._lock:
            # In a forked child those of the parent may leave who never joined here.
            self._users = max(0, self._users - 1)
            if self._users == 0 and self._jobs is not None:
                self._jobs.put(None)
                self._jobs = None

    def post(self, job: Callable[[], None]) -> None:
        """Run `job` after everything that was posted before it."""
        with self._lock:
            jobs = self._jobs
            if jobs is None:
                jobs = queue.SimpleQueue()
                threading.Thread(target=self._run, args=(jobs,), name=self._name, daemon=True).start()
                self._jobs = jobs
            jobs.put(job)

    @staticmethod
    def _run(jobs: queue.SimpleQueue[Callable[[], None] | None]) -> None:
        while (job := jobs.get()) is not None:
            try:
                job()
            except Exception:
                _log.exception("%s failed", job)
            del job  # or the last controller served would live on in this frame
