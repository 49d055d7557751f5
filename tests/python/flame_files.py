"""A head of FLAME's shape, and FLAME written down a second time in NumPy."""

from __future__ import annotations

import pickle
import struct
import sys
import types
from typing import TYPE_CHECKING, Any

import numpy as np
from head_files import rotation
from scipy.sparse import csc_matrix

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Arrays = dict[str, npt.NDArray[Any]]


def flame_arrays(rng: np.random.Generator, vertices: int = 60, triangles: int = 100) -> Arrays:
    """Return random arrays with FLAME's names and shapes; metres."""
    template = rng.normal(0, 0.05, (vertices, 3))
    regressor = rng.uniform(0, 1, (5, vertices)) * (rng.uniform(0, 1, (5, vertices)) < 0.2)
    regressor[:, 0] += 0.01
    weights = rng.uniform(0, 1, (vertices, 5)) ** 4
    return {
        "v_template": template,
        "f": np.array([rng.choice(vertices, 3, replace=False) for _ in range(triangles)], np.uint32),
        "shapedirs": rng.normal(0, 0.002, (vertices, 3, 400)),
        "posedirs": rng.normal(0, 0.002, (vertices, 3, 36)),
        "J_regressor": regressor / regressor.sum(axis=1, keepdims=True),
        "weights": weights / weights.sum(axis=1, keepdims=True),
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.uint32),
    }


def numpy_flame(arrays: Arrays, pose: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return FLAME's vertices, metres, for neck, jaw, eyes and expression of a pose, by matrices of 4 x 4."""
    shaped = arrays["v_template"] + arrays["shapedirs"][:, :, 300:400] @ pose[20:120].astype(np.float64)
    joints = arrays["J_regressor"] @ shaped
    turns = [np.eye(3)] + [rotation(pose[k : k + 3].astype(np.float64)) for k in (6, 9, 12, 15)]
    features = np.concatenate([(turn - np.eye(3)).ravel() for turn in turns[1:]])
    posed = shaped + arrays["posedirs"] @ features
    chain: list[npt.NDArray[np.float64]] = []
    for index, parent in enumerate(arrays["kintree_table"][0].astype(np.int64)):
        parent = -1 if parent == 2**32 - 1 else parent
        local = np.eye(4)
        local[:3, :3] = turns[index]
        local[:3, 3] = joints[index] - (joints[parent] if parent >= 0 else 0)
        chain.append(chain[parent] @ local if parent >= 0 else local)
    out = np.zeros_like(posed)
    for index, matrix in enumerate(chain):
        moved = (posed - joints[index]) @ matrix[:3, :3].T + matrix[:3, 3]
        out += arrays["weights"][:, index : index + 1] * moved
    return out


class _OldPickler(pickle._Pickler):
    """Writes bytes as Python 2 did, in which FLAME was published."""

    def save_bytes(self, data: bytes) -> None:
        self.write(b"T" + struct.pack("<i", len(data)) + data)
        self.memoize(data)

    dispatch = {**pickle._Pickler.dispatch, bytes: save_bytes}  # noqa: RUF012  # as the base has it


def write_flame(path: Path, arrays: Arrays, kind: str) -> None:
    """Write the arrays as FLAME's file is: "npz", "pickle", "old pickle", or "chumpy"."""
    if kind == "npz":
        np.savez(path, **arrays)
        return
    content: dict[str, Any] = {
        **arrays,
        "J_regressor": csc_matrix(arrays["J_regressor"]),
        "bs_style": "lbs",
        "J": [1, None, True, 2.5],
    }
    if kind == "chumpy":
        module = types.ModuleType("chumpy.ch")

        class Ch:
            def __init__(self, x: Any) -> None:
                self.x = x

        Ch.__module__, Ch.__qualname__, module.Ch = "chumpy.ch", "Ch", Ch  # type: ignore[attr-defined]
        sys.modules.update({"chumpy": types.ModuleType("chumpy"), "chumpy.ch": module})
        content.update({key: Ch(arrays[key]) for key in ("v_template", "shapedirs", "posedirs", "weights")})
    with path.open("wb") as file:
        if kind == "old pickle":
            _OldPickler(file, protocol=2).dump(content)
        else:
            pickle.dump(content, file)
    for name in ("chumpy", "chumpy.ch"):
        sys.modules.pop(name, None)
