"""The pictures of a .glb, side by side in one atlas."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.errors import HeadError, MissingExtraError

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

_LARGEST: Final = 1024
_MOST_PIXELS: Final = 8192 * 8192
_MOST_PICTURES: Final = 16


class Atlas:
    """Pictures one above the other, each at most 1024 pixels wide and high.

    Materials that have none share a white one.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._places: dict[tuple[int, tuple[float, ...]], int] = {}
        self._tiles: list[npt.NDArray[np.uint8]] = []

    def add(self, image: int, data: bytes, factor: tuple[float, ...]) -> int:
        """Return the place of a picture, coloured by linear `factor`."""
        key = (image, factor)
        if key not in self._places:
            if len(self._tiles) == _MOST_PICTURES:
                raise HeadError(f"{self._name}: more than {_MOST_PICTURES} pictures")
            pixels = _decode(data, self._name)
            tinted = pixels * np.clip(factor, 0, 1) ** (1 / 2.2)
            self._places[key] = len(self._tiles)
            self._tiles.append(np.rint(tinted).astype(np.uint8))
        return self._places[key]

    def picture(self) -> npt.NDArray[np.uint8]:
        """Return all of them, shape (height, width, 3)."""
        if not self._tiles:
            return np.full((1, 1, 3), 255, np.uint8)
        width = max(tile.shape[1] for tile in self._tiles)
        whole = np.full((sum(len(tile) for tile in self._tiles), width, 3), 255, np.uint8)
        top = 0
        for tile in self._tiles:
            whole[top : top + len(tile), : tile.shape[1]] = tile
            top += len(tile)
        return whole

    def place(self, uv: Floats, tile: int) -> Floats:
        """Return where in the whole, from its lower left corner, the points of a picture from its upper left are."""
        heights = [len(one) for one in self._tiles]
        tall, wide = sum(heights), max(one.shape[1] for one in self._tiles)
        inside = uv - np.floor(uv.min(axis=0, initial=0.0))
        inside = np.where(inside > 1, inside % 1.0, inside)
        height, width, _ = self._tiles[tile].shape
        # Half a pixel from the edges, behind which another picture begins.
        column = np.clip(inside[:, 0] * width, 0.5, width - 0.5)
        row = sum(heights[:tile]) + np.clip(inside[:, 1] * height, 0.5, height - 0.5)
        return np.column_stack((column / wide, 1 - row / tall)).astype(np.float32)


def _decode(data: bytes, name: str) -> npt.NDArray[np.uint8]:
    width, height = _size(data, name)
    if not 0 < width * height <= _MOST_PIXELS:
        raise HeadError(f"{name}: a picture of {width} x {height} pixels; at most {_MOST_PIXELS} are read")
    av = _import_av()
    shrunk = min(1.0, _LARGEST / max(width, height))
    try:
        with av.open(io.BytesIO(data)) as file:
            frame = next(file.decode(video=0))
            small = frame.reformat(max(round(width * shrunk), 1), max(round(height * shrunk), 1), "rgb24")
            pixels: npt.NDArray[np.uint8] = small.to_ndarray()
    except (av.FFmpegError, StopIteration, IndexError, ValueError) as error:
        raise HeadError(f"{name}: a picture in it cannot be read: {' '.join(str(error).split())}") from error
    return pixels


def _import_av() -> Any:
    try:
        import av
    except ImportError as error:
        raise MissingExtraError('the pictures of this head need PyAV: pip install "hostmode[video]"') from error
    return av


def _size(data: bytes, name: str) -> tuple[int, int]:
    """Return width and height as the head of a PNG or JPEG file says, before anything is unpacked."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
        return width, height
    if data[:2] == b"\xff\xd8":
        at = 2
        while at + 9 <= len(data) and data[at] == 0xFF:
            marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
            if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
                height, width = struct.unpack_from(">HH", data, at + 5)
                return width, height
            at += 2 + length
    kind = "KTX2" if data[1:7] == b"KTX 20" else "neither PNG nor JPEG"
    raise HeadError(f"{name}: a picture in it is {kind}, which is not supported; export it as PNG or JPEG")
