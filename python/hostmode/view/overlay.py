"""Lines of text in a corner of a window, in letters of five by seven dots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode.view.gl import import_moderngl, make_program

if TYPE_CHECKING:
    import moderngl
    import numpy.typing as npt

_WIDE, _HIGH = 6, 9
_DOT: Final = 2  # pixels

# Five columns a letter, each a number whose lowest bit is the upper dot.
_LETTERS: Final = {
    " ": "0000000000", "0": "3e5149453e", "1": "00427f4000", "2": "4261514946", "3": "2141454b31",
    "4": "1814127f10", "5": "2745454539", "6": "3c4a494930", "7": "0171090503", "8": "3649494936",
    "9": "064949291e", ".": "0060600000", "/": "2010080402", "-": "0808080808", "+": "08083e0808",
    "a": "2054545478", "b": "7f48444438", "c": "3844444420", "d": "384444487f", "e": "3854545418",
    "f": "087e090102", "g": "0c5252523e", "h": "7f08040478", "i": "00447d4000", "j": "2040443d00",
    "k": "7f10284400", "l": "00417f4000", "m": "7c04180478", "n": "7c08040478", "o": "3844444438",
    "p": "7c14141408", "q": "081414187c", "r": "7c08040408", "s": "4854545420", "t": "043f444020",
    "u": "3c4040207c", "v": "1c2040201c", "w": "3c4030403c", "x": "4428102844", "y": "0c5050503c",
    "z": "4464544c44", "_": "4040404040",
}  # fmt: skip


def text_picture(lines: list[str]) -> npt.NDArray[np.uint8]:
    """Return the lines as uint8 (height, width), 255 where there is ink; letters it has none of stay empty."""
    width = max(map(len, lines), default=0)
    dots = np.zeros((len(lines) * _HIGH + 2, width * _WIDE + 2), np.uint8)
    for row, line in enumerate(lines):
        for place, letter in enumerate(line.lower()):
            columns = np.frombuffer(bytes.fromhex(_LETTERS.get(letter, _LETTERS[" "])), np.uint8)
            glyph = np.unpackbits(columns[None], axis=0, bitorder="little")[:7] * 255
            top, left = 2 + row * _HIGH, 2 + place * _WIDE
            dots[top : top + 7, left : left + 5] = glyph
    return dots.repeat(_DOT, 0).repeat(_DOT, 1)


class Overlay:
    """Text over what has been drawn."""

    def __init__(self, context: moderngl.Context) -> None:
        self._gl = context
        self._moderngl = import_moderngl()
        self._program = make_program(context, "overlay")
        corners = np.array((0, 0, 1, 0, 0, 1, 1, 1), np.float32)
        self._array = context.vertex_array(self._program, [(context.buffer(corners.tobytes()), "2f", "corner")])

    def draw(self, lines: list[str], size: tuple[int, int], centred: bool = False) -> None:
        """Draw `lines` in the upper left corner of a window of `size` pixels, or in the middle of its lower edge."""
        picture = text_picture(lines)
        height, width = picture.shape
        texture = self._gl.texture((width, height), 1, picture[::-1].tobytes(), alignment=1)
        texture.filter = (self._moderngl.NEAREST, self._moderngl.NEAREST)
        texture.use(2)
        self._program["text"] = 2
        wide, tall = 2 * width / size[0], 2 * height / size[1]
        left, bottom = (-wide / 2, -0.9) if centred else (-1.0, 1.0 - tall)
        self._program["box"] = (left, bottom, left + wide, bottom + tall)
        self._gl.enable_only(self._moderngl.BLEND)
        self._array.render(self._moderngl.TRIANGLE_STRIP)
        self._gl.disable(self._moderngl.BLEND)
        texture.release()
