"""How smoothly the application draws, seen from how often it asks for a pose."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass

# AvatarKit reports over a rolling window of this length.
_WINDOW_S = 2.0
# 240 Hz displays, with room to spare.
_MAX_FRAMES = 1000


@dataclass(frozen=True)
class FrameRateInfo:
    """Frame rate over the last two seconds.

    Attributes
    ----------
    display_fps : float
        Poses sampled a second; 0.0 with fewer than two.
    longest_frame : float
        The longest time between two of them, seconds.
    frames : int
        How many were sampled.
    """

    display_fps: float
    longest_frame: float
    frames: int


class FrameRateMeter:
    """Collect the instants at which poses were sampled. Any thread may call any method."""

    def __init__(self) -> None:
        self._instants: deque[float] = deque(maxlen=_MAX_FRAMES)
        # Called with each frame, so bound once. Appending to a deque is atomic.
        self.frame = self._instants.append

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
