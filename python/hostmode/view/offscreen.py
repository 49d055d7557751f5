"""Pictures without a window or a display."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from hostmode.rig import BUILT_IN_HEAD, Face, Rig
from hostmode.rig.face import pose_values
from hostmode.view.background import STUDIO, Background
from hostmode.view.camera import IN_PLACE, Camera, Transform
from hostmode.view.gl import offscreen_context
from hostmode.view.head_renderer import HeadRenderer

if TYPE_CHECKING:
    import os
    from types import TracebackType

    import moderngl
    import numpy.typing as npt

    #: A colour, a picture, a studio's wall or nothing.
    Wall = tuple[float, float, float] | npt.NDArray[np.uint8] | Literal["studio"] | None

_LARGEST = 4096
# Of a pixel, where the renderer can.
_SAMPLES = 4


class Offscreen:
    """Draw a head into arrays. Needs the extra `view`; no display, no window.

    ::

        with hostmode.view.Offscreen(512) as stage:
            picture = stage.render(pose)                    # (512, 512, 4) uint8

    For one thread, the one that made it.

    Parameters
    ----------
    size : int or tuple of two ints
        Pixels: of a square, or width and height; 16 to 4096.
    head : path or Rig, optional
        The built-in head unless given.
    camera : Camera, optional
    transform : Transform, optional
        Both are attributes too, and may be set between pictures.
    background : tuple of three floats, ndarray of uint8 (h, w, 3), or None
        An sRGB colour, 0 to 1; a picture; ``None`` for nothing (the picture's alpha says where the head is). A
        studio wall unless given.
    per_pixel : bool, optional
        Whether to work out the light for every pixel: by default on a graphics card, not in software.
    smooth : bool
        Whether edges are smoothed (four samples a pixel): three times the work in software.

    Raises
    ------
    MissingExtraError
        The extra is not installed.
    GraphicsError
        There is no OpenGL.
    HeadError
        The head's file is damaged.
    """

    def __init__(
        self,
        size: int | tuple[int, int] = 512,
        head: str | os.PathLike[str] | Rig = BUILT_IN_HEAD,
        *,
        camera: Camera | None = None,
        transform: Transform = IN_PLACE,
        background: Wall = "studio",
        per_pixel: bool | None = None,
        smooth: bool = True,
    ) -> None:
        width, height = (size, size) if isinstance(size, int) else size
        if not (16 <= width <= _LARGEST and 16 <= height <= _LARGEST):
            raise ValueError(f"size is {width} x {height}; each must be 16 to {_LARGEST} pixels")
        rig = head if isinstance(head, Rig) else Rig.load(head)
        self._gl = offscreen_context()
        self.size = (width, height)
        self.camera = Camera() if camera is None else camera
        self.transform = transform
        self._renderer = HeadRenderer(self._gl, rig, per_pixel)
        self._background = _background(self._gl, background)
        samples = min(_SAMPLES, self._gl.max_samples) if smooth else 0
        self._target = self._gl.framebuffer(
            [self._gl.renderbuffer(self.size, 4, samples=samples)],
            self._gl.depth_renderbuffer(self.size, samples=samples),
        )
        self._resolved = self._gl.framebuffer([self._gl.renderbuffer(self.size, 4)])
        self._face = Face(16000)

    def __enter__(self) -> Offscreen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the context back; further calls fail."""
        self._gl.release()

    @property
    def per_pixel(self) -> bool:
        """Whether the light is worked out for every pixel."""
        return self._renderer.per_pixel

    @property
    def transparent(self) -> bool:
        """Whether there is no background."""
        return self._background is None

    def render(self, pose: npt.NDArray[np.float32], now: float = 0.0) -> npt.NDArray[np.uint8]:
        """Draw a pose by itself: the mouth comes from its motion, as in `hostmode.arkit_weights`.

        Parameters
        ----------
        pose : ndarray of float32, shape (120,), or Pose
        now : float
            Seconds; the head sways a little with it.

        Returns
        -------
        ndarray of uint8, shape (height, width, 4)
            Its upper row first; alpha is not multiplied in.
        """
        self._face.drive_alone(pose, now)
        return self.render_face(self._face.weights, self._face.joints, pose_values(pose))

    def render_face(
        self,
        weights: npt.NDArray[np.float32],
        joints: npt.NDArray[np.float32],
        pose: npt.NDArray[np.float32] | None = None,
    ) -> npt.NDArray[np.uint8]:
        """Draw an expression.

        Parameters
        ----------
        weights : ndarray of float32, shape (52,)
            In the order of `hostmode.ARKIT_NAMES`.
        joints : ndarray of float32, shape (4, 3)
            Rotation vectors of neck, head, left and right eye, radians.
        pose : ndarray of float32, shape (120,), optional
            What a head is shown in that is driven by poses.
        """
        self._renderer.pose(weights, joints, pose)
        self._renderer.draw(self._target, self.camera, self._background, transform=self.transform)
        self._gl.copy_framebuffer(self._resolved, self._target)
        width, height = self.size
        data = self._resolved.read(components=4, alignment=1)
        picture = np.frombuffer(data, np.uint8).reshape(height, width, 4)[::-1].copy()
        return picture if self._background is not None else _unmultiplied(picture)


def _background(gl: moderngl.Context, wanted: Wall) -> Background | None:
    if wanted is None:
        return None
    if isinstance(wanted, str):
        return Background(gl, *STUDIO)
    if isinstance(wanted, np.ndarray):
        if wanted.dtype != np.uint8 or wanted.ndim != 3 or wanted.shape[2] != 3 or not wanted.size:
            raise ValueError(f"background is {wanted.dtype} of shape {wanted.shape}; it must be uint8 (h, w, 3)")
        return Background(gl, picture=wanted)
    red, green, blue = (float(part) for part in wanted)
    return Background(gl, (red, green, blue), (red, green, blue))


def _unmultiplied(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Take the alpha of half-covered edge pixels, black behind them so far, out of their colour."""
    alpha = picture[..., 3:].astype(np.float32)
    colour = picture[..., :3] * (255.0 / np.maximum(alpha, 1.0))
    picture[..., :3] = np.minimum(np.rint(colour), 255).astype(np.uint8)
    return picture
