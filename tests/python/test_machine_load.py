"""The processes that keep a machine busy while something is measured."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from hostmode.measure.machine_load import machine_load

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="counts processes in /proc"),
    pytest.mark.outer,
]


def children() -> list[str]:
    """Return the commands of this process's children that are load."""
    mine = str(os.getpid())
    commands = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = (path / "stat").read_text().rpartition(")")[2].split()
            command = (path / "cmdline").read_text()
        except OSError:  # it has ended meanwhile
            continue
        if fields[1] == mine and fields[0] != "Z" and "getppid() == parent" in command:
            commands.append(command)
    return commands


def fail_under_load() -> None:
    with machine_load(3):
        time.sleep(0.2)
        raise KeyError(len(children()))


def test_machine_load_runs_as_many_processes_as_asked_and_ends_them_whatever_happens() -> None:
    before = len(children())
    with pytest.raises(KeyError) as failure:
        fail_under_load()
    assert failure.value.args == (before + 3,)
    assert len(children()) == before
