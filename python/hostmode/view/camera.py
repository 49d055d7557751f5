"""Where a head is seen from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from hostmode.rig import Rig

_NEAR_CM = 10.0
_FAR_CM = 400.0
_MARGIN = 1.08


@dataclass(frozen=True)
class Transform:
    """Where in its picture a head stands: moved and enlarged after it has been drawn, so to speak.

    Attributes
    ----------
    x : float
        To the right of the middle: 1 is half a picture.
    y : float
        Above the middle: 1 is half a picture.
    scale : float
        1 is as large as the camera sees it; above 0.
    """

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite([self.x, self.y, self.scale]).all() and self.scale > 0):
            raise ValueError(f"{self} must be finite, and its scale above 0")

    def applied(self, view_projection: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return a camera's matrix with this after it."""
        matrix = np.diag([self.scale, self.scale, 1.0, 1.0])
        matrix[0, 3], matrix[1, 3] = self.x, self.y
        moved: npt.NDArray[np.float32] = (matrix @ view_projection).astype(np.float32)
        return moved


@dataclass(frozen=True)
class Camera:
    """A camera in the head's own space: centimetres, y up, the face towards +z, the eyes at height 0.

    Attributes
    ----------
    position : tuple of float
        Where it stands.
    target : tuple of float
        What it looks at.
    fov : float
        Degrees from the lower to the upper edge of the picture; above 0 and below 120.
    """

    position: tuple[float, float, float] = (0.0, -2.2, 84.0)
    target: tuple[float, float, float] = (0.0, -3.3, 2.0)
    fov: float = 23.0

    def __post_init__(self) -> None:
        if not 0 < self.fov < 120:
            raise ValueError(f"fov is {self.fov}; it must be above 0 and below 120 degrees")
        if not np.isfinite([*self.position, *self.target]).all() or self.position == self.target:
            raise ValueError(f"position {self.position} and target {self.target} must be two finite places")

    @classmethod
    def fitting(cls, rig: Rig, aspect: float = 1.0) -> Camera:
        """Return a camera from the front that has the whole of a head in its picture, `aspect` as wide as high."""
        low, high = rig.rest.min(axis=0).astype(float), rig.rest.max(axis=0).astype(float)
        wide, tall, deep = high - low
        x, y, _ = (low + high) / 2
        # What is nearest looks largest.
        half = max(tall, wide / aspect if aspect > 1 else wide) / 2 * _MARGIN
        away = half / float(np.tan(np.radians(cls.fov) / 2))
        return cls((x, y, float(high[2]) + away), (x, y, float(high[2]) - deep / 2), cls.fov)

    def view_projection(self, aspect: float) -> npt.NDArray[np.float32]:
        """Return the (4, 4) matrix from the head's space to clip space, for a picture `aspect` as wide as high."""
        eye = np.array(self.position, np.float64)
        back = eye - self.target
        back /= np.linalg.norm(back)
        up = np.array((0.0, 0.0, -1.0)) if abs(back[1]) > 0.999 else np.array((0.0, 1.0, 0.0))
        right = np.cross(up, back)
        right /= np.linalg.norm(right)
        view = np.eye(4)
        view[:3, :3] = right, np.cross(back, right), back
        view[:3, 3] = -view[:3, :3] @ eye
        # A picture that is higher than wide shows as much of the width as a square one.
        scale = 1.0 / np.tan(np.radians(self.fov) / 2) * min(1.0, aspect)
        depth = _NEAR_CM - _FAR_CM
        projection = np.zeros((4, 4))
        projection[0, 0] = scale / aspect
        projection[1, 1] = scale
        projection[2, 2:] = (_FAR_CM + _NEAR_CM) / depth, 2 * _FAR_CM * _NEAR_CM / depth
        projection[3, 2] = -1.0
        return (projection @ view).astype(np.float32)


#: A head that stands where the camera sees it.
IN_PLACE: Final = Transform()
