"""A head as meshes with morph targets and bones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hostmode.errors import HeadError
from hostmode.rig import BUILT_IN_HEAD, Rig
from hostmode.rig.head_file import read_head

if TYPE_CHECKING:
    import os

    import numpy.typing as npt

_METRES_A_CENTIMETRE = 0.01


@dataclass(frozen=True, eq=False)
class HeadMesh:
    """What engines need of a head. Lengths in metres, y up, z to the front.

    Attributes
    ----------
    rig : Rig
        Where colours, materials and the atlas are.
    points, normals : ndarray of float32, shape (vertices, 3)
    targets : ndarray of float32, shape (targets, vertices, 3)
        What a whole weight moves, in the order of ``rig.target_names``.
    joint_names : tuple of str
        ``root``, which stands still, then those of the rig.
    parents : tuple of int
        Of each joint; -1 for the root.
    pivots : ndarray of float32, shape (joints, 3)
    skin_joints : ndarray of uint8, shape (vertices, 4)
    skin_weights : ndarray of float32, shape (vertices, 4)
        Of a vertex, they add up to 1.
    """

    rig: Rig
    points: npt.NDArray[np.float32]
    normals: npt.NDArray[np.float32]
    targets: npt.NDArray[np.float32]
    joint_names: tuple[str, ...]
    parents: tuple[int, ...]
    pivots: npt.NDArray[np.float32]
    skin_joints: npt.NDArray[np.uint8]
    skin_weights: npt.NDArray[np.float32]

    def local_pivots(self) -> npt.NDArray[np.float32]:
        """Return where each joint is, seen from its parent."""
        return np.stack(
            [pivot - (self.pivots[up] if up >= 0 else 0) for pivot, up in zip(self.pivots, self.parents, strict=True)]
        ).astype(np.float32)


def load_head_mesh(path: str | os.PathLike[str] = BUILT_IN_HEAD) -> HeadMesh:
    """Read a head file whose targets are ARKit's expressions.

    Raises
    ------
    HeadError
        The file is no head, or one of FLAME, which has other targets.
    OSError
        It cannot be read.
    """
    data = read_head(path)
    if data.driven_by != "arkit":
        raise HeadError(f"{path}: this head has no expressions of ARKit to be exported; use one that has")
    rig = Rig(data, str(path))
    still = np.zeros((len(rig.joint_names), 3), np.float32)
    rest = _deformed(rig, np.zeros(len(rig.target_names), np.float32), still)
    targets = np.empty((len(rig.target_names), rig.vertex_count, 3), np.float32)
    for index, weights in enumerate(np.eye(len(rig.target_names), dtype=np.float32)):
        targets[index] = _deformed(rig, weights, still)[:, :3] - rest[:, :3]
    # What rounding left is no movement.
    targets[np.abs(targets) < 1e-5] = 0
    joints, weights = _four(data.skin_joints, data.skin_weights)
    return HeadMesh(
        rig,
        rest[:, :3] * np.float32(_METRES_A_CENTIMETRE),
        rest[:, 3:],
        targets * np.float32(_METRES_A_CENTIMETRE),
        ("root", *rig.joint_names),
        (-1, *(int(parent) + 1 for parent in data.joint_parents)),
        np.pad(data.joint_pivots.astype(np.float32) * np.float32(_METRES_A_CENTIMETRE), ((1, 0), (0, 0))),
        joints,
        weights,
    )


def _deformed(rig: Rig, weights: npt.NDArray[np.float32], joints: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return rig.deform(weights, joints, np.empty((rig.vertex_count, 6), np.float32))


def _four(
    joints: npt.NDArray[Any], weights: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Return four influences a vertex, as engines want them; what no joint takes, the root does."""
    strongest = np.argsort(-weights, axis=1, kind="stable")[:, :3]
    taken = np.take_along_axis(weights, strongest, axis=1).astype(np.float32)
    indices = np.take_along_axis(joints, strongest, axis=1).astype(np.uint8) + np.uint8(1)
    indices[taken == 0] = 0
    spread = np.column_stack((1 - taken.sum(axis=1), taken)).clip(0, 1).astype(np.float32)
    spread /= spread.sum(axis=1, keepdims=True)
    empty = ((0, 0), (0, 3 - taken.shape[1]))
    return np.pad(np.column_stack((np.zeros(len(indices), np.uint8), indices)), empty), np.pad(spread, empty)
