"""Writing .glb files: a JSON document and the numbers it points to."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode._core import __version__

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

_COMPONENTS: Final = {"f4": 5126, "u4": 5125, "u2": 5123, "u1": 5121}
_TYPES: Final = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
#: What a view of vertices, or of indices, is for.
ARRAY, ELEMENTS = 34962, 34963


class GltfFile:
    """A document to be filled.

    Attributes
    ----------
    document : dict
        The JSON; lists are made by `add`.
    """

    def __init__(self) -> None:
        self.document: dict[str, Any] = {"asset": {"version": "2.0", "generator": f"hostmode {__version__}"}}
        self._data = bytearray()

    def add(self, kind: str, entry: dict[str, Any]) -> int:
        """Append `entry` to one of the document's lists and return its index."""
        entries: list[dict[str, Any]] = self.document.setdefault(kind, [])
        entries.append(entry)
        return len(entries) - 1

    def view(self, data: bytes, target: int | None = None) -> int:
        """Store bytes and return their view."""
        self._data += b"\0" * (-len(self._data) % 4)
        entry = {"buffer": 0, "byteOffset": len(self._data), "byteLength": len(data)}
        self._data += data
        return self.add("bufferViews", entry if target is None else {**entry, "target": target})

    def numbers(
        self, array: npt.NDArray[Any], target: int | None = None, bounds: bool = False, normalized: bool = False
    ) -> int:
        """Store an array, one row an element, and return its accessor; `bounds` states its extremes."""
        array = np.ascontiguousarray(array)
        entry: dict[str, Any] = {
            "bufferView": self.view(array.astype(array.dtype.newbyteorder("<")).tobytes(), target),
            "componentType": _COMPONENTS[array.dtype.str[1:]],
            "count": len(array),
            "type": _TYPES[array.shape[1:]],
        }
        if normalized:
            entry["normalized"] = True
        if bounds:
            entry |= extremes(array)
        return self.add("accessors", entry)

    def sparse_vectors(self, array: npt.NDArray[np.float32]) -> int:
        """Store vectors, shape (n, 3), most of which are zero, and return their accessor."""
        (rows,) = np.nonzero(array.any(axis=1))
        entry: dict[str, Any] = {"componentType": _COMPONENTS["f4"], "count": len(array), "type": "VEC3"}
        if len(rows):
            entry["sparse"] = {
                "count": len(rows),
                "indices": {
                    "bufferView": self.view(rows.astype("<u4").tobytes()),
                    "componentType": _COMPONENTS["u4"],
                },
                "values": {"bufferView": self.view(array[rows].astype("<f4").tobytes())},
            }
        return self.add("accessors", entry | extremes(array))

    def animate(self, animation: dict[str, Any], node: int, path: str, times: int, values: npt.NDArray[Any]) -> None:
        """Add a channel to an animation that moves `path` of a node linearly."""
        output = self.numbers(values.astype(np.float32))
        animation["samplers"].append({"input": times, "output": output, "interpolation": "LINEAR"})
        target = {"node": node, "path": path}
        animation["channels"].append({"sampler": len(animation["samplers"]) - 1, "target": target})

    def write(self, path: Path) -> None:
        """Write the file; the same content gives the same bytes."""
        self._data += b"\0" * (-len(self._data) % 4)
        document = {**self.document, "buffers": [{"byteLength": len(self._data)}]}
        text = json.dumps(document, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        length = 12 + 8 + len(text) + 8 + len(self._data)
        with path.open("wb") as file:
            file.write(struct.pack("<4sII", b"glTF", 2, length))
            file.write(struct.pack("<I4s", len(text), b"JSON") + text)
            file.write(struct.pack("<I4s", len(self._data), b"BIN\0") + self._data)


def extremes(array: npt.NDArray[Any]) -> dict[str, Any]:
    """Return the least and the largest of each component, as accessors state them."""
    rows = array.reshape(len(array), -1)
    return {"min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist()}
