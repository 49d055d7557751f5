"""OpenGL contexts and programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hostmode.errors import HostModeError, MissingExtraError

if TYPE_CHECKING:
    import moderngl

_SHADERS: Final = Path(__file__).parent / "shaders"
_INCLUDES: Final = ("light.glsl", "tone.glsl")

#: Names of the libraries without the development packages' links.
_LINUX_LIBRARIES: Final = {"libgl": "libGL.so.1", "libegl": "libEGL.so.1"}


class GraphicsError(HostModeError):
    """No OpenGL, or a context that was lost; the message says what to install."""

    code = "graphics_unavailable"


# Which way to OpenGL this process has taken.
_claimed: str | None = None


def claim_backend(backend: str) -> None:
    """Refuse to mix pictures without a display and windows in a process on Linux: EGL beside GLX ends it.

    Raises
    ------
    GraphicsError
        The process has taken the other way before.
    """
    global _claimed
    if sys.platform.startswith("linux") and _claimed not in (None, backend):
        raise GraphicsError(
            "windows and pictures without a display cannot be mixed in a process on Linux; use another process"
        )
    _claimed = backend


def import_moderngl() -> Any:
    """Return the module.

    Raises
    ------
    MissingExtraError
        It is not installed.
    """
    try:
        import moderngl
    except ImportError as error:
        raise MissingExtraError('pictures need moderngl: pip install "hostmode[view]"') from error
    return moderngl


def offscreen_context() -> moderngl.Context:
    """Return a context of its own that needs no display.

    Raises
    ------
    MissingExtraError
        moderngl is not installed.
    GraphicsError
        There is no OpenGL 3.3.
    """
    library = import_moderngl()
    claim_backend("offscreen")
    attempts: list[dict[str, str]] = [{}]
    if sys.platform.startswith("linux"):
        attempts = [{"backend": "egl", **_LINUX_LIBRARIES}, {"backend": "egl", "libegl": "libEGL.so.1"}]
    for attempt in attempts:
        try:
            context: moderngl.Context = library.create_context(standalone=True, require=330, **attempt)
        except Exception as error:  # moderngl and glcontext raise plain Exception
            reason = str(error)
        else:
            return context
    raise GraphicsError(
        f"no OpenGL 3.3 without a display: {reason}. On Debian and Ubuntu: sudo apt-get install "
        "libegl1 libgl1 libgl1-mesa-dri"
    )


def make_program(context: moderngl.Context, name: str, defines: tuple[str, ...] = ()) -> moderngl.Program:
    """Compile ``shaders/<name>.vert`` and ``.frag``."""
    head = "#version 330\n" + "".join(f"#define {define}\n" for define in defines)
    shared = "".join((_SHADERS / include).read_text() for include in _INCLUDES)
    vertex, fragment = (head + shared + (_SHADERS / f"{name}.{stage}").read_text() for stage in ("vert", "frag"))
    return context.program(vertex_shader=vertex, fragment_shader=fragment)
