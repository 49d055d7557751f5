"""Rotation vectors of joints in the notations of engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def quaternion(vectors: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return rotation vectors, shape (..., 3) in radians, as unit quaternions (..., 4): x, y, z, w."""
    rotation = np.asarray(vectors, np.float64)
    half = np.linalg.norm(rotation, axis=-1, keepdims=True) / 2
    # sinc(x) is sin(pi x) / (pi x), which is 1 where nothing turns.
    return np.concatenate((rotation / 2 * np.sinc(half / np.pi), np.cos(half)), axis=-1)


def compose(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the product of quaternions: `second` turns in the frame that `first` has turned."""
    x, y, z, w = np.moveaxis(first, -1, 0)
    a, b, c, d = np.moveaxis(second, -1, 0)
    return np.stack(
        (
            w * a + x * d + y * c - z * b,
            w * b - x * c + y * d + z * a,
            w * c + x * b - y * a + z * d,
            w * d - x * a - y * b - z * c,
        ),
        axis=-1,
    )


def yaw_pitch_roll(quaternions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the angles, radians (..., 3), of unit quaternions: about y, then x, then z of what has turned.

    A positive yaw turns to the left as the turning one sees it, a positive pitch nods, a positive roll lowers
    the right ear.
    """
    x, y, z, w = np.moveaxis(quaternions, -1, 0)
    pitch = np.arcsin(np.clip(2 * (w * x - y * z), -1, 1))
    yaw = np.arctan2(2 * (x * z + w * y), 1 - 2 * (x * x + y * y))
    roll = np.arctan2(2 * (x * y + w * z), 1 - 2 * (x * x + z * z))
    return np.stack((yaw, pitch, roll), axis=-1)
