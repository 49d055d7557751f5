"""Reading .npz files of strangers: bounded in size, no pickles, one clear line for whatever is wrong."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.errors import HeadError

if TYPE_CHECKING:
    import os

    import numpy.typing as npt

#: Of all arrays of a file together, unpacked: a hundred times what the built-in head takes.
_MOST_BYTES: Final = 256 << 20
_MOST_MEMBERS: Final = 256

_HEADERS: Final = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npz(path: str | os.PathLike[str]) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of the file by name.

    Raises
    ------
    HeadError
        It is no zip archive of arrays, is damaged, unpacks to more than 256 MB, or holds Python objects.
    OSError
        It cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            size = sum(member.file_size for member in members)
            if len(members) > _MOST_MEMBERS or size > _MOST_BYTES:
                raise HeadError(
                    f"{path}: {len(members)} arrays of {size} bytes; "
                    f"at most {_MOST_MEMBERS} of {_MOST_BYTES} bytes together are read"
                )
            return {
                member.filename.removesuffix(".npy"): _array(path, member.filename, archive.read(member))
                for member in members
            }
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise HeadError(f"{path}: not a whole .npz file: {error}") from error


def _array(path: str | os.PathLike[str], name: str, data: bytes) -> npt.NDArray[Any]:
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        shape, fortran_order, dtype = _HEADERS[version](stream)
    except (ValueError, KeyError, TypeError, SyntaxError, UnicodeError, RecursionError, MemoryError) as error:
        raise HeadError(f"{path}: {name} is no NumPy array") from error
    if dtype.hasobject:
        raise HeadError(f"{path}: {name} holds Python objects, which are not loaded; store plain numbers")
    count = 1
    for length in shape:
        count *= length
    body = data[stream.tell() :]
    if count < 0 or count * dtype.itemsize != len(body):
        raise HeadError(f"{path}: {name} says it has shape {shape} of {dtype}, but has {len(body)} bytes")
    if dtype.itemsize == 0:
        raise HeadError(f"{path}: {name} holds items of no size")
    return np.frombuffer(body, dtype).reshape(shape, order="F" if fortran_order else "C")
