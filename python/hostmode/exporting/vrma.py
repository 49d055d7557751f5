"""VRM animation: the face of any VRM model, as glTF with the extension VRMC_vrm_animation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode._core import ARKIT_NAMES
from hostmode.engines import VRM_PRESETS, quaternion, vrm_weights
from hostmode.exporting.clip import with_closing_key
from hostmode.exporting.gltf_file import GltfFile
from hostmode.rig.face import JOINT_NAMES

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from hostmode.exporting.clip import Clip

# The bones that every VRM model has, and the neck, in VRM's T-pose: parent, and place seen from it in metres.
_BONES: Final[dict[str, tuple[str | None, tuple[float, float, float]]]] = {
    "hips": (None, (0.0, 0.95, 0.0)),
    "spine": ("hips", (0.0, 0.10, 0.0)),
    "neck": ("spine", (0.0, 0.38, 0.0)),
    "head": ("neck", (0.0, 0.10, 0.0)),
    **{
        f"{side}{bone}": (parent if parent in ("hips", "spine") else f"{side}{parent}", (sign * x, y, 0.0))
        for side, sign in (("left", 1), ("right", -1))
        for bone, parent, x, y in (
            ("UpperLeg", "hips", 0.09, -0.05),
            ("LowerLeg", "UpperLeg", 0.0, -0.42),
            ("Foot", "LowerLeg", 0.0, -0.42),
            ("UpperArm", "spine", 0.17, 0.32),
            ("LowerArm", "UpperArm", 0.26, 0.0),
            ("Hand", "LowerArm", 0.25, 0.0),
        )
    },
}
# Where gaze starts from, seen from the head bone.
_EYES: Final = (0.0, 0.06, 0.0)


def write_vrma(clip: Clip, path: Path, shapes: str = "vrm") -> None:
    """Write neck, head, gaze and expressions of `clip`.

    Parameters
    ----------
    clip : Clip
    path : Path
    shapes : str
        ``"vrm"``: the presets that every model has; ``"arkit"``: the 52 custom expressions of "perfect sync".
    """
    file = GltfFile()
    file.document["extensionsUsed"] = ["VRMC_vrm_animation"]
    bones = _add_skeleton(file)
    gaze = file.add("nodes", {"name": "lookAt"})
    file.document["nodes"][bones["head"]].setdefault("children", []).append(gaze)
    presets = shapes == "vrm"
    names = list(VRM_PRESETS) if presets else [name[0].upper() + name[1:] for name in ARKIT_NAMES]
    expressions = {name: file.add("nodes", {"name": name}) for name in names}
    file.document["scenes"] = [{"nodes": [bones["hips"], *expressions.values()]}]
    file.document["scene"] = 0

    times = file.numbers(clip.key_times().astype(np.float32), bounds=True)
    animation: dict[str, Any] = {"name": clip.name, "channels": [], "samplers": []}
    turns = with_closing_key(quaternion(clip.joints))
    for name in ("neck", "head"):
        file.animate(animation, bones[name], "rotation", times, turns[:, JOINT_NAMES.index(name)])
    eyes = [JOINT_NAMES.index("leftEye"), JOINT_NAMES.index("rightEye")]
    file.animate(animation, gaze, "rotation", times, with_closing_key(quaternion(clip.joints[:, eyes].mean(axis=1))))
    weights = with_closing_key(vrm_weights(clip.weights) if presets else clip.weights)
    for node, values in zip(expressions.values(), weights.T, strict=True):
        file.animate(animation, node, "translation", times, _along_x(values))
    file.add("animations", animation)
    file.document["extensions"] = {
        "VRMC_vrm_animation": {
            "specVersion": "1.0",
            "humanoid": {"humanBones": {name: {"node": node} for name, node in bones.items()}},
            "expressions": {
                "preset" if presets else "custom": {name: {"node": node} for name, node in expressions.items()}
            },
            "lookAt": {"node": gaze, "offsetFromHeadBone": list(_EYES)},
        }
    }
    file.write(path)


def _add_skeleton(file: GltfFile) -> dict[str, int]:
    nodes: dict[str, int] = {}
    for name, (parent, place) in _BONES.items():
        nodes[name] = file.add("nodes", {"name": name, "translation": list(place)})
        if parent is not None:
            file.document["nodes"][nodes[parent]].setdefault("children", []).append(nodes[name])
    return nodes


def _along_x(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return weights as translations: an expression's weight is where its node is on the x axis."""
    return np.pad(values[:, None], ((0, 0), (0, 2)))
