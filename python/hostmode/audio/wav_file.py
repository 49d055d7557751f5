"""A WAV file that can be read at any time while it is written, and may grow beyond 4 GiB."""

from __future__ import annotations

import stat
import struct
from typing import TYPE_CHECKING

from hostmode.errors import AudioOutputError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

_SAMPLE_BYTES = 2
_PCM = 1
# The 32-bit lengths of RIFF end here; above, EBU Tech 3306 (RF64) puts them into a chunk `ds64`, for which a chunk
# `JUNK` of the same length keeps the place.
_RIFF_MAX = 0xFFFFFFFF
_HEADER = struct.Struct("<4sI4s 4sIQQQI 4sIHHIIHH 4sI")
# Of the header, what its first chunk does not count.
_CHUNK_HEAD = 8
# How much is kept back before it is written and the lengths in the header are corrected.
_FLUSH_S = 1.0


class WavFile:
    """Mono, 16 bit. What a killed process leaves is a right file that ends at most a second early.

    Parameters
    ----------
    path : Path
        Where to write; an existing file is replaced.
    rate : int
        Sample rate, Hz.

    Raises
    ------
    AudioOutputError
        The path is a pipe or a socket, or nothing can be written there.
    OSError
        The file cannot be opened.
    """

    def __init__(self, path: Path, rate: int) -> None:
        self._path = path
        self._rate = rate
        self._written = 0  # bytes of sound
        self._waiting = bytearray()
        _refuse_pipe(path)
        self._file = path.open("wb", buffering=0)
        try:
            self._flush()
        except AudioOutputError:
            self._file.close()
            raise

    @property
    def written_s(self) -> float:
        """How much of the sound is in the file, seconds."""
        return self._written / _SAMPLE_BYTES / self._rate

    def write(self, samples: npt.NDArray[np.int16]) -> None:
        """Append samples.

        Raises
        ------
        AudioOutputError
            They cannot be written; the file holds what was written before.
        """
        self._waiting += samples.astype("<i2", copy=False).tobytes()
        if len(self._waiting) >= _FLUSH_S * self._rate * _SAMPLE_BYTES:
            self._flush()

    def close(self) -> None:
        """Write what is kept back and close the file, which is closed even if that fails.

        Raises
        ------
        AudioOutputError
            It cannot be written.
        """
        try:
            self._flush()
        finally:
            self._file.close()

    def abandon(self) -> None:
        """Close the file as it is."""
        self._file.close()

    def _flush(self) -> None:
        try:
            self._file.seek(_HEADER.size + self._written)
            self._put(self._waiting)
            self._written += len(self._waiting)
            self._waiting.clear()
            self._file.seek(0)
            self._put(_header(self._rate, self._written))
        except OSError as error:
            raise AudioOutputError(
                f"{str(self._path)!r} cannot be written: {error.strerror}; it holds {self.written_s:.1f} s of sound"
            ) from error

    def _put(self, data: bytes | bytearray) -> None:
        left = memoryview(data)
        while left:
            # A disk that is nearly full takes a part first.
            left = left[self._file.write(left) :]


def _header(rate: int, data_bytes: int) -> bytes:
    riff_bytes = _HEADER.size - _CHUNK_HEAD + data_bytes
    large = riff_bytes > _RIFF_MAX
    return _HEADER.pack(
        b"RF64" if large else b"RIFF",
        _RIFF_MAX if large else riff_bytes,
        b"WAVE",
        b"ds64" if large else b"JUNK",
        28,
        riff_bytes if large else 0,
        data_bytes if large else 0,
        data_bytes // _SAMPLE_BYTES if large else 0,
        0,  # no table of further long chunks
        b"fmt ",
        16,
        _PCM,
        1,
        rate,
        rate * _SAMPLE_BYTES,
        _SAMPLE_BYTES,
        8 * _SAMPLE_BYTES,
        b"data",
        _RIFF_MAX if large else data_bytes,
    )


def _refuse_pipe(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        raise AudioOutputError(
            f"{str(path)!r} is a pipe or a socket; a WAV file begins with its length, which is known at its end: "
            "give the path of a file"
        )
