"""Heads for tests: a small sound one, and files with one thing wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hostmode.rig import Rig
from hostmode.rig.own_head import FORMAT, own_head

if TYPE_CHECKING:
    import numpy.typing as npt


def small_head(rng: np.random.Generator, vertices: int = 60, targets: int = 5) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of a random head with four joints, two eyeballs and targets of different sizes."""
    counts = rng.integers(1, vertices // 2, targets)
    chosen = [np.sort(rng.choice(vertices, count, replace=False)) for count in counts]
    lids = [np.sort(rng.choice(vertices, 10, replace=False)) for _ in range(2)]
    first = rng.integers(0, 256, (vertices, 1))
    return {
        "format": np.array(FORMAT.encode()),
        "vertices": rng.integers(-32000, 32000, (vertices, 3)).astype(np.int16),
        "vertex_scale": np.float32(0.0005),
        "triangles": np.array([rng.choice(vertices, 3, replace=False) for _ in range(2 * vertices)], np.uint16),
        "uv": rng.integers(0, 65536, (vertices, 2)).astype(np.uint16),
        "colour": rng.integers(0, 256, (vertices, 3)).astype(np.uint8),
        "shade": rng.integers(0, 256, (vertices, 4)).astype(np.uint8),
        "material": rng.integers(0, 8, vertices).astype(np.uint8),
        "atlas_rows": rng.integers(0, 256, (8, 16, 3)).astype(np.uint8),
        "target_names": np.array([f"target{i}".encode() for i in range(targets)]),
        "target_count": counts.astype(np.uint16),
        "target_scale": rng.uniform(0.0001, 0.001, targets).astype(np.float32),
        "target_vertex_step": np.concatenate([np.diff(ids, prepend=0) for ids in chosen]).astype(np.uint16),
        "target_delta": rng.integers(-2047, 2048, (counts.sum(), 3)).astype(np.int16),
        "joint_names": np.array([b"neck", b"head", b"leftEye", b"rightEye"]),
        "joint_parent": np.array([-1, 0, 1, 1], np.int8),
        "joint_pivot": rng.uniform(-10, 10, (4, 3)).astype(np.float32),
        "skin_joint": rng.integers(0, 4, (vertices, 2)).astype(np.uint8),
        "skin_weight": np.column_stack((first, (255 - first) // 2)).astype(np.uint8),
        "ball_centre": rng.uniform(-5, 5, (2, 3)).astype(np.float32),
        "ball_radius": np.array([6.0, 8.0], np.float32),
        "lid_count": np.array([len(ids) for ids in lids], np.uint16),
        "lid_vertex": np.concatenate(lids).astype(np.uint16),
        "hair_centre": np.zeros(3, np.float32),
    }


def rig_of(arrays: dict[str, npt.NDArray[Any]], name: str = "head") -> Rig:
    """Return the rig of the arrays of one of hostmode's own files."""
    return Rig(own_head(arrays, name), name)


def rotation(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the matrix of a rotation vector."""
    angle = np.linalg.norm(vector)
    if angle == 0:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


class NumpyRig:
    """The same head, written down a second time: what `Rig.deform` must agree with."""

    def __init__(self, head: dict[str, npt.NDArray[Any]]) -> None:
        self.head = head
        self.rest = head["vertices"] * np.float64(head["vertex_scale"])
        ends = np.cumsum(head["target_count"].astype(int))
        self.targets = [
            (
                np.cumsum(head["target_vertex_step"][end - count : end].astype(int)),
                head["target_delta"][end - count : end] * np.float64(scale),
            )
            for count, end, scale in zip(head["target_count"].astype(int), ends, head["target_scale"], strict=True)
        ]
        self.triangles = head["triangles"].astype(int)
        self.skin = head["skin_weight"] / 255.0
        ends = np.cumsum(head["lid_count"].astype(int))
        self.lids = np.split(head["lid_vertex"].astype(int), ends[:-1])

    def deform(self, weights: npt.NDArray[np.float32], joints: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return positions and normals, shape (vertices, 6)."""
        position = self.rest.copy()
        for weight, (vertices, delta) in zip(weights, self.targets, strict=True):
            if weight:
                position[vertices] += weight * delta
        for centre, radius, lid in zip(self.head["ball_centre"], self.head["ball_radius"], self.lids, strict=True):
            away = position[lid] - centre
            distance = np.linalg.norm(away, axis=1, keepdims=True)
            inside = (distance < radius) & (away[:, 2:] > 0)
            position[lid] = np.where(inside, centre + away / distance * radius, position[lid])
        a, b, c = (position[self.triangles[:, corner]] for corner in range(3))
        face = np.cross(b - a, c - a)
        normal = np.zeros_like(position)
        for corner in range(3):
            for axis in range(3):
                normal[:, axis] += np.bincount(self.triangles[:, corner], face[:, axis], len(position))
        return self._skinned(position, normal, joints)

    def _skinned(
        self,
        position: npt.NDArray[np.float64],
        normal: npt.NDArray[np.float64],
        joints: npt.NDArray[np.float32],
    ) -> npt.NDArray[np.float64]:
        turns: list[npt.NDArray[np.float64]] = []
        moves: list[npt.NDArray[np.float64]] = []
        for index, parent in enumerate(self.head["joint_parent"]):
            turn = rotation(joints[index].astype(np.float64))
            pivot = self.head["joint_pivot"][index].astype(np.float64)
            move = pivot - turn @ pivot
            if parent >= 0:
                turn, move = turns[parent] @ turn, turns[parent] @ move + moves[parent]
            turns.append(turn)
            moves.append(move)
        rest = 1 - self.skin.sum(1, keepdims=True)
        moved, turned = rest * position, rest * normal
        for joint, weight in zip(self.head["skin_joint"].T, self.skin.T, strict=True):
            turn, move = np.array(turns)[joint], np.array(moves)[joint]
            moved += weight[:, None] * (np.einsum("nij,nj->ni", turn, position) + move)
            turned += weight[:, None] * np.einsum("nij,nj->ni", turn, normal)
        length = np.linalg.norm(turned, axis=1, keepdims=True)
        return np.hstack((moved, turned / np.maximum(length, 1e-30)))
