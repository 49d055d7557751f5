"""The file itself: beyond 4 GiB, on a full disk, in a killed process, where a pipe is."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import threading
import time
import wave
from pathlib import Path

import numpy as np
import pytest
from controller_rig import RATE

from hostmode import AudioOutputError, Controller
from hostmode.audio import WavOutput
from hostmode.audio.wav_file import WavFile

FULL = "/dev/full"
needs_full = pytest.mark.skipif(not Path(FULL).exists(), reason="this system has no /dev/full")


def chunks(data: bytes) -> dict[bytes, bytes]:
    """Return the chunks of the first bytes of a WAV file, the last one cut off."""
    found, at = {}, 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        found[name] = data[at + 8 : at + 8 + length]
        at += 8 + length
    return found


@pytest.mark.parametrize("beyond", [-200, -72, -70, 0, 2, 2**31, 2**33])
def test_a_file_of_any_length_says_its_length(tmp_path, beyond):
    path = tmp_path / "long.wav"
    file = WavFile(path, 48000)
    # A hole instead of four gigabytes of silence.
    data_bytes = 2**32 + beyond
    file._written = data_bytes - 4
    file.write(np.array([1, 2], np.int16))
    file.close()
    assert path.stat().st_size == 80 + data_bytes
    with path.open("rb") as written:
        head = written.read(80)
    kind, length, wave_id = struct.unpack_from("<4sI4s", head)
    assert wave_id == b"WAVE"
    assert chunks(head)[b"fmt "] == struct.pack("<HHIIHH", 1, 1, 48000, 96000, 2, 16)
    data_at = head.index(b"data")
    (said,) = struct.unpack_from("<I", head, data_at + 4)
    if 72 + data_bytes < 2**32:
        assert (kind, length, said) == (b"RIFF", 72 + data_bytes, data_bytes)
        assert b"ds64" not in head
    else:
        assert (kind, length, said) == (b"RF64", 0xFFFFFFFF, 0xFFFFFFFF)
        assert struct.unpack("<QQQI", chunks(head)[b"ds64"]) == (72 + data_bytes, data_bytes, data_bytes // 2, 0)


def test_a_file_can_be_read_while_it_is_written(tmp_path):
    path = tmp_path / "open.wav"
    file = WavFile(path, RATE)
    written = 0
    for _ in range(40):
        file.write(np.full(RATE // 7, 5, np.int16))
        written += RATE // 7
        with wave.open(str(path)) as reader:
            held = reader.readframes(reader.getnframes())
        assert len(held) == 2 * reader.getnframes()
        assert written - RATE <= reader.getnframes() <= written
    file.close()
    with wave.open(str(path)) as reader:
        assert reader.getnframes() == written


def test_a_killed_process_leaves_what_it_played(tmp_path):
    path = tmp_path / "killed.wav"
    program = (
        "import itertools, numpy as np, hostmode\n"
        "from hostmode.audio import WavOutput\n"
        "t = 0.0\n"
        f"a = hostmode.Controller(16000, output=WavOutput({str(path)!r}), clock=lambda: t)\n"
        "a.yield_audio_data(np.full(16000 * 50, 3000, np.int16), end=True)\n"
        "while t < 30.0:\n"
        "    t += 0.02; a.advance()\n"
        "print('played', flush=True)\n"
        "input()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "played\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with wave.open(str(path)) as reader:
        held = np.frombuffer(reader.readframes(reader.getnframes()), "<i2")
    assert 29.0 * 16000 <= len(held) <= 30.1 * 16000
    assert np.count_nonzero(held == 3000) > 25 * 16000


@needs_full
def test_a_disk_that_is_full_at_once_is_an_error_that_names_the_file():
    with pytest.raises(AudioOutputError, match="'/dev/full' cannot be written: No space left"):
        Controller(output=WavOutput(FULL))


class Full:
    """A file of a disk that takes so many bytes."""

    def __init__(self, file, room: int) -> None:
        self.file, self.room = file, room

    def write(self, data) -> int:
        if self.room <= 0:
            raise OSError(28, "No space left on device")
        taken = self.file.write(data[: self.room])
        self.room -= taken
        return taken

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.mark.parametrize("room", [0, 1, 31999, 32001, 100000])
@pytest.mark.parametrize("threaded", [False, True])
def test_a_disk_that_fills_up_is_told_once_and_playback_goes_on(tmp_path, room, threaded):
    path = tmp_path / "full.wav"
    t = 0.0
    output = WavOutput(path)
    avatar = Controller(output=output, **({} if threaded else {"clock": lambda: t}))
    output._file._file = Full(output._file._file, room)
    errors, ended = [], threading.Event()
    avatar.on_error = errors.append
    avatar.on_event = lambda event: ended.set() if event.kind == "conversation_end" else None
    avatar.yield_audio_data(np.full(RATE * 5, 3000, np.int16), end=True)
    if threaded:
        assert ended.wait(20)
    else:
        while t < 6.0:
            t += 0.05
            avatar.advance()
        assert ended.is_set()
    assert [error.code for error in errors] == ["audio_output_lost"]
    assert "No space left on device" in str(errors[0])
    with pytest.raises(AudioOutputError, match="No space left on device"):
        avatar.close()
    avatar.close()
    with wave.open(str(path)) as reader:
        held = reader.readframes(reader.getnframes())
    # No more than there is, and no sample in part.
    assert len(held) == 2 * reader.getnframes() <= max(room, 0)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("reader", [False, True])
def test_a_pipe_is_refused_and_nothing_waits(tmp_path, reader):
    path = tmp_path / "pipe.wav"
    os.mkfifo(path)
    if reader:
        threading.Thread(target=path.read_bytes, daemon=True).start()
    before = time.monotonic()
    with pytest.raises(AudioOutputError, match="is a pipe"):
        Controller(output=WavOutput(path))
    assert time.monotonic() - before < 5.0
    if reader:
        # Let the other end go.
        os.close(os.open(path, os.O_WRONLY))
