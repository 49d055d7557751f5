"""One number that moves as a mouth does: near what is wanted of it, without jerks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

#: Instants between two keyframes at which something is wanted.
STEPS: Final = 4
# What the third difference, the jerk, is taken over beside the keyframe itself.
_PAST: Final = 3
_JERK: Final = (-1.0, 3.0, -3.0, 1.0)


class SmoothTrack:
    """Values at keyframes, linear in between, that weigh closeness to what is wanted against jerk.

    Each is the first of those that make the sum of ``weight * (value - wanted) ** 2`` over the instants known and
    of ``stiffness * jerk ** 2`` over the keyframes least, those before being given: as limbs move, whose way can
    be told from the least jerk (Flash and Hogan 1985). The jerk is the third difference between keyframes.

    Parameters
    ----------
    stiffness : float
        What jerk costs. Of motion faster than ``25 / (2 pi) * (4 / stiffness) ** (1 / 6)`` Hz more than half is lost.
    ahead : int
        Keyframes to come, of which it is known what will be wanted of them.
    """

    def __init__(self, stiffness: float, ahead: int) -> None:
        self._past = np.zeros(_PAST)
        instants = np.arange(1 - STEPS, STEPS * ahead + 1) / STEPS
        keyframes = np.arange(-_PAST, ahead + 1)
        between = np.maximum(0.0, 1.0 - np.abs(instants[:, None] - keyframes))
        self._from_past, self._from_own = between[:, :_PAST], between[:, _PAST:]
        jerk = np.stack([np.roll(np.pad(_JERK, (0, ahead)), k) for k in range(ahead + 1)])
        cost = stiffness * jerk.T @ jerk
        self._cost_of_past, self._cost = cost[_PAST:, :_PAST], cost[_PAST:, _PAST:]

    def advance(self, wanted: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> float:
        """Return the value at the next keyframe.

        Both have shape (`STEPS` * (1 + `ahead`),): at the instants after the keyframe before, the keyframe's own
        being number `STEPS`, to the last that is known.
        """
        weighted = self._from_own.T * weights
        asked = weighted @ (wanted - self._from_past @ self._past) - self._cost_of_past @ self._past
        value = np.linalg.solve(weighted @ self._from_own + self._cost, asked)[0]
        self._past = np.append(self._past[1:], value)
        return float(value)
