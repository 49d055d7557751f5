"""Which kind of head a file holds, told by its content."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from hostmode.errors import HeadError
from hostmode.rig.npz import read_bounded, unpack_npz
from hostmode.rig.own_head import own_head

if TYPE_CHECKING:
    import os

    from hostmode.rig.head_data import HeadData

_READ = "a .glb with ARKit's morph targets, FLAME's .pkl or .npz, or hostmode's own .npz"


def read_head(path: str | os.PathLike[str]) -> HeadData:
    """Return the head in a file.

    Raises
    ------
    HeadError
        The file is no head, or there is something wrong in it.
    OSError
        It cannot be read.
    """
    return parse_head(read_bounded(path), str(path))


def parse_head(data: bytes, name: str) -> HeadData:
    """Return the head in the content of a file that is called `name`."""
    # The readers of what few use are imported when it is there.
    if data[:4] == b"glTF":
        from hostmode.rig.glb_head import glb_head

        return glb_head(data, name)
    if data[:2] == b"PK":
        arrays = unpack_npz(io.BytesIO(data), name)
        if "matrix" in arrays and "format" not in arrays:
            raise HeadError(f"{name}: this is a map from keyframes to expressions, no head; use it with --map")
        if "v_template" in arrays:
            from hostmode.rig.flame import flame_head

            return flame_head(arrays, name)
        return own_head(arrays, name)
    suffix = Path(name).suffix.lower()
    if data[:1] == b"\x80" or suffix == ".pkl":
        from hostmode.rig.flame import flame_head
        from hostmode.rig.flame_pickle import read_flame_pickle

        return flame_head(read_flame_pickle(data, name), name)
    if suffix == ".gltf":
        raise HeadError(f"{name}: a .gltf leaves its data in other files; export it as one .glb")
    raise HeadError(f"{name}: no head that can be read; it must be {_READ}")
