"""The motion of one round, put where it belongs in the sound of a track."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode._core import KEYFRAME_FLOATS, KEYFRAME_RATE

if TYPE_CHECKING:
    import numpy.typing as npt

_FRAME_S: Final = 1.0 / KEYFRAME_RATE
# Another place is gone to at no more than a quarter of the speed of time: the eye follows that.
_FASTER: Final = 0.25
# What nobody notices is left alone, or each keyframe would be made of two.
_NEAR_ENOUGH_S: Final = 0.005
# Of a round's beginning, which is blended in: another place may be gone to at once.
_FREE_FRAMES: Final = 2
# What was held up with the network comes many at once: when the newest is so much behind, others follow at once.
# Given one by one they would look like a sender who is always late, and the face would be held back for that.
_BEHIND_S: Final = 0.06
_CATCHES_UP_S: Final = 0.2
# Nothing came for so long.
_HELD_UP_S: Final = 0.68
# A packet's position tells of the delay of the round's; of another round it would be further away.
_MOST_DELAYED_S: Final = 0.5
_LEAST_DELAYS: Final = 4
_MOST_DELAYS: Final = 100
# Of a position: what rounding may have added.
_EXACT: Final = 1e-3


class RoundMotion:
    """Keyframes by their position in the round; `frames_until` gives out those of a turn of the sound.

    Times are seconds of the track. ``base_s`` is where position 0 is believed to be, ``heard`` whether it was heard
    there, ``over`` whether all its frames have come, ``sent_s`` where position 0 is on the sender's own track.
    """

    def __init__(self) -> None:
        self.base_s: float | None = None
        self.heard = False
        self.sent_s: float | None = None
        self.over = False
        self.avatar_id = ""
        self._keyframes: dict[int, npt.NDArray[np.float32]] = {}
        self._positions: list[int] = []  # rising
        self._begins = 0  # the first of them that came
        self._arrival_s = math.inf
        self._delays_s: list[float] = []
        self._at_s: float | None = None  # of the next frame that is given out
        self._base_s = 0.0  # where position 0 is shown; follows `base_s`
        self._behind_from_s: float | None = None  # what came was behind then

    @property
    def first_arrival_s(self) -> float:
        """When position 0 came, or would have come as early as the earliest of the others."""
        return self._arrival_s

    @property
    def end_s(self) -> float:
        """The end of the last frame."""
        assert self.base_s is not None
        return self.base_s + (self._positions[-1] + 1) * _FRAME_S

    @property
    def placed(self) -> bool:
        """Whether it is known where the turn begins."""
        return self._at_s is not None

    def take(self, position: int, keyframe: npt.NDArray[np.float32], now_s: float) -> None:
        """Take the next keyframe; positions rise."""
        if not self._positions:
            self._begins = position
        self._positions.append(position)
        self._keyframes[position] = keyframe
        self._arrival_s = min(self._arrival_s, now_s - position * _FRAME_S)

    def arrive(self, position: int, now_s: float) -> None:
        """Take note that a packet has come whose newest frame this is, or was one of another round."""
        delay_s = now_s - position * _FRAME_S - self._arrival_s
        if abs(delay_s) < _MOST_DELAYED_S and len(self._delays_s) < _MOST_DELAYS:
            self._delays_s.append(delay_s + self._arrival_s)

    @property
    def jitter_s(self) -> float:
        """By how much packets are later than the earliest, at most: what a receiver of sound holds it back for.

        Twice the median, which a few that were held up do not change; that of delays between two bounds is half way.
        """
        if len(self._delays_s) < _LEAST_DELAYS:
            return 0.0
        return 2.0 * float(np.median(self._delays_s) - min(*self._delays_s, self._arrival_s))

    def forget_arrivals(self) -> None:
        """Measure anew when packets come, and where their sound is heard."""
        self._arrival_s = math.inf
        self._delays_s = []
        self.heard = False

    def place(self, at_s: float) -> None:
        """Say where the first frame that is given out belongs."""
        assert self.base_s is not None
        self._at_s, self._base_s = at_s, self.base_s

    def frames_until(self, until_s: float) -> npt.NDArray[np.float32]:
        """Return the frames up to a time that can be told, one every 40 ms, shape (n, 120)."""
        assert self._at_s is not None
        frames = []
        if self._is_catching_up(until_s):
            until_s = -math.inf
        while self._at_s <= until_s:
            self._follow()
            frame = self._at((self._at_s - self._base_s) / _FRAME_S)
            if frame is None:
                break
            frames.append(frame)
            self._at_s += _FRAME_S
        return np.array(frames, np.float32).reshape(-1, KEYFRAME_FLOATS)

    def _is_catching_up(self, until_s: float) -> bool:
        """Return whether what was held up has begun to come, and more of it is waited for."""
        assert self._at_s is not None
        newest_s = self._base_s + self._positions[-1] * _FRAME_S
        behind_s = until_s - newest_s
        comes = newest_s >= self._at_s - _EXACT * _FRAME_S
        in_time = behind_s < _BEHIND_S
        held_up = not comes and behind_s > _HELD_UP_S
        if in_time or held_up:
            self._behind_from_s = None
        elif comes and self._behind_from_s is None:
            self._behind_from_s = until_s
        return self._behind_from_s is not None and until_s - self._behind_from_s < _CATCHES_UP_S

    def _follow(self) -> None:
        assert self.base_s is not None
        assert self._at_s is not None
        error_s = self.base_s - self._base_s
        if self._at_s < self._base_s + (self._begins + _FREE_FRAMES) * _FRAME_S:
            self._base_s = self.base_s
        elif abs(error_s) > _NEAR_ENOUGH_S:
            most_s = _FASTER * _FRAME_S
            self._base_s += min(max(error_s, -most_s), most_s)

    def _at(self, position: float) -> npt.NDArray[np.float32] | None:
        """Return what belongs between positions, or ``None`` where it is not known yet, or there is none any more."""
        while len(self._positions) > 1 and self._positions[1] <= position + _EXACT:
            del self._keyframes[self._positions.pop(0)]
        first = self._positions[0]
        if position <= first + _EXACT:
            return self._keyframes[first]
        if len(self._positions) == 1:
            return None
        last = self._positions[1]
        share = np.float32((position - first) / (last - first))
        return (1 - share) * self._keyframes[first] + share * self._keyframes[last]
