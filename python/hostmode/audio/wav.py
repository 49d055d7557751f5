"""Playback into a file, as fast as time is said to pass."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hostmode.audio.output import AudioOutput, Report
from hostmode.audio.wav_file import WavFile
from hostmode.errors import AudioOutputError

if TYPE_CHECKING:
    import os

    from hostmode._core import Player

# Of the sound of one block, as a device would ask for it, and where nothing is played.
_BLOCK_S = 0.01
_IDLE_BLOCK_S = 1.0
# What one step of a clock may be. More is another unit or another epoch, and would fill the disk with silence.
_LONGEST_STEP_S = 6 * 3600.0
# A clock that goes back by more has started again.
_BACKLASH_S = 1.0


class WavOutput(AudioOutput):
    """Write what would be heard into a WAV file: mono, 16 bit, at the rate of the application's audio.

    The file holds one sample for each that passes on the controller's clock, silence included, so that sound
    and poses sampled at the same instants belong together: the picture sampled at 1.5 s is that of the sound at
    1.5 s of the file. With a clock of the caller's nothing takes real time:

    >>> t = 0.0
    >>> avatar = Controller(output=WavOutput("speech.wav"), clock=lambda: t)
    >>> cid = avatar.yield_audio_data(pcm, end=True)
    >>> while avatar.get_current_conversation_id():
    ...     avatar.advance()
    ...     pose = avatar.sample()   # of the film frame that begins at t
    ...     t += 1 / 60
    >>> avatar.close()

    Beyond 4 GiB it becomes an RF64 file, which common programs read as well. While it is written, it is a right file
    that lacks at most the last second. Where it cannot be written any more, such as on a full disk, ``on_error``
    is told ``audio_output_lost``, playback goes on unheard, and `Controller.close` raises `AudioOutputError`.

    Parameters
    ----------
    path : path-like
        Where to write; an existing file is replaced. Not a pipe.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        # The controller may be closed while another thread writes.
        self._lock = threading.Lock()
        self._file: WavFile | None = None
        self._failure: AudioOutputError | None = None
        self._report: Report | None = None
        self._rate = 0
        self._start = 0.0
        self._frames = 0

    def prepare(self, source_rate: int) -> int:
        self._rate = source_rate
        return source_rate

    def start(self, player: Player, now: float, report: Report) -> None:
        del player
        self._report = report
        self._start = now
        self._file = WavFile(self._path, self._rate)

    def advance(self, player: Player, now: float) -> None:
        position = self._start + self._frames / self._rate
        if now > position + _LONGEST_STEP_S:
            raise ValueError(
                f"the controller's clock went from {position:.3f} to {now:.3f}; WavOutput writes every second in "
                f"between and takes at most {_LONGEST_STEP_S:.0f} s at once: the clock must count seconds from one "
                "beginning"
            )
        if now < position - _BACKLASH_S:
            self._start += now - position
        while self._write_block(player, now):
            pass
        player.advance(now)

    def close(self) -> None:
        """Complete the file.

        Raises
        ------
        AudioOutputError
            The file is not complete.
        """
        with self._lock:
            file, self._file = self._file, None
            failure, self._failure = self._failure, None
            if file is not None:
                file.close()
        if failure is not None:
            raise failure

    def stats(self) -> dict[str, float | str]:
        return {"audio_output": "wav", "output_frames": float(self._frames)}

    def _write_block(self, player: Player, now: float) -> bool:
        """Play and write one block of what is due until `now`; return whether there was any."""
        with self._lock:
            due = int((now - self._start) * self._rate) - self._frames
            if due <= 0 or self._file is None:
                return False
            block_s = _IDLE_BLOCK_S if player.conversation_id is None else _BLOCK_S
            samples = np.empty(min(max(1, int(block_s * self._rate)), due), dtype=np.int16)
            heard = self._start + self._frames / self._rate
            # As the device would at this instant: what became known up to here decides what is played.
            player.advance(heard)
            player.render_audio(samples, heard)
            self._frames += len(samples)
            try:
                self._file.write(samples)
            except AudioOutputError as error:
                self._give_up(player, error)
        return True

    def _give_up(self, player: Player, failure: AudioOutputError) -> None:
        assert self._file is not None
        self._file.abandon()
        self._file = None
        self._failure = failure
        player.start_silent_clock(now=self._start + self._frames / self._rate)
        if self._report is not None:
            self._report("audio_output_lost", f"{failure}; playback goes on unheard")
