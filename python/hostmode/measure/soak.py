"""Many controllers in one process for a long simulated time: does anything grow?"""

from __future__ import annotations

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
# Part of the time after which memory has to have its final size.
_WARM_UP: Final = 0.1


@dataclass(frozen=True)
class SoakReport:
    """What became of the process.

    Attributes
    ----------
    controllers, conversations : int
        How many there were, and how many utterances they played.
    simulated_s, elapsed_s : float
        Seconds on the simulated clock, and real ones.
    resident_mb, growth_mb : float
        Memory of the process at the end, and how much more that is than after the warm-up.
    threads_before, threads_after : int
        Threads of the process, native ones included, before the first controller and at the end.
    """

    controllers: int
    conversations: int
    simulated_s: float
    elapsed_s: float
    resident_mb: float
    growth_mb: float
    threads_before: int
    threads_after: int

    def as_dict(self) -> dict[str, Any]:
        """Return everything for JSON."""
        return asdict(self)


def soak(controllers: int, simulated_s: float, seed: int = 1) -> SoakReport:
    """Run `controllers` on silent clocks for `simulated_s` seconds of simulated time.

    Raises
    ------
    HostModeError
        The system does not tell how much memory a process has (it is not Linux).
    """
    chance = random.Random(seed)
    pcm = (3000 * np.sin(np.arange(round(_UTTERANCE_S * _RATE)))).astype(np.int16)
    keyframes = np.zeros((round(_UTTERANCE_S * hostmode.KEYFRAME_RATE), hostmode.KEYFRAME_FLOATS), np.float32)
    motion = [hostmode.encode_message(keyframes, end=True)]
    pose = np.empty(hostmode.KEYFRAME_FLOATS, np.float32)
    threads_before = _threads()
    now_s = 0.0
    started_s = time.monotonic()
    ended = 0

    def count_ends(event: hostmode.ControllerEvent) -> None:
        nonlocal ended
        ended += event.kind == "conversation_end"

    avatars = []
    for index in range(controllers):
        avatar = Controller(_RATE, output="silent", clock=lambda: now_s, config=PlayerConfig(seed=index))
        avatar.on_event = count_ends
        avatars.append(avatar)
    speak_at = [chance.uniform(0.0, _PERIOD_S) for _ in avatars]
    stop_at = [float("inf")] * controllers
    warm_mb: float | None = None
    while now_s < simulated_s:
        now_s += _STEP_S
        for index, avatar in enumerate(avatars):
            if now_s >= speak_at[index]:
                speak_at[index] += chance.uniform(0.5, 1.5) * _PERIOD_S
                if chance.random() < _INTERRUPTED:
                    stop_at[index] = now_s + chance.uniform(0.0, _UTTERANCE_S)
                avatar.yield_frames_data(motion, avatar.yield_audio_data(pcm, end=True))
            if now_s >= stop_at[index]:
                stop_at[index] = float("inf")
                avatar.interrupt()
            avatar.advance()
            avatar.sample(now_s, pose)
        if warm_mb is None and now_s >= _WARM_UP * simulated_s:
            warm_mb = _resident_mb()
    resident_mb = _resident_mb()
    report = SoakReport(
        controllers=controllers,
        conversations=ended,
        simulated_s=now_s,
        elapsed_s=time.monotonic() - started_s,
        resident_mb=resident_mb,
        growth_mb=resident_mb - (resident_mb if warm_mb is None else warm_mb),
        threads_before=threads_before,
        threads_after=_threads(),
    )
    for avatar in avatars:
        avatar.close()
    return report


def _resident_mb() -> float:
    gc.collect()
    return _status("VmRSS") / 1024


def _threads() -> int:
    return max(_status("Threads"), threading.active_count())


def _status(field: str) -> int:
    try:
        text = Path("/proc/self/status").read_text()
    except OSError as error:
        raise HostModeError("the memory of a process can be measured on Linux only") from error
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{field}:"))
