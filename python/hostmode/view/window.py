"""A window in which an avatar speaks."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode._core import now as clock
from hostmode.errors import MissingExtraError
from hostmode.rig import BUILT_IN_HEAD, Rig
from hostmode.view.background import STUDIO, Background
from hostmode.view.camera import Camera, Transform
from hostmode.view.gl import GraphicsError, claim_backend, import_moderngl
from hostmode.view.head_renderer import HeadRenderer
from hostmode.view.live_face import LiveFace
from hostmode.view.overlay import Overlay
from hostmode.view.png import write_png

if TYPE_CHECKING:
    import os
    from types import TracebackType

    import numpy.typing as npt

    from hostmode.controller import Controller
    from hostmode.rig import FaceMap

# A screen without vertical sync, Xvfb say, would be drawn as fast as the machine can, and starve the sound.
_SHORTEST_FRAME_S: Final = 1 / 62
_VOLUME_STEP: Final = 0.05
_USUAL_FRAME_S: Final = 1 / 60

# Three dots, one after the other, while a conversation waits for enough to begin.
_BUFFERING: Final = (".    ", ". .  ", ". . .")
_BUFFERING_STEPS_HZ: Final = 3


def import_glfw() -> Any:
    """Return the module.

    Raises
    ------
    MissingExtraError
        It is not installed.
    """
    try:
        import glfw
    except ImportError as error:
        raise MissingExtraError('a window needs glfw: pip install "hostmode[view]"') from error
    return glfw


class Window:
    """Show what a controller plays. Needs the extra `view` and a display.

    ::

        with hostmode.Controller(16000) as avatar, hostmode.view.Window(avatar) as window:
            avatar.yield_audio_data(pcm, end=True)
            window.run()

    While a conversation waits for enough to begin, three dots say so.
    Keys: space pauses, I interrupts, up and down set the volume, S saves a picture, H shows numbers (of `sync`, how
    much later a picture is seen than the instant it was drawn for), Esc closes.

    For the main thread. Make it before the audio is given: the mouth follows what it has seen the controller take
    in.

    Parameters
    ----------
    controller : Controller
    head : path or Rig, optional
        The built-in head unless given.
    size : tuple of two ints
        Of the window at first, in the screen's units; it can be resized.
    title : str
    face_map : FaceMap, optional

    Raises
    ------
    MissingExtraError
        The extra is not installed.
    GraphicsError
        There is no display, or no OpenGL 3.3.
    """

    def __init__(
        self,
        controller: Controller,
        head: str | os.PathLike[str] | Rig = BUILT_IN_HEAD,
        *,
        size: tuple[int, int] = (512, 576),
        title: str = "hostmode",
        face_map: FaceMap | None = None,
    ) -> None:
        rig = head if isinstance(head, Rig) else Rig.load(head)
        self._glfw = import_glfw()
        self._controller = controller
        self._window = self._open(size, title)
        try:
            self._gl = import_moderngl().create_context(require=330)
            self._renderer = HeadRenderer(self._gl, rig)
            self._background = Background(self._gl, *STUDIO)
            self._overlay = Overlay(self._gl)
        except Exception as error:
            self._glfw.destroy_window(self._window)
            raise GraphicsError(f"the window has no OpenGL 3.3: {error}") from error
        self.camera = Camera()
        self.transform = Transform()
        self._face = LiveFace(controller, face_map)
        self._shows_numbers = False
        self._pictures = 0
        self._frame_s = _USUAL_FRAME_S
        self._last_s = 0.0
        self._late_s = 0.0  # of pictures, behind the instant that they were drawn for
        self.screenshots = 0
        self._glfw.set_key_callback(self._window, self._on_key)

    def _open(self, size: tuple[int, int], title: str) -> Any:
        glfw = self._glfw
        claim_backend("window")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # glfw also warns of what is raised here
            ready = glfw.init()
        if not ready:
            raise GraphicsError("there is no display for a window; `hostmode render` writes a video without one")
        for hint, value in (
            (glfw.CONTEXT_VERSION_MAJOR, 3),
            (glfw.CONTEXT_VERSION_MINOR, 3),
            (glfw.OPENGL_PROFILE, glfw.OPENGL_CORE_PROFILE),
            (glfw.OPENGL_FORWARD_COMPAT, True),
            (glfw.SAMPLES, 0),
        ):
            glfw.window_hint(hint, value)
        window = glfw.create_window(*size, title, None, None)
        if not window:
            raise GraphicsError(f"no window with OpenGL 3.3: {glfw.get_error()[1] or 'no reason given'}")
        glfw.make_context_current(window)
        glfw.swap_interval(1)
        return window

    def __enter__(self) -> Window:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the window; the controller plays on."""
        if self._window is None:
            return
        self._face.close()
        self._gl.release()
        self._glfw.destroy_window(self._window)
        self._window = None

    @property
    def closing(self) -> bool:
        """Whether the window is closed, or the user wants it to be."""
        return self._window is None or bool(self._glfw.window_should_close(self._window))

    @property
    def pictures(self) -> int:
        """How many pictures have been drawn."""
        return self._pictures

    def run(self, until: Any = None) -> None:
        """Draw until the window is closed, or `until`, a callable, returns true."""
        while not self.closing and (until is None or not until()):
            self.draw()

    def draw(self) -> None:
        """Draw one picture for the instant at which it will be seen, show it, and take in keys."""
        glfw = self._glfw
        glfw.make_context_current(self._window)
        begun = clock()
        self._draw_at(begun, begun + self._frame_s)
        shown_at = begun + self._frame_s
        glfw.swap_buffers(self._window)
        self._late_s += 0.1 * (clock() - shown_at - self._late_s)
        glfw.poll_events()
        took = clock() - begun
        if took < _SHORTEST_FRAME_S:
            time.sleep(_SHORTEST_FRAME_S - took)
        ended = clock()
        if self._last_s:
            self._frame_s += 0.1 * (min(ended - self._last_s, 0.1) - self._frame_s)
        self._last_s = ended
        self._pictures += 1

    def _draw_at(self, now: float, shown_at: float) -> None:
        width, height = self._glfw.get_framebuffer_size(self._window)
        if width == 0 or height == 0:  # minimised
            return
        screen = self._gl.screen
        screen.viewport = (0, 0, width, height)
        self._renderer.pose(*self._face.expression(now, shown_at))
        self._renderer.draw(screen, self.camera, self._background, (width, height), self.transform)
        if self._controller.state == "active":
            dots = _BUFFERING[int(now * _BUFFERING_STEPS_HZ) % len(_BUFFERING)]
            self._overlay.draw([dots], (width, height), centred=True)
        if self._shows_numbers:
            self._overlay.draw(self._lines(), (width, height))

    def _lines(self) -> list[str]:
        stats = self._controller.stats()
        return [
            f"{self._controller.state}  {self._controller.get_audio_time():.2f} s",
            f"{1 / self._frame_s:.0f} pictures/s",
            f"sound {stats['buffered_audio']:.2f} s  motion {stats['buffered_motion']:.2f} s",
            f"face delay {1000 * stats['face_delay']:.0f} ms  sync {1000 * self._late_s:+.1f} ms",
            f"underruns {stats['underruns']}  stalls {stats['stalls']}",
            f"volume {self._controller.volume:.2f}",
        ]

    def picture(self) -> npt.NDArray[np.uint8]:
        """Return what the window shows, uint8 (height, width, 3)."""
        self._glfw.make_context_current(self._window)
        now = clock()
        self._draw_at(now, now)
        width, height = self._glfw.get_framebuffer_size(self._window)
        data = self._gl.screen.read(viewport=(0, 0, width, height), components=3, alignment=1)
        return np.frombuffer(data, np.uint8).reshape(height, width, 3)[::-1].copy()

    def _on_key(self, window: Any, key: int, code: int, action: int, modifiers: int) -> None:
        glfw, avatar = self._glfw, self._controller
        if action == glfw.RELEASE:
            return
        if key == glfw.KEY_ESCAPE:
            glfw.set_window_should_close(window, True)
        elif key == glfw.KEY_SPACE:
            if avatar.state == "paused":
                avatar.resume()
            else:
                avatar.pause()
        elif key == glfw.KEY_I:
            avatar.interrupt()
        elif key in (glfw.KEY_UP, glfw.KEY_DOWN):
            step = _VOLUME_STEP if key == glfw.KEY_UP else -_VOLUME_STEP
            avatar.volume = min(max(avatar.volume + step, 0.0), 1.0)
        elif key == glfw.KEY_H:
            self._shows_numbers = not self._shows_numbers
        elif key == glfw.KEY_S:
            self.screenshots += 1
            write_png(f"hostmode-{self.screenshots}.png", self.picture())
