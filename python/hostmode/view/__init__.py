"""Seeing the avatar: pictures, windows, videos. Needs the extra `view`."""

from hostmode.view.camera import Camera
from hostmode.view.gl import GraphicsError
from hostmode.view.offscreen import Offscreen

__all__ = ["Camera", "GraphicsError", "Offscreen"]
