"""Numbers packed as EXT_meshopt_compression says: vertices, triangles, indices, and what is filtered.

An own reading of the extension's specification (Khronos, glTF 2.0 vendor extensions). Whatever the bytes are, no
more is read than there is and no more written than was asked for.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Bytes = npt.NDArray[np.uint8]

_GROUP: Final = 16
_BLOCK_BYTES: Final = 8192
_LONGEST_BLOCK: Final = 256
_SHORTEST_TAIL: Final = 32

_VERTICES, _SEQUENCE, _TRIANGLES = 0xA0, 0xD0, 0xE0

#: From a packed byte to what it is less the one before: 0, -1, 1, -2, 2 ...
_UNFOLDED: Final = np.array([(value >> 1) ^ (255 * (value & 1)) for value in range(256)], np.uint8)


def decode(data: bytes, count: int, stride: int, mode: str, kind: str) -> bytes:
    """Return `count` elements of `stride` bytes.

    Parameters
    ----------
    data : bytes
    count, stride : int
    mode : str
        ``ATTRIBUTES``, ``TRIANGLES`` or ``INDICES``.
    kind : str
        The filter: ``NONE``, ``OCTAHEDRAL``, ``QUATERNION`` or ``EXPONENTIAL``.

    Raises
    ------
    ValueError
        The data are damaged or cut short, or the extension does not allow what is asked for.
    KeyError
        A mode or filter is another.
    """
    if mode == "ATTRIBUTES":
        if not 0 < stride <= 256 or stride % 4:
            raise ValueError(f"vertices of {stride} bytes; 4 to 256 are allowed, in steps of 4")
        return _FILTERS[kind](_vertices(data, count, stride)).tobytes()
    read = {"TRIANGLES": _triangles, "INDICES": _sequence}[mode]
    if stride not in (2, 4) or kind != "NONE":
        raise ValueError(f"indices of {stride} bytes with the filter {kind}; 2 or 4 are allowed, and none")
    indices = np.array(read(data, count), np.int64) & 0xFFFFFFFF
    if stride == 2 and indices.max(initial=0) > 0xFFFF:
        raise ValueError("an index does not fit two bytes")
    return indices.astype(f"<u{stride}").tobytes()


class _Reader:
    """The bytes of a stream in order, never behind `end`."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        if end < at:
            raise ValueError("packed numbers are cut short")
        self._data, self.at, self.end = data, at, end

    def take(self, size: int) -> bytes:
        taken = self._data[self.at : self.at + size]
        self.at += size
        if self.at > self.end:
            raise ValueError("packed numbers are cut short")
        return taken

    def number(self) -> int:
        """Return a number of seven bits a byte, the lowest first."""
        value = 0
        for shift in range(0, 35, 7):
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise ValueError("a packed number is too long")

    def step(self) -> int:
        """Return a number with a sign."""
        value = self.number()
        return -(value >> 1) - 1 if value & 1 else value >> 1

    def finish(self) -> None:
        if self.at != self.end:
            raise ValueError(f"packed numbers end {self.end - self.at} bytes early")


def _version(data: bytes, kind: int, known: tuple[int, ...]) -> int:
    if not data or data[0] & 0xF0 != kind:
        raise ValueError("packed numbers of another kind")
    if data[0] & 0x0F not in known:
        raise ValueError(f"packed numbers of version {data[0] & 0x0F}; known are {known}")
    return data[0] & 0x0F


def _vertices(data: bytes, count: int, stride: int) -> Bytes:
    _version(data, _VERTICES, (0,))
    reader = _Reader(data, 1, len(data) - max(stride, _SHORTEST_TAIL))
    last = np.frombuffer(data, np.uint8)[-stride:]
    out = np.empty((count, stride), np.uint8)
    most = min(_BLOCK_BYTES // stride & -_GROUP, _LONGEST_BLOCK)
    for start in range(0, count, most):
        size = min(most, count - start)
        groups = -(-size // _GROUP)
        steps = np.stack([_column(reader, groups)[:size] for _ in range(stride)], axis=1)
        out[start : start + size] = last + np.cumsum(_UNFOLDED[steps], axis=0, dtype=np.uint8)
        last = out[start + size - 1]
    reader.finish()
    return out


def _column(reader: _Reader, groups: int) -> Bytes:
    """Return one byte of each vertex of a block, sixteen a group, each group in as few bits as it needs."""
    column = np.zeros((groups, _GROUP), np.uint8)
    header = reader.take(-(-groups // 4))
    if any(header):
        for group in range(groups):
            bits = header[group // 4] >> 2 * (group % 4) & 3
            if bits == 3:
                column[group] = np.frombuffer(reader.take(_GROUP), np.uint8)
            elif bits:
                column[group] = _narrow(reader, 2 * bits)
    return column.ravel()


def _narrow(reader: _Reader, bits: int) -> Bytes:
    """Return sixteen values of 2 or 4 bits, the highest first; all ones stand for a byte that comes after them."""
    packed = np.frombuffer(reader.take(2 * bits), np.uint8)
    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    escape = (1 << bits) - 1
    values = (packed[:, None] >> shifts & np.uint8(escape)).ravel()
    wide = values == escape
    values[wide] = np.frombuffer(reader.take(int(np.count_nonzero(wide))), np.uint8)
    return values


def _sequence(data: bytes, count: int) -> list[int]:
    _version(data, _SEQUENCE, (0, 1))
    reader = _Reader(data, 1, len(data) - 4)
    last = [0, 0]
    out = []
    for _ in range(count):
        value = reader.number()
        folded = value >> 1
        last[value & 1] += -(folded >> 1) - 1 if folded & 1 else folded >> 1
        out.append(last[value & 1])
    reader.finish()
    return out


def _triangles(data: bytes, count: int) -> list[int]:
    """Return corners: a triangle is a byte that says which edge it shares and where its other corner is from."""
    version = _version(data, _TRIANGLES, (0, 1))
    if count % 3:
        raise ValueError(f"{count} corners make no triangles")
    codes = _Reader(data, 1, len(data) - 16).take(count // 3)
    table = data[-16:]
    reader = _Reader(data, 1 + len(codes), len(data) - 16)
    recent_corners = 13 if version else 15
    edges: deque[tuple[int, int]] = deque([(0, 0)] * 16, 16)
    corners: deque[int] = deque([0] * 16, 16)
    fresh = last = 0
    out: list[int] = []

    def corner(code: int) -> int:
        """Return the next one never seen, one of those seen lately, or what a step leads to."""
        nonlocal fresh, last
        if code == 0:
            fresh += 1
            return fresh - 1
        if code < 15:
            return corners[-code]
        last += reader.step()
        return last

    for code in codes:
        if code < 0xF0:
            a, b = edges[-1 - (code >> 4)]
            third = code & 15
            if 0 < third < recent_corners:
                c, is_new = corners[-1 - third], False
            elif 0 < third < 15:
                last += third - (third ^ 3)
                c, is_new = last, True
            else:
                c, is_new = corner(third), True
            new = [c] if is_new else []
            edges.extend(((c, b), (a, c)))
        else:
            extra = table[code & 15] if code < 0xFE else reader.take(1)[0]
            if code >= 0xFE and extra == 0:
                fresh = 0
            kinds = (15 if code == 0xFF else 0, extra >> 4, extra & 15)
            if code < 0xFE and 15 in kinds:
                raise ValueError("a packed triangle has a corner from nowhere")
            # Steps are taken after all that is fresh.
            found = [None if kind == 15 else corner(kind) for kind in kinds]
            a, b, c = (corner(15) if value is None else value for value in found)
            new = [value for value, kind in zip((a, b, c), kinds, strict=True) if kind in (0, 15)]
            edges.extend(((b, a), (c, b), (a, c)))
        corners.extend(new)
        out += (a, b, c)
    reader.finish()
    return out


def _whole(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.trunc(values + np.copysign(0.5, values))


def _octahedral(rows: Bytes) -> npt.NDArray[np.generic]:
    """Return unit vectors from points of an octahedron; the fourth component is none of it."""
    if rows.shape[1] not in (4, 8):
        raise ValueError(f"octahedral vectors of {rows.shape[1]} bytes; 4 or 8 are allowed")
    size = rows.shape[1] // 4
    stored = rows.view(f"<i{size}").reshape(-1, 4)
    x, y, one = (stored[:, axis].astype(np.float64) for axis in range(3))
    z = one - np.abs(x) - np.abs(y)
    behind = np.minimum(z, 0.0)
    points = np.stack((x + np.where(x >= 0, behind, -behind), y + np.where(y >= 0, behind, -behind), z), axis=1)
    length = np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-9)
    out = stored.copy()
    out[:, :3] = _whole(points / length * np.iinfo(stored.dtype).max)
    return out


def _quaternion(rows: Bytes) -> npt.NDArray[np.generic]:
    """Return unit quaternions from their three smaller components and the place of the largest."""
    if rows.shape[1] != 8:
        raise ValueError(f"quaternions of {rows.shape[1]} bytes; 8 are allowed")
    stored = rows.view("<i2").reshape(-1, 4)
    one = (stored[:, 3] | 3).astype(np.float64)
    small = stored[:, :3] / (one[:, None] * np.sqrt(2.0))
    largest = np.sqrt(np.maximum(1 - np.square(small).sum(axis=1), 0.0))
    out = np.empty_like(stored)
    place = (stored[:, 3] & 3).astype(np.int64)
    row = np.arange(len(stored))
    for after, part in enumerate((largest, *small.T)):
        out[row, (place + after) & 3] = np.clip(_whole(part * 32767), -32768, 32767)
    return out


def _exponential(rows: Bytes) -> npt.NDArray[np.generic]:
    """Return floats from 24 bits of mantissa and 8 of exponent."""
    stored = rows.view("<i4").astype(np.int64)
    mantissa = (stored & 0xFFFFFF) - ((stored & 0x800000) << 1)
    with np.errstate(over="ignore"):
        return np.ldexp(mantissa.astype(np.float64), (stored >> 24).astype(np.int32)).astype("<f4")


_FILTERS: Final[dict[str, Callable[[Bytes], npt.NDArray[np.generic]]]] = {
    "NONE": lambda rows: rows,
    "OCTAHEDRAL": _octahedral,
    "QUATERNION": _quaternion,
    "EXPONENTIAL": _exponential,
}
