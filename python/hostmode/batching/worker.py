"""A worker process: a task a line of JSON on its standard input, an outcome a line on its standard output."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading

from hostmode.batching.work import Task, work


def main() -> None:
    """Work until the standard input ends, which is when whoever started this ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    # What a library prints is no answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    tasks: queue.Queue[str] = queue.Queue()

    def listen() -> None:
        for line in sys.stdin:
            tasks.put(line)
        # Also in the middle of a task: nobody is there to take what comes of it.
        os._exit(0)

    threading.Thread(target=listen, daemon=True, name="hostmode-batch-input").start()
    while True:
        outcome = work(Task(**json.loads(tasks.get())))
        print(json.dumps(outcome.to_dict()), file=answers, flush=True)


if __name__ == "__main__":
    main()
