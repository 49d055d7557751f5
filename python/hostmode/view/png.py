"""Writing PNG files: all that the format asks for in a page."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from hostmode.whole_file import whole_files

if TYPE_CHECKING:
    import os

    import numpy.typing as npt


def png_bytes(picture: npt.NDArray[np.uint8]) -> bytes:
    """Return `picture`, shape (height, width, 3 or 4), as a PNG file; the same picture gives the same bytes."""
    height, width, channels = picture.shape
    # Each row as its difference to the one above, which packs well where pictures are smooth.
    rows = picture.reshape(height, -1)
    up = rows.copy()
    up[1:] -= rows[:-1]
    filtered = np.column_stack((np.full(height, 2, np.uint8), up))
    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def write_png(path: str | os.PathLike[str], picture: npt.NDArray[np.uint8]) -> None:
    """Write `picture`, shape (height, width, 3 or 4)."""
    with whole_files(path) as (written,):
        written.write_bytes(png_bytes(picture))
