"""Whether pictures can be drawn here: not everywhere where hostmode is tested there is OpenGL."""

from __future__ import annotations

import functools

import pytest

from hostmode.errors import MissingExtraError
from hostmode.view import GraphicsError, Offscreen


@functools.cache
def _obstacle() -> str:
    try:
        Offscreen(16).close()
    except (GraphicsError, MissingExtraError) as error:
        return str(error)
    return ""


needs_graphics = pytest.mark.skipif(bool(_obstacle()), reason=_obstacle() or "can draw")
