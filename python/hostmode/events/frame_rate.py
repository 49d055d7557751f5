"""How smoothly the application draws, seen from how often it asks for a pose."""

from __future__ import annotations

import itertools
import math
from collections import deque
from dataclasses import dataclass

# AvatarKit reports over a rolling window of this length.
_WINDOW_S = 2.0
# 240 Hz displays, with room to spare.
_MAX_FRAMES = 1000
# Poses sampled closer together than this belong to one frame: two eyes, two windows, a shadow. No display is as fast.
_ONE_FRAME_S = 0.002


@dataclass(frozen=True)
class FrameRateInfo:
    """Frame rate over the last two seconds.

    Attributes
    ----------
    display_fps : float
        Frames a second; 0.0 with fewer than two.
    longest_frame : float
        The longest time between two of them, seconds.
    frames : int
        How many were drawn.
    """

    display_fps: float
    longest_frame: float
    frames: int


class FrameRateMeter:
    """Collect the instants at which frames were drawn. Any thread may call any method."""

    def __init__(self) -> None:
        # Appending to a deque is atomic.
        self._instants: deque[float] = deque(maxlen=_MAX_FRAMES)
        self._latest = -math.inf

    def sampled(self, now: float) -> None:
        """Count a pose that was sampled at `now`, whatever instant it is the pose of."""
        if not 0.0 <= now - self._latest < _ONE_FRAME_S:
            self._latest = now
            self._instants.append(now)

    def info(self, now: float) -> FrameRateInfo:
        """Return the frame rate over the window that ends at `now`."""
        instants = [instant for instant in self._instants.copy() if now - _WINDOW_S < instant <= now]
        gaps = [later - earlier for earlier, later in itertools.pairwise(instants)]
        span = instants[-1] - instants[0] if gaps else 0.0
        return FrameRateInfo(
            display_fps=len(gaps) / span if span > 0.0 else 0.0,
            longest_frame=max(gaps, default=0.0),
            frames=len(instants),
        )
