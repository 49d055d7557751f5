"""hostmode's own head files: arrays, quantised, in an .npz."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.errors import HeadError
from hostmode.rig.head_data import MATERIALS, HeadData

if TYPE_CHECKING:
    import numpy.typing as npt

#: What the first array of a head file must say.
FORMAT: Final = "hostmode-head-1"

_KINDS: Final = {"i": "integers", "u": "integers", "f": "numbers", "S": "text"}


def own_head(arrays: dict[str, npt.NDArray[Any]], name: str) -> HeadData:
    """Return the head that the arrays of a file describe.

    Raises
    ------
    HeadError
        An array is missing, or of another kind or shape.
    """
    read = _Reader(arrays, name)
    if read.text("format") != (FORMAT,):
        raise HeadError(f"{name}: no head of hostmode: its `format` is not {FORMAT!r}")
    vertices = read.numbers("vertices", np.float32, (-1, 3)) * read.scale("vertex_scale")
    count = len(vertices)
    if not count:
        raise HeadError(f"{name}: there are no vertices")
    material = read.numbers("material", np.uint8, (count,))
    if material.max(initial=0) >= len(MATERIALS):
        raise HeadError(f"{name}: material {material.max()} does not exist; there are {len(MATERIALS)}")
    target_names, joint_names = read.text("target_names"), read.text("joint_names")
    joints = len(joint_names)
    counts = read.numbers("target_count", np.uint32, (len(target_names),))
    steps = read.numbers("target_vertex_step", np.uint32, (-1,))
    if counts.sum(dtype=np.uint64) != len(steps):
        raise HeadError(f"{name}: target_count does not add up to the length of target_vertex_step")
    scales = read.numbers("target_scale", np.float32, (len(counts),))
    deltas = read.numbers("target_delta", np.float32, (-1, 3))
    if len(deltas) != len(steps):
        raise HeadError(f"{name}: target_delta has {len(deltas)} rows, target_vertex_step {len(steps)}")
    return HeadData(
        vertices=vertices,
        triangles=read.numbers("triangles", np.uint32, (-1, 3)),
        uv=read.fractions("uv", (count, 2), 65535),
        colour=read.fractions("colour", (count, 3), 255),
        shade=read.fractions("shade", (count, 4), 255),
        material=material,
        # Rows are stored as differences, which pack better.
        atlas=np.cumsum(read.numbers("atlas_rows", np.uint8, (-1, -1, 3)), axis=0, dtype=np.uint8),
        target_names=target_names,
        target_counts=counts,
        target_vertices=_undo_steps(steps, counts),
        target_deltas=deltas * np.repeat(scales, counts)[:, None],
        joint_names=joint_names,
        joint_parents=read.numbers("joint_parent", np.int32, (joints,)),
        joint_pivots=read.numbers("joint_pivot", np.float32, (joints, 3)),
        skin_joints=read.numbers("skin_joint", np.uint32, (count, -1)),
        skin_weights=read.fractions("skin_weight", (count, -1), 255),
        ball_centres=read.numbers("ball_centre", np.float32, (-1, 3)),
        ball_radii=read.numbers("ball_radius", np.float32, (-1,)),
        lid_counts=read.numbers("lid_count", np.uint32, (-1,)),
        lid_vertices=read.numbers("lid_vertex", np.uint32, (-1,)),
        hair_centre=read.numbers("hair_centre", np.float32, (3,)),
    )


class _Reader:
    """Arrays of a head file, checked for kind and shape."""

    def __init__(self, arrays: dict[str, npt.NDArray[Any]], name: str) -> None:
        self._arrays = arrays
        self._name = name

    def numbers(self, key: str, dtype: type[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
        array = self._get(key)
        kinds = "iuf" if np.dtype(dtype).kind == "f" else "iu"
        fits = array.ndim == len(shape) and all(w in (-1, g) for w, g in zip(shape, array.shape, strict=True))
        if array.dtype.kind not in kinds or not fits:
            wanted = tuple("any" if length == -1 else length for length in shape)
            raise HeadError(
                f"{self._name}: {key} is {array.dtype} of shape {array.shape}; "
                f"it must be {_KINDS[kinds[-1]]} of shape {wanted}"
            )
        with np.errstate(over="ignore"):  # what is infinite then is refused as such
            converted = np.ascontiguousarray(array, dtype)
        if np.dtype(dtype).kind in "iu" and array.size and not np.array_equal(converted, array):
            raise HeadError(f"{self._name}: {key} has values that do not fit into {np.dtype(dtype)}")
        return converted

    def fractions(self, key: str, shape: tuple[int, ...], whole: int) -> npt.NDArray[np.float32]:
        return (self.numbers(key, np.float32, shape) / whole).astype(np.float32)

    def scale(self, key: str) -> np.float32:
        value = self.numbers(key, np.float32, ())
        return np.float32(value)

    def text(self, key: str) -> tuple[str, ...]:
        array = np.atleast_1d(self._get(key))
        if array.dtype.kind != "S" or array.ndim != 1:
            raise HeadError(f"{self._name}: {key} is {array.dtype} of shape {array.shape}; it must be text (n,)")
        return tuple(bytes(item).decode("ascii", "replace") for item in array)

    def _get(self, key: str) -> npt.NDArray[Any]:
        if key not in self._arrays:
            raise HeadError(f"{self._name}: the array {key} is missing")
        return self._arrays[key]


def _undo_steps(steps: npt.NDArray[np.uint32], counts: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Return the vertices of all targets; of each, the first is stored itself, then the way to the next."""
    sums = np.cumsum(steps, dtype=np.uint64)
    starts = np.cumsum(counts, dtype=np.uint64) - counts
    before = np.where(starts > 0, sums[np.maximum(starts, 1) - 1], 0) if len(sums) else starts
    vertices: npt.NDArray[np.uint32] = np.minimum(sums - np.repeat(before, counts), np.iinfo(np.uint32).max).astype(
        np.uint32
    )
    return vertices
