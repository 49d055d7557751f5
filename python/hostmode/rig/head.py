"""A head: what it looks like, and how it moves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode import _core
from hostmode.errors import HeadError
from hostmode.rig.npz import read_npz

if TYPE_CHECKING:
    import os

    import numpy.typing as npt

#: The head that comes with hostmode.
BUILT_IN_HEAD: Final = Path(__file__).parents[1] / "data" / "head.npz"

#: What the first array of a head file must say.
FORMAT: Final = "hostmode-head-1"

#: Names of the materials that the numbers in `Rig.materials` stand for.
MATERIALS: Final = ("skin", "mouth", "teeth", "tongue", "eye", "lash", "hair", "cloth")

_OTHER_FORMATS: Final = (".glb", ".gltf", ".pkl", ".vrm", ".fbx", ".obj")

_KINDS: Final = {"i": "integers", "u": "integers", "f": "numbers", "S": "text"}


class Rig:
    """A head from a file, ready to be deformed.

    Attributes
    ----------
    target_names : tuple of str
        What each weight is for; ARKit's names for those that a driver moves.
    joint_names : tuple of str
        ``neck``, ``head``, ``leftEye`` and ``rightEye``, as far as there are such joints.
    triangles : ndarray of uint32, shape (triangles, 3)
        Counter-clockwise from outside.
    uv : ndarray of float32, shape (vertices, 2)
        Place in the atlas, 0 to 1, from its lower left corner.
    colour : ndarray of float32, shape (vertices, 3)
        sRGB, 0 to 1, where the atlas does not cover the skin.
    shade : ndarray of float32, shape (vertices, 4)
        How much of the atlas is seen, ambient light, light of the main lamp, gloss of the lips; 0 to 1.
    material : ndarray of uint8, shape (vertices,)
        Indices into `MATERIALS`.
    atlas : ndarray of uint8, shape (height, width, 3)
        The picture that is wrapped around the head, its upper row first.
    ball_centres : ndarray of float32, shape (balls, 3)
    hair_centre : ndarray of float32, shape (3,)
        Where the strands of the hair run to.
    rest : ndarray of float32, shape (vertices, 3)
        Centimetres; y up, z to the front, the eyes at height 0.
    """

    def __init__(self, arrays: dict[str, npt.NDArray[Any]], name: str = "head") -> None:
        read = _Reader(arrays, name)
        if read.text("format") != (FORMAT,):
            raise HeadError(f"{name}: no head of hostmode: its `format` is not {FORMAT!r}")
        vertices = read.numbers("vertices", np.float32, (-1, 3)) * read.scale("vertex_scale")
        count = len(vertices)
        self.rest: npt.NDArray[np.float32] = vertices
        self.triangles = read.numbers("triangles", np.uint32, (-1, 3))
        self.uv = read.fractions("uv", (count, 2), 65535)
        self.colour = read.fractions("colour", (count, 3), 255)
        self.shade = read.fractions("shade", (count, 4), 255)
        self.material = read.numbers("material", np.uint8, (count,))
        if self.material.max(initial=0) >= len(MATERIALS):
            raise HeadError(f"{name}: material {self.material.max()} does not exist; there are {len(MATERIALS)}")
        # Rows are stored as differences, which pack better.
        self.atlas: npt.NDArray[np.uint8] = np.cumsum(
            read.numbers("atlas_rows", np.uint8, (-1, -1, 3)), axis=0, dtype=np.uint8
        )
        self.target_names = read.text("target_names")
        self.joint_names = read.text("joint_names")
        counts = read.numbers("target_count", np.uint32, (len(self.target_names),))
        if counts.sum(dtype=np.uint64) != len(read.numbers("target_vertex_step", np.uint32, (-1,))):
            raise HeadError(f"{name}: target_count does not add up to the length of target_vertex_step")
        joints = len(self.joint_names)
        self._core = _name_faults(
            name,
            vertices,
            self.triangles,
            counts,
            _undo_steps(read.numbers("target_vertex_step", np.uint32, (-1,)), counts),
            read.numbers("target_delta", np.float32, (-1, 3))
            * np.repeat(read.numbers("target_scale", np.float32, (len(counts),)), counts)[:, None],
            read.numbers("joint_parent", np.int32, (joints,)),
            read.numbers("joint_pivot", np.float32, (joints, 3)),
            read.numbers("skin_joint", np.uint32, (count, -1)),
            read.fractions("skin_weight", (count, -1), 255),
            read.numbers("ball_centre", np.float32, (-1, 3)),
            read.numbers("ball_radius", np.float32, (-1,)),
            read.numbers("lid_count", np.uint32, (-1,)),
            read.numbers("lid_vertex", np.uint32, (-1,)),
        )
        self.hair_centre = read.numbers("hair_centre", np.float32, (3,))
        self.ball_centres = read.numbers("ball_centre", np.float32, (-1, 3))

    @classmethod
    def load(cls, path: str | os.PathLike[str] = BUILT_IN_HEAD) -> Rig:
        """Read a head file, the built-in one unless told otherwise.

        Raises
        ------
        HeadError
            The file is no head, or there is something wrong in it.
        OSError
            The file cannot be read.
        """
        if Path(path).suffix.lower() in _OTHER_FORMATS:
            raise HeadError(f"{path}: heads are read from .npz files of hostmode; glTF and FLAME are not supported")
        return cls(read_npz(path), str(path))

    @property
    def vertex_count(self) -> int:
        """How many rows `deform` writes."""
        return len(self.rest)

    def deform(
        self, weights: npt.NDArray[np.float32], joints: npt.NDArray[np.float32], out: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        """Write the positions and normals of the head into `out`, and return it.

        Parameters
        ----------
        weights : ndarray of float32, shape (targets,)
            In the order of `target_names`; 0 is at rest, 1 the whole target.
        joints : ndarray of float32, shape (joints, 3)
            A rotation vector each (axis times angle in radians), in the frame of its parent.
        out : ndarray of float32, shape (vertices, 6)
            Takes x, y, z (centimetres) and the unit normal of each vertex.

        Raises
        ------
        TypeError, ValueError
            An array is of another type or shape, or a weight or joint is not finite.
        """
        self._core.deform(weights, joints, out)
        return out


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


def _name_faults(name: str, *arrays: npt.NDArray[Any]) -> _core.Rig:
    try:
        return _core.Rig(*arrays)
    except HeadError as error:
        raise HeadError(f"{name}: {error}") from error
