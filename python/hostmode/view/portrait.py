"""Single pictures of what a controller shows, for whoever asks and from any thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from hostmode.rig import BUILT_IN_HEAD
from hostmode.view.live_face import LiveFace
from hostmode.view.offscreen import Offscreen

if TYPE_CHECKING:
    import os

    import numpy as np
    import numpy.typing as npt

    from hostmode.controller import Controller
    from hostmode.rig import Rig
    from hostmode.view.camera import Camera, Transform
    from hostmode.view.offscreen import Wall


class Portrait:
    """Draw a controller's face offscreen, on a thread of its own: a context belongs to the thread that made it.

    Parameters
    ----------
    controller : Controller
    """

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._face = LiveFace(controller)
        self._painter = ThreadPoolExecutor(1, thread_name_prefix="hostmode-portrait")
        self._stage: Offscreen | None = None
        self._made_of: tuple[object, ...] = ()

    def picture(
        self,
        size: int | tuple[int, int],
        head: str | os.PathLike[str] | Rig | None,
        camera: Camera | None,
        transform: Transform,
        transparent: bool,
    ) -> npt.NDArray[np.uint8]:
        """Return what is shown now, uint8 (height, width, 4)."""
        arguments = (size, BUILT_IN_HEAD if head is None else head, camera, transform, transparent)
        return self._painter.submit(self._paint, *arguments).result()

    def _paint(
        self,
        size: int | tuple[int, int],
        head: str | os.PathLike[str] | Rig,
        camera: Camera | None,
        transform: Transform,
        transparent: bool,
    ) -> npt.NDArray[np.uint8]:
        made_of = (size, head, camera, transform, transparent)
        if self._stage is None or self._made_of != made_of:
            self._release()
            background: Wall = None if transparent else "studio"
            self._stage = Offscreen(size, head, camera=camera, transform=transform, background=background)
            self._made_of = made_of
        return self._stage.render_face(*self._face.expression(self._controller._clock()))

    def _release(self) -> None:
        if self._stage is not None:
            self._stage.close()
            self._stage = None

    def close(self) -> None:
        """Learn and draw nothing more."""
        self._face.close()
        self._painter.submit(self._release)
        self._painter.shutdown()
