"""A controller's face as a picture: for a file, a message, a notebook."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from hostmode.errors import HostModeError
from hostmode.intake import Intake

if TYPE_CHECKING:
    import os

    import numpy as np
    import numpy.typing as npt

    from hostmode.rig import Rig
    from hostmode.view import Camera, Transform
    from hostmode.view.portrait import Portrait

_NOTEBOOK_PIXELS = 320


class Showing(Intake):
    """What a controller shows. Nothing is drawn, or imported for it, before a picture is asked for."""

    def __init__(self, threaded: bool) -> None:
        super().__init__(threaded=threaded)
        self._portrait: Portrait | None = None
        self._portrait_lock = threading.Lock()

    def export_bitmap(
        self,
        size: int | tuple[int, int] = 512,
        *,
        head: str | os.PathLike[str] | Rig | None = None,
        camera: Camera | None = None,
        transform: Transform | None = None,
        transparent: bool = False,
    ) -> npt.NDArray[np.uint8]:
        """Return a picture of the avatar as it is seen now. Needs the extra `view`.

        The first call takes about half a second, the others some hundredths. Of a conversation that began before
        the first call the mouth is moved by the motion alone: the face had not heard it.

        Parameters
        ----------
        size : int or tuple of two ints
            Pixels: of a square, or width and height.
        head : path or Rig, optional
            The built-in head unless given.
        camera : hostmode.view.Camera, optional
        transform : hostmode.view.Transform, optional
        transparent : bool
            Whether there is nothing behind the head, rather than a studio's wall.

        Returns
        -------
        ndarray of uint8, shape (height, width, 4)
            Red, green, blue, alpha; the upper row first.

        Raises
        ------
        MissingExtraError
            The extra is not installed.
        hostmode.view.GraphicsError
            There is no OpenGL; or, on Linux, the process has opened a window, which has a `picture` of its own.
        """
        self._require_open()
        from hostmode.view.camera import IN_PLACE
        from hostmode.view.portrait import Portrait

        place = IN_PLACE if transform is None else transform
        with self._portrait_lock:
            if self._portrait is None:
                self._portrait = Portrait(self)  # type: ignore[arg-type]  # a Controller is the only one
            return self._portrait.picture(size, head, camera, place, transparent)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        """Return what a notebook shows: the face, or why there is none."""
        if self._closed:
            return {"text/plain": f"{self!r}, closed"}
        try:
            from hostmode.view.png import png_bytes

            picture = png_bytes(self.export_bitmap(_NOTEBOOK_PIXELS))
        except HostModeError as error:
            return {"text/plain": f"{self!r}: {error}"}
        return {"image/png": picture, "text/plain": repr(self)}

    def _close_portrait(self) -> None:
        with self._portrait_lock:
            if self._portrait is not None:
                self._portrait.close()
                self._portrait = None
