"""What every kind of head file is read into. Nothing in it is trusted before the core has checked it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Indices = npt.NDArray[np.uint32]

#: Names of the materials that the numbers in `HeadData.material` stand for.
MATERIALS: Final = ("skin", "mouth", "teeth", "tongue", "eye", "lash", "hair", "cloth")

#: What gives the weights and joints of a head their values.
Driver = Literal["arkit", "pose"]


def _no_floats() -> Floats:
    return np.zeros(0, np.float32)


def _no_indices() -> Indices:
    return np.zeros(0, np.uint32)


def _no_places() -> Floats:
    return np.zeros((0, 3), np.float32)


@dataclass(eq=False)
class HeadData:
    """A head; `hostmode.rig.Rig` says what its attributes are, ``cpp/rig/rig_data.h`` the others."""

    vertices: Floats
    triangles: Indices
    uv: Floats
    colour: Floats
    shade: Floats
    material: npt.NDArray[np.uint8]
    atlas: npt.NDArray[np.uint8]
    target_names: tuple[str, ...]
    target_counts: Indices
    target_vertices: Indices
    target_deltas: Floats
    joint_names: tuple[str, ...]
    joint_parents: npt.NDArray[np.int32]
    joint_pivots: Floats
    skin_joints: Indices
    skin_weights: Floats
    ball_centres: Floats = field(default_factory=_no_places)
    ball_radii: Floats = field(default_factory=_no_floats)
    lid_counts: Indices = field(default_factory=_no_indices)
    lid_vertices: Indices = field(default_factory=_no_indices)
    hair_centre: Floats = field(default_factory=lambda: np.zeros(3, np.float32))
    corrective_joints: Indices = field(default_factory=_no_indices)
    pivot_deltas: Floats = field(default_factory=_no_floats)
    twin_vertices: Indices = field(default_factory=_no_indices)
    twin_of: Indices = field(default_factory=_no_indices)
    eye_centres: Floats | None = None  # where the balls are, if none pushes lids out
    driven_by: Driver = "arkit"


def sparse_targets(dense: list[npt.NDArray[np.float64]]) -> tuple[Indices, Indices, Floats]:
    """Return counts, vertices and deltas of targets that are each of shape (vertices, 3)."""
    moved = [np.flatnonzero(target.any(axis=1)) for target in dense]
    counts = np.array([len(vertices) for vertices in moved], np.uint32)
    if not dense:
        return counts, np.zeros(0, np.uint32), np.zeros((0, 3), np.float32)
    deltas = [target[vertices] for target, vertices in zip(dense, moved, strict=True)]
    return counts, np.concatenate(moved).astype(np.uint32), np.concatenate(deltas).astype(np.float32)
