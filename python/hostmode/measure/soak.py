"""Many controllers in one process for a long simulated time: does anything grow?"""

from __future__ import annotations

import ctypes
import gc
import random
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

import hostmode
from hostmode import Controller, PlayerConfig
from hostmode.errors import HostModeError

_RATE: Final = 8000
# Coarser than a display, and still fine enough for every event to come one by one.
_STEP_S: Final = 0.25
_UTTERANCE_S: Final = 2.0
# A controller speaks about every so often, and one utterance in three is interrupted.
_PERIOD_S: Final = 20.0
_INTERRUPTED: Final = 1 / 3
# Part of the time after which memory has to have its final size, but not before everybody has spoken often.
_WARM_UP: Final = 0.1
_SHORTEST_WARM_UP_S: Final = 120.0
# How often memory is looked at after that.
_LOOKS: Final = 11
# Longer than an utterance, the way back to idle, and how far back poses can be asked for.
_SILENCE_S: Final = 10.0


@dataclass(frozen=True)
class SoakReport:
    """What became of the process.

    Attributes
    ----------
    controllers, conversations : int
        How many there were, and how many utterances they played.
    simulated_s, elapsed_s : float
        Seconds on the simulated clock, and real ones.
    resident_mb : tuple of float
        Memory of the process, from after the warm-up to the end, at equal distances.
    threads_before, threads_after : int
        Threads of the process, native ones included, before the first controller and at the end.
    """

    controllers: int
    conversations: int
    simulated_s: float
    elapsed_s: float
    resident_mb: tuple[float, ...]
    threads_before: int
    threads_after: int

    @property
    def growth_mb(self) -> float:
        """From the first of these to the last."""
        return self.resident_mb[-1] - self.resident_mb[0]

    @property
    def steady_growth_mb(self) -> float:
        """The same, had it grown all the time as it usually did from one to the next.

        A leak grows all the time; an allocator that takes another piece from the system does so once.
        """
        return float(np.median(np.diff(self.resident_mb))) * (len(self.resident_mb) - 1)

    def as_dict(self) -> dict[str, Any]:
        """Return everything for JSON."""
        return {**asdict(self), "growth_mb": self.growth_mb, "steady_growth_mb": self.steady_growth_mb}


class _Crowd:
    """Controllers on one simulated clock that speak and are interrupted at random times."""

    def __init__(self, controllers: int, seed: int) -> None:
        self.now_s = 0.0
        self.ended = 0
        self._chance = random.Random(seed)
        self._pcm = (3000 * np.sin(np.arange(round(_UTTERANCE_S * _RATE)))).astype(np.int16)
        keyframes = np.zeros((round(_UTTERANCE_S * hostmode.KEYFRAME_RATE), hostmode.KEYFRAME_FLOATS), np.float32)
        self._motion = [hostmode.encode_message(keyframes, end=True)]
        self._pose = np.empty(hostmode.KEYFRAME_FLOATS, np.float32)
        self._avatars = [self._make(index) for index in range(controllers)]
        self._speak_at_s = [self._chance.uniform(0.0, _PERIOD_S) for _ in self._avatars]
        self._stop_at_s = [float("inf")] * controllers

    def run(self, until_s: float) -> None:
        """Let time pass; everybody speaks now and then."""
        while self.now_s < until_s:
            self._step(speaking=True)

    def fall_silent(self) -> None:
        """Let time pass until nothing is left of what was spoken."""
        until_s = self.now_s + _SILENCE_S
        while self.now_s < until_s:
            self._step(speaking=False)

    def close(self) -> None:
        for avatar in self._avatars:
            avatar.close()

    def _make(self, index: int) -> Controller:
        avatar = Controller(_RATE, output="silent", clock=lambda: self.now_s, config=PlayerConfig(seed=index))
        avatar.on_event = self._count_ends
        return avatar

    def _count_ends(self, event: hostmode.Event) -> None:
        self.ended += event.kind == "conversation_end"

    def _step(self, speaking: bool) -> None:
        self.now_s += _STEP_S
        for index, avatar in enumerate(self._avatars):
            if speaking and self.now_s >= self._speak_at_s[index]:
                self._speak_at_s[index] = self.now_s + self._chance.uniform(0.5, 1.5) * _PERIOD_S
                if self._chance.random() < _INTERRUPTED:
                    self._stop_at_s[index] = self.now_s + self._chance.uniform(0.0, _UTTERANCE_S)
                avatar.yield_frames_data(self._motion, avatar.yield_audio_data(self._pcm, end=True))
            if self.now_s >= self._stop_at_s[index]:
                self._stop_at_s[index] = float("inf")
                avatar.interrupt()
            avatar.advance()
            avatar.sample(self.now_s, self._pose)


def soak(controllers: int, simulated_s: float, seed: int = 1) -> SoakReport:
    """Run `controllers` on silent clocks for `simulated_s` seconds of simulated time.

    Memory is compared when all are silent: what is being spoken at the moment takes some, and how much is
    chance.

    Raises
    ------
    HostModeError
        The system does not tell how much memory a process has (it is not Linux).
    """
    threads_before = _threads()
    started_s = time.monotonic()
    crowd = _Crowd(controllers, seed)
    warm_s = max(_WARM_UP * simulated_s, _SHORTEST_WARM_UP_S)
    resident_mb = []
    for until_s in np.linspace(warm_s, max(simulated_s, warm_s), _LOOKS).tolist():
        crowd.run(until_s)
        crowd.fall_silent()
        resident_mb.append(_resident_mb())
    report = SoakReport(
        controllers=controllers,
        conversations=crowd.ended,
        simulated_s=crowd.now_s,
        elapsed_s=time.monotonic() - started_s,
        resident_mb=tuple(resident_mb),
        threads_before=threads_before,
        threads_after=_threads(),
    )
    crowd.close()
    return report


def _resident_mb() -> float:
    gc.collect()
    # What the allocator has free does not count; only glibc can be asked to give it back.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    return _status("VmRSS") / 1024


def _threads() -> int:
    return max(_status("Threads"), threading.active_count())


def _status(field: str) -> int:
    try:
        text = Path("/proc/self/status").read_text()
    except OSError as error:
        raise HostModeError("the memory of a process can be measured on Linux only") from error
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{field}:"))
