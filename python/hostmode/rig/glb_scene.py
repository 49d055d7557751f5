"""The nodes of a .glb: where they are, what hangs on what, and which of them a driver turns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.errors import HeadError
from hostmode.rig.glb_file import entry, natural

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from hostmode.rig.glb_file import GlbFile

    Matrix = npt.NDArray[np.float64]

#: Joints that a driver turns, and how exporters spell their names, without signs.
_SPELLINGS: Final = {
    "neck": r"neck(0?1)?$",
    "head": r"head$",
    "leftEye": r"(lefteye|eyeleft|eyel|leye|eyeballleft|lefteyeball|faceeyel)$",
    "rightEye": r"(righteye|eyeright|eyer|reye|eyeballright|righteyeball|faceeyer)$",
}


class Scene:
    """What stands in the file's scene at rest.

    Attributes
    ----------
    world : dict
        The matrix of each node that is there, from its own space to the scene's.
    driven : dict
        The node of each joint that a driver turns, by its name in `hostmode.rig.face.JOINT_NAMES`.
    """

    def __init__(self, file: GlbFile) -> None:
        self._file = file
        self._nodes = file.entries("nodes")
        self.world: dict[int, Matrix] = {}
        self._parents: dict[int, int] = {}
        self._walk(self._roots())
        self.driven = self._find_driven()

    def _roots(self) -> list[int]:
        if scenes := self._file.entries("scenes"):
            return [natural(node) for node in entry(scenes, self._file.json.get("scene", 0)).get("nodes", [])]
        children = {child for node in self._nodes for child in node.get("children", [])}
        return [index for index in range(len(self._nodes)) if index not in children]

    def _walk(self, roots: list[int]) -> None:
        waiting = [(root, -1) for root in reversed(roots)]
        while waiting:
            index, parent = waiting.pop()
            node = entry(self._nodes, index)
            if index in self.world:
                raise HeadError(f"{self._file.name}: node {index} hangs on two others, or on itself")
            if parent >= 0:
                self._parents[index] = parent
            self.world[index] = (self.world[parent] if parent >= 0 else np.eye(4)) @ _local(node)
            waiting += [(natural(child), index) for child in reversed(node.get("children", []))]

    def _find_driven(self) -> dict[str, int]:
        skins = self._file.entries("skins")
        joints = {natural(joint) for skin in skins for joint in skin.get("joints", [])}
        found: dict[str, int] = {}
        for index in self.world:  # parents before their children
            if skins and index not in joints:
                continue
            plain = re.sub(r"[^a-z0-9]", "", str(self._nodes[index].get("name", "")).lower())
            for name, spelling in _SPELLINGS.items():
                if name not in found and re.search(spelling, plain):
                    found[name] = index
        return found

    def joint_of(self, index: int) -> str | None:
        """Return which driven joint a node hangs on, the nearest above it."""
        names = {node: name for name, node in self.driven.items()}
        at: int | None = index
        while at is not None:
            if at in names:
                return names[at]
            at = self._parents.get(at)
        return None

    def meshes(self) -> Iterator[tuple[int, dict[str, Any], dict[str, Any] | None]]:
        """Yield the node, mesh and skin of everything that is seen."""
        for index in self.world:
            node = self._nodes[index]
            if "mesh" in node:
                skin = entry(self._file.entries("skins"), node["skin"]) if "skin" in node else None
                yield index, entry(self._file.entries("meshes"), node["mesh"]), skin

    def label(self, index: int) -> str:
        """Return the name of a node."""
        return str(self._nodes[index].get("name", ""))


def _local(node: dict[str, Any]) -> Matrix:
    if "matrix" in node:
        matrix = np.array(node["matrix"], np.float64).reshape(4, 4).T
    else:
        x, y, z, w = np.array(node.get("rotation", (0, 0, 0, 1)), np.float64)
        matrix = np.eye(4)
        matrix[:3, :3] = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
        ) * np.array(node.get("scale", (1, 1, 1)), np.float64).reshape(3)
        matrix[:3, 3] = np.array(node.get("translation", (0, 0, 0)), np.float64).reshape(3)
    if not np.isfinite(matrix).all():
        raise ValueError("the place of a node is not finite")
    return matrix
