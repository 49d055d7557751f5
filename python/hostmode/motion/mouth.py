"""How a mouth is held, as a keyframe's jaw and expression.

The coefficients of the expression mean something only together with the head that shows them. Two directions
among them, opening and rounding, are read by the built-in head; a mouth is written as the shortest vector that
reads as it should on both, so what is said is what is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from hostmode._core import JAW_SCALE, OPENING_AXIS, OWN_MARK, OWN_READ, ROUNDING_AXIS

if TYPE_CHECKING:
    import numpy.typing as npt

_JAW_SHUT_RAD: Final = 0.006
# A jaw that is wide open is at about 0.25 rad; speech stays below.
_JAW_RANGE_RAD: Final = 0.17

_AXES: Final = np.stack([OPENING_AXIS[:-1], ROUNDING_AXIS[:-1]])
_JAW: Final = np.array([OPENING_AXIS[-1], ROUNDING_AXIS[-1]]) * JAW_SCALE
_WRITE: Final = np.linalg.pinv(_AXES)

# A direction that neither axis reads: moved with stress, it keeps the upper face of other heads alive.
_LIVELY: Final = np.linalg.svd(_AXES)[2][-1]
_LIVELY_STEP: Final = 4.0
# Two coefficients by which the built-in head knows such motion, and takes the brows from it (own_motion.h).
_BROWS: Final = 118
_MARK: Final = 119


class Mouth(NamedTuple):
    """How a mouth is held.

    Attributes
    ----------
    opening : float
        Of the lips, from -1 (pressed together) over 0 (they meet) to 1.
    rounding : float
        From -1 (spread) to 1.
    jaw : float
        How far it hangs, 0 to 1. The expression makes of it the opening that is wanted: lips may meet over it.
    """

    opening: float
    rounding: float
    jaw: float


def write_mouth(keyframe: npt.NDArray[np.float32], mouth: Mouth, stress: float) -> None:
    """Set jaw and expression of a keyframe, shape (120,); `stress`, from 0 to 1, lifts the brows."""
    jaw = _JAW_SHUT_RAD + _JAW_RANGE_RAD * mouth.jaw
    keyframe[9] = jaw
    wanted = np.array([mouth.opening, mouth.rounding]) / OWN_READ - _JAW * jaw
    keyframe[20:70] = _WRITE @ wanted + _LIVELY * (_LIVELY_STEP * stress)
    keyframe[_BROWS] = OWN_MARK * stress
    keyframe[_MARK] = OWN_MARK
