"""Reading .npz files of strangers: bounded in size, no pickles, one clear line for whatever is wrong."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
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


def read_bounded(path: str | os.PathLike[str]) -> bytes:
    """Return the content of a file of at most 256 MB.

    Raises
    ------
    HeadError
        It is larger.
    OSError
        It cannot be read.
    """
    with Path(path).open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise HeadError(f"{path}: larger than {_MOST_BYTES} bytes, the most that is read")
    return data


def read_npz(path: str | os.PathLike[str]) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of the file by name.

    Raises
    ------
    HeadError
        It is no zip archive of arrays, is damaged, unpacks to more than 256 MB, or holds Python objects.
    OSError
        It cannot be read.
    """
    return unpack_npz(io.BytesIO(read_bounded(path)), str(path))


def unpack_npz(file: io.BytesIO, name: str) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of an archive in memory; `name` is for messages."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            size = sum(member.file_size for member in members)
            if len(members) > _MOST_MEMBERS or size > _MOST_BYTES:
                raise HeadError(
                    f"{name}: {len(members)} arrays of {size} bytes; "
                    f"at most {_MOST_MEMBERS} of {_MOST_BYTES} bytes together are read"
                )
            return {
                member.filename.removesuffix(".npy"): _array(name, member.filename, archive.read(member))
                for member in members
            }
    except HeadError:
        raise
    # What zipfile raises on damaged archives is not listed anywhere: ValueError, struct.error, OSError among others.
    except Exception as error:
        raise HeadError(f"{name}: not a whole .npz file: {' '.join(str(error).split())}") from error


def _array(path: str, name: str, data: bytes) -> npt.NDArray[Any]:
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        shape, fortran_order, dtype = _HEADERS[version](stream)
    except (ValueError, KeyError, TypeError, SyntaxError, UnicodeError, RecursionError, MemoryError) as error:
        raise HeadError(f"{path}: {name!r} is no NumPy array") from error
    if dtype.hasobject:
        raise HeadError(f"{path}: {name!r} holds Python objects, which are not loaded; store plain numbers")
    count = 1
    for length in shape:
        count *= length
    body = data[stream.tell() :]
    if count < 0 or count * dtype.itemsize != len(body):
        raise HeadError(f"{path}: {name!r} says it has shape {shape} of {dtype}, but has {len(body)} bytes")
    if dtype.itemsize == 0:
        raise HeadError(f"{path}: {name!r} holds items of no size")
    return np.frombuffer(body, dtype).reshape(shape, order="F" if fortran_order else "C")
