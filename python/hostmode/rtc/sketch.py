"""A face of a few strokes, for where there is no OpenGL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode.rig.face import pose_values

if TYPE_CHECKING:
    import numpy.typing as npt

_WALL: Final = (58, 64, 74, 255)
_SKIN: Final = (226, 188, 160, 255)
_DARK: Final = (60, 30, 34, 255)
# A jaw that is open at the loudest of ordinary speech, radians.
_JAW_OPEN: Final = 0.17


class Sketch:
    """Draws a pose as a face of ellipses: its mouth opens and its eyes blink. Used as `hostmode.view.Offscreen` is.

    Parameters
    ----------
    size : int or tuple of two ints
        Pixels: of a square, or width and height; 16 to 4096.
    """

    def __init__(self, size: int | tuple[int, int] = 256) -> None:
        width, height = (size, size) if isinstance(size, int) else size
        if not (16 <= width <= 4096 and 16 <= height <= 4096):
            raise ValueError(f"size is {width} x {height}; each must be 16 to 4096 pixels")
        self.size = (width, height)
        unit = min(width, height) / 2.0
        y, x = np.mgrid[0:height, 0:width]
        self._x = ((x + 0.5 - width / 2.0) / unit).astype(np.float32)
        self._y = ((y + 0.5 - height / 2.0) / unit).astype(np.float32)
        self._blank = np.full((height, width, 4), _WALL, np.uint8)
        self._blank[self._ellipse(0.0, 0.0, 0.62, 0.85)] = _SKIN

    def render(self, pose: npt.NDArray[np.float32], now: float = 0.0) -> npt.NDArray[np.uint8]:
        """Draw a pose, shape (120,).

        Returns
        -------
        ndarray of uint8, shape (height, width, 4)
            Its upper row first.
        """
        values = pose_values(pose)
        picture = self._blank.copy()
        opening = min(1.0, max(0.0, float(values[9]) / _JAW_OPEN))
        picture[self._ellipse(0.0, 0.42, 0.24, 0.015 + 0.2 * opening)] = _DARK
        for side, lid in ((-0.24, values[18]), (0.24, values[19])):
            shut = min(1.0, max(0.0, float(lid)))
            picture[self._ellipse(side, -0.15, 0.09, 0.01 + 0.06 * (1.0 - shut))] = _DARK
        return picture

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""

    def _ellipse(self, x: float, y: float, across: float, down: float) -> npt.NDArray[np.bool_]:
        inside: npt.NDArray[np.bool_] = ((self._x - x) / across) ** 2 + ((self._y - y) / down) ** 2 <= 1.0
        return inside
