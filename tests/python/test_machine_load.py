"""The processes that keep a machine busy while something is measured."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from hostmode.measure.machine_load import machine_load

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="counts processes in /proc")


def children() -> list[int]:
    mine = str(os.getpid())
    stats = (path.read_text() for path in Path("/proc").glob("[0-9]*/stat") if path.exists())
    fields = [line.rpartition(")")[2].split() for line in stats]
    return [index for index, field in enumerate(fields) if field[1] == mine and field[0] != "Z"]


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
