"""What is behind a head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode.view.gl import make_program

if TYPE_CHECKING:
    import moderngl
    import numpy.typing as npt

#: sRGB in the middle and at the edges, of a studio's grey wall.
STUDIO: Final = ((0.575, 0.635, 0.690), (0.255, 0.300, 0.350))

Colour = tuple[float, float, float]


class Background:
    """A wall with a light on it, a colour, or a picture that fills all.

    Parameters
    ----------
    context : moderngl.Context
    middle, edge : tuple of three floats
        sRGB, 0 to 1.
    picture : ndarray of uint8, shape (height, width, 3), optional
        Its upper row first.
    """

    def __init__(
        self,
        context: moderngl.Context,
        middle: Colour = STUDIO[0],
        edge: Colour = STUDIO[1],
        picture: npt.NDArray[np.uint8] | None = None,
    ) -> None:
        self._program = make_program(context, "background")
        self._program["middle"] = middle
        self._program["edge"] = edge
        self._program["has_picture"] = picture is not None
        shown = np.zeros((1, 1, 3), np.uint8) if picture is None else picture
        height, width, _ = shown.shape
        self._picture = context.texture((width, height), 3, shown[::-1].tobytes(), alignment=1)
        self._picture.repeat_x = self._picture.repeat_y = False
        self._program["picture"] = 1
        corners = np.array((-1, -1, 3, -1, -1, 3), np.float32)
        self._array = context.vertex_array(self._program, [(context.buffer(corners.tobytes()), "2f", "corner")])

    def draw(self, context: moderngl.Context) -> None:
        """Fill what nothing stands in front of."""
        self._picture.use(1)
        self._array.render(vertices=3)
