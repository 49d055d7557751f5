"""Playback into a file, as fast as time is said to pass."""

from __future__ import annotations

import threading
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hostmode.audio.output import AudioOutput, Report

if TYPE_CHECKING:
    import os

    from hostmode._core import Player

# Of the sound of one block, as a device would ask for it.
_BLOCK_S = 0.01


class WavOutput(AudioOutput):
    """Write what would be heard into a WAV file: mono, 16 bit, at the rate of the application's audio.

    The file holds one sample for each that passes on the controller's clock, silence included, so that sound
    and poses sampled at the same instants belong together. With a clock of the caller's nothing takes real
    time:

    >>> t = 0.0
    >>> avatar = Controller(output=WavOutput("speech.wav"), clock=lambda: t)
    >>> cid = avatar.yield_audio_data(pcm, end=True)
    >>> while avatar.get_current_conversation_id():
    ...     t += 1 / 60
    ...     avatar.advance()
    ...     pose = avatar.sample()
    >>> avatar.close()

    Parameters
    ----------
    path : path-like
        Where to write; an existing file is replaced.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        # The controller may be closed while another thread writes.
        self._lock = threading.Lock()
        self._file: wave.Wave_write | None = None
        self._rate = 0
        self._start = 0.0
        self._frames = 0

    def prepare(self, source_rate: int) -> int:
        self._rate = source_rate
        return source_rate

    def start(self, player: Player, now: float, report: Report) -> None:
        del player, report
        self._start = now
        self._file = wave.open(str(self._path), "wb")  # noqa: SIM115 - closed by close()
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._file.setframerate(self._rate)

    def advance(self, player: Player, now: float) -> None:
        due = int((now - self._start) * self._rate)
        block = max(1, int(_BLOCK_S * self._rate))
        with self._lock:
            while self._frames < due and self._file is not None:
                samples = np.empty(min(block, due - self._frames), dtype=np.int16)
                heard = self._start + self._frames / self._rate
                # As the device would at this instant: what became known up to here decides what is played.
                player.advance(heard)
                player.render_audio(samples, heard)
                self._file.writeframesraw(samples.astype("<i2", copy=False).tobytes())
                self._frames += len(samples)
        player.advance(now)

    def close(self) -> None:
        """Complete the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def stats(self) -> dict[str, float | str]:
        return {"audio_output": "wav", "output_frames": float(self._frames)}
