"""How often sound drops out while the interpreter lock is held: the native callback against a Python one."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any, Final

from hostmode.audio.portaudio import load_sounddevice
from hostmode.errors import AudioOutputError
from hostmode.measure.ramp import RampCount, count_ramp
from hostmode.measure.ramp_player import LATENCY_S, RATE
from hostmode.measure.stall_monitor import StallMonitor
from hostmode.measure.virtual_sound_card import VirtualSoundCard

CALLBACKS: Final = ("native", "python")

STALL_LIMIT_S: Final = LATENCY_S / 4
"""A machine that stood still for longer proves nothing about a broken ramp: the sound server and the callback
each have to run in time, and a stall of one often comes with one of the other."""

_FADE_S: Final = 0.005
# Sound still on its way to the recording when the player has ended.
_TAIL_S: Final = 0.5
_PATIENCE_S: Final = 60.0


@dataclass(frozen=True)
class UnderrunRun:
    """One measurement.

    Attributes
    ----------
    callback : str
        ``"native"`` or ``"python"``.
    load : str
        What held the interpreter lock.
    seconds, rate : float, int
        Length of the ramp, and its sample rate, Hz.
    count : RampCount
        What was recorded of it.
    longest_stall_s : float
        How long the machine itself stood still meanwhile, seconds.
    attempts : int
        How many runs it took to get one in which the machine did not.
    """

    callback: str
    load: str
    seconds: float
    rate: int
    count: RampCount
    longest_stall_s: float
    attempts: int

    @property
    def exact(self) -> bool:
        """Whether the ramp was heard whole, sample by sample."""
        return self.count.exact and self.count.frames >= round(self.seconds * self.rate)

    @property
    def conclusive(self) -> bool:
        """Whether the result says something about the player: what is exact was not helped by any stall."""
        return self.exact or self.longest_stall_s < STALL_LIMIT_S

    def as_dict(self) -> dict[str, Any]:
        """Return everything, and the rates a minute, for JSON."""
        per_minute = 60.0 / self.seconds
        return {
            **{name: value for name, value in asdict(self).items() if name != "count"},
            **asdict(self.count),
            "gaps_per_minute": self.count.gaps * per_minute,
            "skips_per_minute": self.count.skips * per_minute,
            "repeats_per_minute": self.count.repeats * per_minute,
            "exact": self.exact,
            "conclusive": self.conclusive,
        }


def measure_underruns(callback: str, load: str, seconds: float, attempts: int = 3) -> UnderrunRun:
    """Play a ramp on a virtual sound card under a load and compare what the card played with it.

    Parameters
    ----------
    callback : str
        One of `CALLBACKS`.
    load : str
        One of `hostmode.measure.interpreter_load.LOADS`, or ``"none"``.
    seconds : float
        Length of the ramp.
    attempts : int
        How often to try for a conclusive run; the last one is returned whatever it was.

    Raises
    ------
    AudioOutputError
        Something is not installed, or the player failed; the message says what.
    """
    load_sounddevice()
    for attempt in range(1, attempts + 1):
        with VirtualSoundCard() as card, card.record() as recording, StallMonitor() as monitor:
            _play(card, callback, load, seconds)
            recorded = recording.wait(_TAIL_S)
        # Only the native player fades.
        fade_frames = round(_FADE_S * RATE) if callback == "native" else 0
        count = count_ramp(recorded, fade_frames)
        run = UnderrunRun(callback, load, seconds, RATE, count, monitor.longest_s, attempt)
        if run.conclusive:
            break
    return run


def _play(card: VirtualSoundCard, callback: str, load: str, seconds: float) -> None:
    player = subprocess.run(
        [sys.executable, "-m", "hostmode.measure.ramp_player", callback, load, str(seconds)],
        env=card.environment,
        capture_output=True,
        text=True,
        timeout=seconds + _PATIENCE_S,
        check=False,
    )
    if player.returncode != 0:
        reason = player.stderr.strip().splitlines() or ["no message"]
        raise AudioOutputError(f"the process that plays failed: {reason[-1]}")
    told = json.loads(player.stdout)
    if told.get("audio_output", "sounddevice") != "sounddevice":
        raise AudioOutputError(f"the virtual sound card was not played on: {player.stderr.strip()}")
