"""Keyframes with names: one dtype over the same 480 bytes as a row of 120 float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from hostmode import _core

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["KEYFRAME_DTYPE", "Pose", "as_keyframes", "as_poses"]


class Pose(np.record):  # type: ignore[misc,unused-ignore]  # final only in NumPy's stubs
    """The parameters of a FLAME head at one instant, by name: ``pose.jaw_pose`` or ``pose["jaw_pose"]``.

    Every field is a float32 array. Rotations are rotation vectors (axis times angle) in radians.
    """

    translation: npt.NDArray[np.float32]
    """Shape (3,)."""
    rotation: npt.NDArray[np.float32]
    """Shape (3,), of the head as a whole."""
    neck_pose: npt.NDArray[np.float32]
    """Shape (3,)."""
    jaw_pose: npt.NDArray[np.float32]
    """Shape (3,)."""
    eye_pose: npt.NDArray[np.float32]
    """Shape (6,), left, then right."""
    eye_lid: npt.NDArray[np.float32]
    """Shape (2,), left, then right; 0 is open, 1 closed."""
    expression: npt.NDArray[np.float32]
    """Shape (100,), FLAME's expression coefficients."""

    def to_dict(self) -> dict[str, list[float]]:
        """Return the fields by name as lists of float, ready for JSON."""
        return {name: self[name].tolist() for name in KEYFRAME_DTYPE.names or ()}

    def __eq__(self, other: object) -> bool:
        """Whether the other one is a pose with the same 120 numbers."""
        if not isinstance(other, np.void) or other.dtype != self.dtype:
            return NotImplemented
        return bool(np.array_equal(as_keyframes(self), as_keyframes(cast("Pose", other))))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]  # as an array: its numbers may change


# The fields of a keyframe on the wire, in the order of the C++ struct hostmode::Keyframe.
KEYFRAME_DTYPE = cast(
    "np.dtype[Pose]",
    np.dtype(
        (
            Pose,
            [
                ("translation", np.float32, (3,)),
                ("rotation", np.float32, (3,)),
                ("neck_pose", np.float32, (3,)),
                ("jaw_pose", np.float32, (3,)),
                ("eye_pose", np.float32, (6,)),
                ("eye_lid", np.float32, (2,)),
                ("expression", np.float32, (100,)),
            ],
        )
    ),
)

# What Player.sample makes.
_core._set_keyframe_dtype(KEYFRAME_DTYPE)

_FLOATS = KEYFRAME_DTYPE.itemsize // np.dtype(np.float32).itemsize


def as_poses(keyframes: npt.NDArray[np.float32]) -> np.ndarray[Any, np.dtype[Pose]]:
    """View rows of 120 float32 as poses.

    Parameters
    ----------
    keyframes : ndarray of float32, shape (..., 120)
        C-contiguous in its last dimension.

    Returns
    -------
    ndarray of KEYFRAME_DTYPE, shape (...)
        The same memory.

    Raises
    ------
    TypeError
        Where the dtype is another one: a view cannot convert.
    ValueError
        Where the last dimension is not 120 long.
    """
    if keyframes.dtype != np.float32:
        raise TypeError(f"keyframes: given {keyframes.dtype}, wanted float32; use .astype(np.float32)")
    if keyframes.shape[-1:] != (_FLOATS,):
        raise ValueError(f"keyframes: given shape {keyframes.shape}, wanted (..., {_FLOATS})")
    return keyframes.view(KEYFRAME_DTYPE)[..., 0]


def as_keyframes(poses: np.ndarray[Any, np.dtype[Pose]] | Pose) -> npt.NDArray[np.float32]:
    """View poses as rows of 120 float32, the inverse of :func:`as_poses`.

    Parameters
    ----------
    poses : Pose, or ndarray of KEYFRAME_DTYPE, shape (...)
        A C-contiguous array, or one pose, which is copied.

    Returns
    -------
    ndarray of float32, shape (..., 120)
        The same memory, where `poses` is an array.

    Raises
    ------
    TypeError
        Where `poses` are of another dtype.
    """
    array = np.asarray(poses)
    if array.dtype != KEYFRAME_DTYPE:
        raise TypeError(f"poses: given {array.dtype}, wanted hostmode.KEYFRAME_DTYPE")
    return array[..., np.newaxis].view(np.float32)
