"""Where pictures are drawn while sound goes on: in a thread of their own, which OpenGL wants anyway."""

from __future__ import annotations

import asyncio
import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt


# Of the time of a block of sound, for drawing.
_SHARE: Final = 0.75


class Stage(Protocol):
    """What draws poses: `hostmode.view.Offscreen`, `hostmode.rtc.sketch.Sketch`, or one of yours.

    It is made, used and closed in one thread.

    Attributes
    ----------
    size : tuple of two ints
        Width and height of its pictures, pixels.
    """

    size: tuple[int, int]

    def render(self, pose: npt.NDArray[np.float32], now: float = 0.0) -> npt.NDArray[np.uint8]:
        """Return the picture of a pose at an instant, shape (height, width, 4), RGBA."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


def head_on_stage() -> Stage:
    """Return the built-in head, 512 x 512 pixels; needs the extra `view`."""
    from hostmode.view import Offscreen

    return Offscreen(512)


class DrawingThread:
    """Makes a stage in a thread, and draws there.

    Parameters
    ----------
    make : callable
        Makes the stage.
    """

    def __init__(self, make: Callable[[], Stage]) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hostmode-pictures")
        self._stage = self._thread.submit(make)
        self._drawn_s = 0.0
        self._asked = 0

    async def size(self) -> tuple[int, int]:
        """Return width and height, pixels; raises what the making of the stage raised."""
        return (await asyncio.wrap_future(self._stage)).size

    async def draw(self, pose: npt.NDArray[np.float32], now: float) -> npt.NDArray[np.uint8]:
        """Return the picture of a pose, shape (height, width, 4)."""
        stage = await asyncio.wrap_future(self._stage)
        return await asyncio.wrap_future(self._thread.submit(stage.render, pose, now))

    async def draw_in_time(
        self, pose: npt.NDArray[np.float32], now: float, interval: float
    ) -> npt.NDArray[np.uint8] | None:
        """Return the picture of a pose, or ``None`` in between where drawing takes longer than there is time.

        `interval` is the seconds between two calls, during which sound waits for the drawing.
        """
        number, self._asked = self._asked, self._asked + 1
        if number % max(1, math.ceil(self._drawn_s / (_SHARE * interval))):
            return None
        began = time.perf_counter()
        picture = await self.draw(pose, now)
        self._drawn_s += 0.2 * (time.perf_counter() - began - self._drawn_s)
        return picture

    def close(self) -> None:
        """Close the stage; a picture that is being drawn is finished."""
        if self._stage.done() and self._stage.exception() is None:
            self._thread.submit(self._stage.result().close)
        self._thread.shutdown(wait=True)
