"""Live Link Face: 52 expressions of ARKit and nine angles, by the names that Unreal knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode._core import ARKIT_NAMES
from hostmode.engines.rotations import compose, quaternion, yaw_pitch_roll
from hostmode.rig.face import JOINT_NAMES

if TYPE_CHECKING:
    import numpy.typing as npt

#: The order of the packet and of the CSV file: that of `hostmode.ARKIT_NAMES`, then angles.
LIVE_LINK_NAMES: Final = (
    *(name[0].upper() + name[1:] for name in ARKIT_NAMES),
    *(f"{part}{angle}" for part in ("Head", "LeftEye", "RightEye") for angle in ("Yaw", "Pitch", "Roll")),
)


def live_link_values(weights: npt.NDArray[np.float32], joints: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the 61 values of each picture, in the order of `LIVE_LINK_NAMES`.

    Parameters
    ----------
    weights : ndarray, shape (..., 52)
        ARKit's, 0 to 1.
    joints : ndarray, shape (..., 4, 3)
        Rotation vectors of neck, head, left and right eye in radians.

    Returns
    -------
    ndarray of float32, shape (..., 61)
        Angles in radians; the head's is that of neck and head together.
    """
    turned = dict(zip(JOINT_NAMES, np.moveaxis(quaternion(joints), -2, 0), strict=True))
    parts = (compose(turned["neck"], turned["head"]), turned["leftEye"], turned["rightEye"])
    angles = [yaw_pitch_roll(part) for part in parts]
    return np.concatenate((weights, *angles), axis=-1).astype(np.float32)
