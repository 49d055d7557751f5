"""The container of a .glb: its description, its numbers and its pictures, bounded in size."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.errors import HeadError
from hostmode.rig.glb_meshopt import decode

if TYPE_CHECKING:
    import numpy.typing as npt

_JSON, _BIN = 0x4E4F534A, 0x004E4942

_COMPONENTS: Final = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_LENGTHS: Final = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}

#: Of all numbers of a file together, as they are read: what is sparse can be far larger than the file.
_MOST_BYTES: Final = 512 << 20
_MOST_NODES: Final = 20_000

_COMPRESSED: Final = {
    "KHR_draco_mesh_compression": "its meshes are compressed with Draco",
    "KHR_meshopt_compression": "its meshes are compressed with KHR_meshopt_compression",
    "EXT_texture_webp": "its pictures are WebP",
    "EXT_texture_avif": "its pictures are AVIF",
    "KHR_texture_transform": "its pictures are moved by KHR_texture_transform",
}
_MESHOPT: Final = "EXT_meshopt_compression"
#: Files that need one of these are read. Of KTX2 that is to say: without the picture.
_SUPPORTED: Final = (
    "KHR_mesh_quantization",
    _MESHOPT,
    "KHR_texture_basisu",
    "KHR_materials_unlit",
    "KHR_materials_specular",
    "KHR_materials_ior",
)


class GlbFile:
    """A .glb in memory.

    Attributes
    ----------
    json : dict
        Its description; whatever reads it must expect anything.

    Raises
    ------
    HeadError
        It is no glTF 2, is cut short, or needs an extension that is not supported.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        self._left = _MOST_BYTES
        self._unpacked: dict[int, bytes] = {}
        version, length = struct.unpack_from("<II", data.ljust(12, b"\0"), 4)
        if version != 2:
            raise HeadError(f"{name}: glTF of version {version}; 2 is read")
        if length > len(data):
            raise HeadError(f"{name}: cut short: {len(data)} of {length} bytes")
        chunks: dict[int, bytes] = {}
        at = 12
        while at + 8 <= length:
            size, kind = struct.unpack_from("<II", data, at)
            if at + 8 + size > length:
                raise HeadError(f"{name}: cut short: a chunk of {size} bytes ends behind the file")
            chunks.setdefault(kind, data[at + 8 : at + 8 + size])
            at += 8 + size
        try:
            self.json: dict[str, Any] = json.loads(chunks[_JSON])
        except (KeyError, ValueError, RecursionError) as error:
            raise HeadError(f"{name}: no glTF: its description cannot be read") from error
        self._binary = chunks.get(_BIN, b"")
        if not isinstance(self.json, dict):
            raise HeadError(f"{name}: no glTF: its description is no object")
        self._refuse_unsupported()

    def _refuse_unsupported(self) -> None:
        needed = self.json.get("extensionsRequired", [])
        for extension in needed if isinstance(needed, list) else [needed]:
            if extension in _SUPPORTED:
                continue
            why = _COMPRESSED.get(str(extension), f"it needs the extension {str(extension)[:60]}")
            raise HeadError(
                f"{self.name}: {why}, which is not supported; export it without, "
                "or undo it with `gltf-transform copy` or Blender"
            )
        if len(self.entries("nodes")) > _MOST_NODES:
            raise HeadError(f"{self.name}: {len(self.entries('nodes'))} nodes; at most {_MOST_NODES} are allowed")

    def entries(self, key: str) -> list[Any]:
        """Return what the description lists under `key`."""
        found = self.json.get(key, [])
        if not isinstance(found, list):
            raise HeadError(f"{self.name}: {key} is no list")
        return found

    def view(self, index: int) -> tuple[bytes, int]:
        """Return the bytes of a buffer view, and how far one element is from the next (0: next to it)."""
        view = entry(self.entries("bufferViews"), index)
        extensions = view.get("extensions", {})
        for extension in extensions:
            if extension in _COMPRESSED:
                raise HeadError(f"{self.name}: {_COMPRESSED[extension]}, which is not supported; export it without")
        if _MESHOPT not in extensions:
            return self._bytes(index, view), natural(view.get("byteStride", 0))
        packed = extensions[_MESHOPT]
        count, stride = natural(packed["count"]), natural(packed["byteStride"])
        if index not in self._unpacked:
            self._take(count * stride)
            content = self._bytes(index, packed)
            try:
                self._unpacked[index] = decode(
                    content, count, stride, str(packed["mode"]), str(packed.get("filter", "NONE"))
                )
            except ValueError as error:
                raise HeadError(f"{self.name}: buffer view {index}, compressed with meshopt: {error}") from error
        return self._unpacked[index], stride

    def _bytes(self, index: int, place: dict[str, Any]) -> bytes:
        if place.get("buffer", 0) != 0 or "uri" in entry(self.entries("buffers"), 0):
            raise HeadError(f"{self.name}: its data are in another file; export all into one .glb")
        start, length = natural(place.get("byteOffset", 0)), natural(place["byteLength"])
        if start + length > len(self._binary):
            raise HeadError(f"{self.name}: buffer view {index} ends behind the data")
        return self._binary[start : start + length]

    def accessor(self, index: int) -> npt.NDArray[Any]:
        """Return the numbers of an accessor, shape (count, components): floats if they are normalised."""
        accessor = entry(self.entries("accessors"), index)
        dtype, width = np.dtype(_COMPONENTS[accessor["componentType"]]), _LENGTHS[accessor["type"]]
        count = natural(accessor["count"])
        self._take(count * width * max(dtype.itemsize, 4))
        if "bufferView" in accessor:
            values = self._elements(accessor["bufferView"], accessor.get("byteOffset", 0), count, width, dtype)
        else:
            values = np.zeros((count, width), dtype)
        if "sparse" in accessor:
            values = self._with_sparse(values, accessor["sparse"])
        if accessor.get("normalized") and dtype.kind in "iu":
            values = np.maximum(values.astype(np.float32) / np.iinfo(dtype).max, -1.0)
        return values

    def _with_sparse(self, values: npt.NDArray[Any], sparse: dict[str, Any]) -> npt.NDArray[Any]:
        count = natural(sparse["count"])
        self._take(count * (values.shape[1] * values.itemsize + 8))
        where, what = sparse["indices"], sparse["values"]
        kind = np.dtype(_COMPONENTS[where["componentType"]])
        if kind.kind != "u":
            raise HeadError(f"{self.name}: indices of a sparse accessor are no whole numbers")
        places = self._elements(where["bufferView"], where.get("byteOffset", 0), count, 1, kind)[:, 0]
        if count and places.max() >= len(values):
            raise HeadError(f"{self.name}: a sparse accessor names element {places.max()} of {len(values)}")
        changed = values.copy()
        changed[places] = self._elements(
            what["bufferView"], what.get("byteOffset", 0), count, values.shape[1], values.dtype
        )
        return changed

    def _elements(self, view: int, offset: int, count: int, width: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        data, stride = self.view(view)
        start, size = natural(offset), width * dtype.itemsize
        step = stride or size
        if not size <= step <= 252 or (count and start + (count - 1) * step + size > len(data)):
            raise HeadError(f"{self.name}: an accessor of {count} elements ends behind its data")
        return np.ndarray((count, width), dtype, data, start, (step, dtype.itemsize)).copy()

    def _take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise HeadError(f"{self.name}: its numbers take more than {_MOST_BYTES} bytes, the most that is read")


def natural(value: Any) -> int:
    """Return `value`, which must be a whole number that counts something."""
    if type(value) is not int or not 0 <= value < 1 << 32:
        raise ValueError(f"{str(value)[:40]} is no count")
    return value


def entry(entries: list[Any], index: Any) -> dict[str, Any]:
    """Return one of `entries`, which must be an object."""
    found = entries[natural(index)]
    if not isinstance(found, dict):
        raise ValueError(f"entry {index} is no object")
    return found
