"""``hostmode play`` in a terminal that is stopped, continued, hung up or told to end."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import hostmode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pty = pytest.importorskip("pty", reason="needs a terminal")
pytestmark = [pytest.mark.alone, pytest.mark.outer]

HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"


def _start_afresh() -> None:
    # A process group of its own in this session: one without a parent in its session cannot be stopped. And what the
    # tests were started by may have had them ignore signals, as nohup does.
    os.setpgrp()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


class Terminal:
    """A command in a terminal of its own, without a sound card."""

    def __init__(self, *arguments: object) -> None:
        self.output = b""
        self._master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "PULSE_SERVER": "unix:/nonexistent"}
        command = [sys.executable, "-m", "hostmode", *map(str, arguments)]
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, preexec_fn=_start_afresh
        )
        os.close(slave)

    def read(self, seconds: float) -> bytes:
        """Return what comes within `seconds`."""
        before, end = len(self.output), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and select.select([self._master], [], [], left)[0]:
            try:
                self.output += os.read(self._master, 65536)
            except OSError:
                break  # the command has ended
        return self.output[before:]

    def read_until(self, text: bytes, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while text not in self.output and time.monotonic() < end:
            self.read(0.05)
        assert text in self.output

    def finish(self, seconds: float = 60.0) -> int:
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)
        self.read(0.1)
        return self.process.wait(1)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    speech = hostmode.Recording.embedded()
    path = tmp_path / "speech.json"
    hostmode.Recording.from_keyframes(speech.audio[: 4 * 16000], 16000, speech.keyframes[:100]).save(path)
    return path


@pytest.fixture
def terminal(recording: Path) -> Iterator[Terminal]:
    started = Terminal("play", recording)
    started.read_until(b"playing")
    yield started
    started.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_told_to_end_shows_the_cursor_and_ends_by_that_signal(terminal: Terminal, number: int):
    terminal.process.send_signal(number)

    assert terminal.finish() == -number
    assert terminal.output.rfind(SHOW) > terminal.output.rfind(HIDE) > 0
    assert b"Traceback" not in terminal.output


def test_play_that_is_stopped_shows_the_cursor_and_goes_on_where_it_was(terminal: Terminal):
    terminal.read(0.5)
    terminal.process.send_signal(signal.SIGTSTP)
    stopped = terminal.read(4.0)
    assert os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
    assert stopped.rfind(SHOW) > stopped.rfind(HIDE)
    # The rest takes its time: none of it was lost while the command stood still.
    continued_at = time.monotonic()
    terminal.process.send_signal(signal.SIGCONT)

    assert terminal.finish() == 0
    assert time.monotonic() - continued_at > 1.5
    assert b"0 underruns" in terminal.output
    assert terminal.output.rfind(SHOW) > terminal.output.rfind(HIDE)


def test_a_signal_that_is_ignored_stays_ignored(recording: Path):
    program = (
        "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); sys.argv = ['hostmode', 'inspect', "
        f"{str(recording)!r}]; import os, threading; threading.Timer(0.0, os.kill, (os.getpid(), signal.SIGHUP))"
        ".start(); from hostmode.cli import main; main()"
    )

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0


def test_play_on_a_device_that_is_not_there_ends_at_once_with_5(recording: Path):
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "hostmode", "play", "--help"], capture_output=True, check=True)
    starting_s, started = time.monotonic() - started, time.monotonic()
    result = subprocess.run(
        [sys.executable, "-m", "hostmode", "play", recording, "--device", "99"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 5
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "99" in result.stderr
    assert time.monotonic() - started < 3.0 + starting_s


@pytest.mark.parametrize(
    "arguments", [("devices",), ("play", "speech.json", "--device", "1"), ("bench", "sync"), ("bench", "underruns")]
)
def test_a_command_that_needs_sounddevice_exits_with_6_without_it(recording: Path, arguments: tuple[str, ...]):
    program = "import sys; sys.modules['sounddevice'] = None; from hostmode.cli import main; main()"

    result = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=recording.parent, capture_output=True, text=True, check=False
    )

    assert result.returncode == 6
    assert result.stderr.count("\n") == 1
    assert 'pip install "hostmode[audio]"' in result.stderr
