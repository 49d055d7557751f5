"""Where a head is seen from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_NEAR_CM = 10.0
_FAR_CM = 400.0


@dataclass(frozen=True)
class Camera:
    """A camera in the head's own space: centimetres, y up, the face towards +z, the eyes at height 0.

    Attributes
    ----------
    eye, target : tuple of three floats
        Where it stands, and what it looks at.
    field_of_view : float
        Degrees from the lower to the upper edge of the picture; above 0 and below 120.
    """

    eye: tuple[float, float, float] = (0.0, -2.2, 84.0)
    target: tuple[float, float, float] = (0.0, -3.3, 2.0)
    field_of_view: float = 23.0

    def __post_init__(self) -> None:
        if not 0 < self.field_of_view < 120:
            raise ValueError(f"field_of_view is {self.field_of_view}; it must be above 0 and below 120 degrees")
        if not np.isfinite([*self.eye, *self.target]).all() or self.eye == self.target:
            raise ValueError(f"eye {self.eye} and target {self.target} must be two finite places")

    def view_projection(self, aspect: float) -> npt.NDArray[np.float32]:
        """Return the (4, 4) matrix from the head's space to clip space, for a picture `aspect` as wide as high."""
        eye = np.array(self.eye, np.float64)
        back = eye - self.target
        back /= np.linalg.norm(back)
        up = np.array((0.0, 0.0, -1.0)) if abs(back[1]) > 0.999 else np.array((0.0, 1.0, 0.0))
        right = np.cross(up, back)
        right /= np.linalg.norm(right)
        view = np.eye(4)
        view[:3, :3] = right, np.cross(back, right), back
        view[:3, 3] = -view[:3, :3] @ eye
        # A picture that is higher than wide shows as much of the width as a square one.
        scale = 1.0 / np.tan(np.radians(self.field_of_view) / 2) * min(1.0, aspect)
        depth = _NEAR_CM - _FAR_CM
        projection = np.zeros((4, 4))
        projection[0, 0] = scale / aspect
        projection[1, 1] = scale
        projection[2, 2:] = (_FAR_CM + _NEAR_CM) / depth, 2 * _FAR_CM * _NEAR_CM / depth
        projection[3, 2] = -1.0
        return (projection @ view).astype(np.float32)
