"""Tell a stall of the machine from a fault of the program under test.

On a shared machine the scheduler itself sometimes leaves every process waiting for longer than a sound card's
buffer lasts. No program can play through that, so a measurement that contains such a stall says nothing.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

# A process of its own: neither the interpreter lock nor the load of the program under test shall look like a
# stall.
_PROGRAM = """
import sys, threading, time
period_s = float(sys.argv[1])
done = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
longest_s = 0.0
print("ready", flush=True)
while not done.is_set():
    before = time.monotonic()
    time.sleep(period_s)
    longest_s = max(longest_s, time.monotonic() - before - period_s)
print(longest_s, flush=True)
"""


class StallMonitor:
    """Measure the longest time for which a process that wanted to run was not let run.

    Use it as a context manager around a measurement; afterwards `longest_s` tells whether the measurement
    counts.
    """

    def __init__(self, period_s: float = 0.005) -> None:
        self._period_s = period_s
        self._process: subprocess.Popen[str] | None = None
        self.longest_s = 0.0

    def __enter__(self) -> StallMonitor:
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-c", _PROGRAM, str(self._period_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        report, _ = self._process.communicate("")
        self.longest_s = float(report)
