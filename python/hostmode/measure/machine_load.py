"""Processes that keep the machine busy: half of them compute without end, half start others without end."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hostmode.errors import HostModeError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Each ends when whoever started it has ended, however that came about.
_BUSY = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    sum(range(100000))"
_FORKING = """
import os
parent = os.getppid()
while os.getppid() == parent:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
"""


@contextmanager
def machine_load(processes: int) -> Iterator[None]:
    """Keep the machine busy with so many processes until the block ends.

    Parameters
    ----------
    processes : int
        How many; the odd one out of an odd number forks.

    Raises
    ------
    HostModeError
        This system cannot fork.
    """
    if processes and not hasattr(os, "fork"):
        raise HostModeError("load is made by processes that fork, which this system does not offer; leave it out")
    running: list[subprocess.Popen[bytes]] = []
    try:
        for number in range(processes):
            program = _BUSY if number % 2 else _FORKING
            running.append(subprocess.Popen([sys.executable, "-c", program]))
        yield
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait()
