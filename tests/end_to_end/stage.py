"""A virtual sound card with programs that play on it, and patience with a machine that stands still."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostmode.measure.stall_monitor import StallMonitor
from hostmode.measure.underruns import STALL_LIMIT_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostmode.measure.virtual_sound_card import VirtualSoundCard

PROGRAMS = Path(__file__).parent / "programs"
ATTEMPTS = 4


def repeated_where_the_machine_stalls(test: Callable[[Stage], None]) -> Callable[[Stage], None]:
    """Run a test again that failed while the whole machine stood still; skip it if that happens every time."""

    @functools.wraps(test)
    def run(stage: Stage) -> None:
        for _ in range(ATTEMPTS):
            failure: AssertionError | None = None
            with StallMonitor() as monitor:
                try:
                    test(stage)
                except AssertionError as error:
                    failure = error
            if failure is None:
                return
            if monitor.longest_s < STALL_LIMIT_S:
                raise failure
            stage.clear()
        pytest.skip(f"this machine stands still for {1000 * monitor.longest_s:.0f} ms at a time: {failure}")

    return run


class Stage:
    """A virtual sound card, and programs of tests/end_to_end/programs that run in processes beside it."""

    def __init__(self, card: VirtualSoundCard) -> None:
        self.card = card
        self._processes: list[subprocess.Popen[str]] = []

    def start(self, program: str, *arguments: object) -> subprocess.Popen[str]:
        """Start a program; its standard input and output are pipes."""
        process = subprocess.Popen(
            [sys.executable, str(PROGRAMS / program), *map(str, arguments)],
            env=self.card.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        return process

    def clear(self) -> None:
        """End all programs and make sure that the card runs."""
        for process in self._processes:
            process.kill()
            process.communicate()
        self._processes.clear()
        if not self.card.running:
            self.card.start()


class Program:
    """A running tests/end_to_end/programs/play_on_command.py."""

    def __init__(self, stage: Stage, *arguments: object) -> None:
        self.process = stage.start("play_on_command.py", *arguments)
        self.events: list[dict] = []
        self.output = self.wait_for("ready")["output"]

    def do(self, command: str) -> None:
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def wait_for(self, kind: str, **values: object) -> dict:
        for line in self.process.stdout:
            event = json.loads(line)
            self.events.append(event)
            if event["kind"] == kind and all(event[name] == value for name, value in values.items()):
                return event
        pytest.fail(f"the program ended without {kind} {values}; it said {self.events} {self.process.stderr.read()}")

    def ask(self, command: str, kind: str) -> dict:
        self.do(command)
        return self.wait_for(kind)
