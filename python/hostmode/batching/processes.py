"""Items on the cores of this machine."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from hostmode.batching.work import Outcome, Task

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

# A worker makes room for a fresh one after so many items: what a library forgets to free does not add up.
_ITEMS_A_WORKER: Final = 200


class _Worker:
    """A process that does one task after the other."""

    def __init__(self) -> None:
        self._items = 0
        self._process: subprocess.Popen[str] | None = None

    def do(self, task: Task) -> Outcome:
        """Return what came of it, also where the process dies of it."""
        process = self._started()
        self._items += 1
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(asdict(task)) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            if answer:
                return Outcome(**json.loads(answer))
        except OSError:
            pass
        self._process = None
        return Outcome(error=_bury(process))

    def _started(self) -> subprocess.Popen[str]:
        if self._items >= _ITEMS_A_WORKER:
            self.close()
        if self._process is None:
            self._items = 0
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hostmode.batching.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
            )
        return self._process

    def kill(self) -> None:
        """End what it does; another thread may be waiting for that."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            _bury(process)


def _bury(process: subprocess.Popen[str]) -> str:
    """Wait for a process to end and say how it did."""
    code = process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            # What was not read any more is lost with it.
            with contextlib.suppress(OSError):
                pipe.close()
    if code < 0:
        return f"its worker process died of {signal.Signals(-code).name}"
    return f"its worker process ended with exit code {code}"


def run_on_processes(tasks: Iterator[tuple[int, Task]], workers: int) -> Generator[tuple[int, Outcome], None, None]:
    """Yield the outcome of each task as it comes, in whatever order; tasks are fetched as workers become free."""
    answers: queue.Queue[tuple[int, Outcome] | BaseException | None] = queue.Queue()
    pool = [_Worker() for _ in range(workers)]
    lock, stopping = threading.Lock(), threading.Event()

    def serve(worker: _Worker) -> None:
        try:
            while not stopping.is_set():
                with lock:
                    following = next(tasks, None)
                if following is None:
                    break
                number, task = following
                answers.put((number, worker.do(task)))
        except BaseException as error:
            answers.put(error)
        finally:
            answers.put(None)

    threads = [threading.Thread(target=serve, args=(worker,), name="hostmode-batch") for worker in pool]
    for thread in threads:
        thread.start()
    try:
        running = len(threads)
        while running:
            answer = answers.get()
            if answer is None:
                running -= 1
            elif isinstance(answer, BaseException):
                raise answer
            else:
                yield answer
    finally:
        stopping.set()
        for worker in pool:
            worker.kill()
        for thread in threads:
            thread.join()
        for worker in pool:
            worker.close()


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
