"""A head: what it looks like, and how it moves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hostmode import _core
from hostmode._core import KEYFRAME_FLOATS
from hostmode.errors import HeadError
from hostmode.rig.head_file import read_head

if TYPE_CHECKING:
    import os

    import numpy as np
    import numpy.typing as npt

    from hostmode.rig.head_data import Driver, HeadData

#: The head that comes with hostmode.
BUILT_IN_HEAD: Final = Path(__file__).parents[1] / "data" / "head.npz"

# Of a keyframe: neck, jaw, left and right eye, three numbers each; expression.
_JOINTS: Final = slice(6, 18)
_EXPRESSION: Final = slice(20, KEYFRAME_FLOATS)


class Rig:
    """A head from a file, ready to be deformed.

    Attributes
    ----------
    driven_by : "arkit" or "pose"
        Whether its targets are ARKit's expressions, which `hostmode.rig.Face` works out, or the components of
        FLAME, which are the pose itself.
    target_names : tuple of str
        What each weight is for; ARKit's names for those that a driver moves.
    joint_names : tuple of str
        ``neck``, ``head``, ``leftEye`` and ``rightEye``, as far as there are such joints; of FLAME ``root``,
        ``neck``, ``jaw``, ``leftEye`` and ``rightEye``.
    triangles : ndarray of uint32, shape (triangles, 3)
        Counter-clockwise from outside.
    uv : ndarray of float32, shape (vertices, 2)
        Place in the atlas, 0 to 1, from its lower left corner.
    colour : ndarray of float32, shape (vertices, 3)
        sRGB, 0 to 1, where the atlas does not cover the skin.
    shade : ndarray of float32, shape (vertices, 4)
        How much of the atlas is seen, ambient light, light of the main lamp, gloss of the lips; 0 to 1.
    material : ndarray of uint8, shape (vertices,)
        Indices into `hostmode.rig.head_data.MATERIALS`.
    atlas : ndarray of uint8, shape (height, width, 3)
        The picture that is wrapped around the head, its upper row first.
    ball_centres : ndarray of float32, shape (balls, 3)
        Of the eyes.
    hair_centre : ndarray of float32, shape (3,)
        Where the strands of the hair run to.
    rest : ndarray of float32, shape (vertices, 3)
        Centimetres; y up, z to the front, the eyes at height 0.
    """

    def __init__(self, head: HeadData, name: str = "head") -> None:
        self.driven_by: Driver = head.driven_by
        self.rest = head.vertices
        self.triangles = head.triangles
        self.uv = head.uv
        self.colour = head.colour
        self.shade = head.shade
        self.material = head.material
        self.atlas = head.atlas
        self.target_names = head.target_names
        self.joint_names = head.joint_names
        self.hair_centre = head.hair_centre
        self.ball_centres = head.ball_centres if head.eye_centres is None else head.eye_centres
        try:
            self._core = _core.Rig(
                head.vertices, head.triangles, head.target_counts, head.target_vertices, head.target_deltas,
                head.joint_parents, head.joint_pivots, head.skin_joints, head.skin_weights, head.ball_centres,
                head.ball_radii, head.lid_counts, head.lid_vertices, head.corrective_joints, head.pivot_deltas,
                head.twin_vertices, head.twin_of,
            )  # fmt: skip
        except HeadError as error:
            raise HeadError(f"{name}: {error}") from error

    @classmethod
    def load(cls, path: str | os.PathLike[str] = BUILT_IN_HEAD) -> Rig:
        """Read a head file, the built-in one unless told otherwise.

        Parameters
        ----------
        path : path
            A ``.glb`` with ARKit's expressions as morph targets; FLAME's ``.pkl``, or the same arrays in an
            ``.npz``; or an ``.npz`` of hostmode. Nothing in it is executed.

        Raises
        ------
        HeadError
            The file is no head, there is something wrong in it, or it needs what is not supported.
        MissingExtraError
            Its pictures need PyAV, which is not installed.
        OSError
            The file cannot be read.
        """
        return cls(read_head(path), str(path))

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

    def decode(
        self, pose: npt.NDArray[np.float32], weights: npt.NDArray[np.float32], joints: npt.NDArray[np.float32]
    ) -> None:
        """Write what a pose, float32 (120,), says of a head that is driven by poses: nothing is guessed or added.

        The root's rotation and the translation are those of a camera and are left out, and FLAME has no lids.

        Raises
        ------
        ValueError
            The head is driven by ARKit's expressions.
        """
        if self.driven_by != "pose":
            raise ValueError("this head is driven by ARKit's expressions; hostmode.rig.Face works them out of a pose")
        weights[:] = pose[_EXPRESSION][: len(weights)]
        joints[0] = 0.0
        joints[1:] = pose[_JOINTS].reshape(-1, 3)
