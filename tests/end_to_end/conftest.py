"""A sound card for every test that needs one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostmode.measure.virtual_sound_card import VirtualSoundCard, missing_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = Path(__file__).parent / "programs"


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
            text=True,
        )
        self._processes.append(process)
        return process

    def run(self, program: str, *arguments: object) -> dict:
        """Run a program to its end and return what it printed last, a line of JSON."""
        process = self.start(program, *arguments)
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        return json.loads(output.splitlines()[-1])

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Return a stage with a sound card of its own."""
    try:
        import sounddevice  # noqa: F401
    except ImportError:
        pytest.skip("sounddevice is not installed: pip install 'hostmode[audio]'")
    except OSError as error:
        pytest.skip(f"{error} (Debian: libportaudio2)")
    if missing := missing_parts():
        pytest.skip(f"no virtual sound card: {missing}")
    with VirtualSoundCard() as card:
        made = Stage(card)
        yield made
        made.close()
