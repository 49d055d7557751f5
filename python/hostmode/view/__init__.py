"""Seeing the avatar: pictures, windows, videos. Needs the extra `view`."""

from hostmode.view.camera import Camera, Transform
from hostmode.view.gl import GraphicsError
from hostmode.view.live_face import LiveFace
from hostmode.view.offscreen import Offscreen
from hostmode.view.performance import Performance, perform
from hostmode.view.web import WebFace
from hostmode.view.window import Window

__all__ = [
    "Camera",
    "GraphicsError",
    "LiveFace",
    "Offscreen",
    "Performance",
    "Transform",
    "WebFace",
    "Window",
    "perform",
]
