"""FLAME, from the arrays of the user's own file: the decoder that its poses were made for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.errors import HeadError
from hostmode.rig.head_data import MATERIALS, HeadData, sparse_targets

if TYPE_CHECKING:
    import numpy.typing as npt

_JOINT_NAMES: Final = ("root", "neck", "jaw", "leftEye", "rightEye")
_EYES: Final = (3, 4)
#: Components of the shape, which come first, and of the expression after them.
_SHAPES, _EXPRESSIONS = 300, 100

_CM_A_METRE: Final = 100.0
# Where the eyes are put, as far in front of the axis of the neck as those of the built-in head.
_EYE_Z_CM: Final = 9.5
_SKIN: Final = (0.80, 0.60, 0.50)
_MOST_VERTICES: Final = 200_000
_LARGEST: Final = 1e6


def flame_head(arrays: dict[str, npt.NDArray[Any]], name: str) -> HeadData:
    """Return the head of FLAME's arrays: v_template, f, shapedirs, posedirs, J_regressor, weights, kintree_table.

    Raises
    ------
    HeadError
        One is missing or of another shape.
    """
    template = _numbers(arrays, "v_template", (-1, 3), name)
    count = len(template)
    if count > _MOST_VERTICES:
        raise HeadError(f"{name}: {count} vertices; at most {_MOST_VERTICES} are allowed")
    joints = len(_JOINT_NAMES)
    shapes = _numbers(arrays, "shapedirs", (count, 3, -1), name)
    expressions = shapes[:, :, _SHAPES : _SHAPES + _EXPRESSIONS]
    if not expressions.shape[2]:
        raise HeadError(
            f"{name}: shapedirs has {shapes.shape[2]} components; it needs {_SHAPES} of the shape and up to "
            f"{_EXPRESSIONS} of the expression after them"
        )
    correctives = _numbers(arrays, "posedirs", (count, 3, 9 * (joints - 1)), name)
    regressor = _numbers(arrays, "J_regressor", (joints, count), name)
    weights = _numbers(arrays, "weights", (count, joints), name)
    triangles = _integers(arrays, "f", (-1, 3), name)
    parents = _parents(_integers(arrays, "kintree_table", (2, joints), name))
    if triangles.size and not (triangles.min() >= 0 and triangles.max() < count):
        raise HeadError(f"{name}: f names a vertex that does not exist")
    pivots = regressor @ template
    origin = pivots[list(_EYES)].mean(axis=0) - [0, 0, _EYE_Z_CM / _CM_A_METRE]
    targets = [expressions[:, :, k] * _CM_A_METRE for k in range(expressions.shape[2])]
    counts, vertices, deltas = sparse_targets(
        targets + [correctives[:, :, k] * _CM_A_METRE for k in range(correctives.shape[2])]
    )
    is_eye = weights[:, _EYES].sum(axis=1) > 0.5
    return HeadData(
        vertices=_floats((template - origin) * _CM_A_METRE),
        triangles=np.ascontiguousarray(triangles, np.uint32),
        uv=np.zeros((count, 2), np.float32),
        colour=_floats(np.tile(_SKIN, (count, 1))),
        shade=_floats(np.tile((0.0, 1.0, 1.0, 0.0), (count, 1))),
        material=np.where(is_eye, MATERIALS.index("eye"), MATERIALS.index("skin")).astype(np.uint8),
        atlas=np.full((1, 1, 3), 255, np.uint8),
        target_names=tuple(f"expression{k}" for k in range(len(targets))),
        target_counts=counts,
        target_vertices=vertices,
        target_deltas=deltas,
        joint_names=_JOINT_NAMES,
        joint_parents=parents,
        joint_pivots=_floats((pivots - origin) * _CM_A_METRE),
        skin_joints=np.tile(np.arange(joints, dtype=np.uint32), (count, 1)),
        skin_weights=_floats(weights),
        corrective_joints=np.arange(1, joints, dtype=np.uint32),
        pivot_deltas=_floats(np.stack([regressor @ target for target in targets]).ravel()),
        eye_centres=_floats((pivots[list(_EYES)] - origin) * _CM_A_METRE),
        driven_by="pose",
    )


def _parents(table: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Return the parents; the first joint's is written as -1 or as what that is without a sign."""
    parents = np.where(table[0] == 2**32 - 1, -1, table[0])
    return np.clip(parents, -2, 1 << 20).astype(np.int32)


def _numbers(
    arrays: dict[str, npt.NDArray[Any]], key: str, shape: tuple[int, ...], name: str
) -> npt.NDArray[np.float64]:
    array = _get(arrays, key, shape, "iuf", name)
    if not np.abs(array).max() <= _LARGEST:
        raise HeadError(f"{name}: {key} has values that are not finite, or beyond {_LARGEST:g}")
    return np.asarray(array, np.float64)


def _integers(
    arrays: dict[str, npt.NDArray[Any]], key: str, shape: tuple[int, ...], name: str
) -> npt.NDArray[np.int64]:
    return np.asarray(_get(arrays, key, shape, "iu", name), np.int64)


def _get(
    arrays: dict[str, npt.NDArray[Any]], key: str, shape: tuple[int, ...], kinds: str, name: str
) -> npt.NDArray[Any]:
    array = arrays.get(key)
    if array is None:
        raise HeadError(f"{name}: FLAME's array {key} is missing")
    fits = array.ndim == len(shape) and all(w in (-1, g) for w, g in zip(shape, array.shape, strict=True))
    if array.dtype.kind not in kinds or not fits or not array.size:
        wanted = tuple("any" if length == -1 else length for length in shape)
        raise HeadError(f"{name}: {key} is {array.dtype} of shape {array.shape}; FLAME's is of shape {wanted}")
    return array


def _floats(values: npt.ArrayLike) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(values, np.float32)
