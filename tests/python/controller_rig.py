"""A Controller on a silent clock that the test moves, and everything that it has told."""

from __future__ import annotations

from typing import Any

import numpy as np

import hostmode
from hostmode import Controller
from hostmode.audio import SilentOutput

RATE = 16000

JAW = hostmode.KEYFRAME_DTYPE.fields["jaw_pose"][1] // 4
"""A channel of the keyframe that idle motion leaves alone."""


class SilentDevice(SilentOutput):
    """A silent output with a sample rate of its own, or with that of the audio."""

    def __init__(self, rate: int | None = None) -> None:
        self.rate = rate

    def prepare(self, source_rate: int) -> int:
        return self.rate or source_rate


class Stage:
    """One controller. It starts at 1000 s."""

    def __init__(self, sample_rate: int = RATE, **settings: Any) -> None:
        self.time = 1000.0
        settings = {"output": "silent", **settings}
        self.avatar = Controller(sample_rate, clock=lambda: self.time, **settings)
        self.states: list[tuple[str, str]] = []
        self.animation: list[str] = []
        self.errors: list[str] = []
        self.stalls: list[bool] = []
        self.events: list[hostmode.Event] = []
        self.avatar.on_conversation_state = lambda state, reason: self.states.append((state, reason))
        self.avatar.on_animation_state = self.animation.append
        self.avatar.on_error = lambda error: self.errors.append(error.code)
        self.avatar.on_playback_stall = self.stalls.append
        self.avatar.on_event = self.events.append

    def play(self, seconds: float, step: float = 0.01) -> None:
        end = self.time + seconds
        while self.time < end - 1e-9:
            self.time = min(self.time + step, end)
            self.avatar.advance()

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def ends(self) -> list[str]:
        return [event.reason for event in self.events if event.kind == "conversation_end"]

    def started_at(self) -> float:
        return next(event.time for event in self.events if event.kind == "playback_started")

    def jaw(self, now: float | None = None) -> float:
        return float(self.avatar.sample(now, np.empty(hostmode.KEYFRAME_FLOATS, np.float32))[JAW])


def tone(seconds: float, rate: int = RATE) -> bytes:
    t = np.arange(round(seconds * rate)) / rate
    return (8000 * np.sin(2 * np.pi * 440 * t)).astype("<i2").tobytes()


def motion(seconds: float, *, level: float = 0.0, rise: float = 0.0, **envelope: Any) -> bytes:
    """Return one encoded message of keyframes whose jaw starts at `level` and grows by `rise` with each."""
    keyframes = np.zeros((round(seconds * hostmode.KEYFRAME_RATE), hostmode.KEYFRAME_FLOATS), np.float32)
    keyframes[:, JAW] = level + rise * np.arange(len(keyframes))
    return hostmode.encode_message(keyframes, **envelope)
