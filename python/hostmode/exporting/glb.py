"""A head that speaks, as one .glb file: meshes, morph targets, bones, and one animation of them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode._core import ARKIT_NAMES
from hostmode.engines import quaternion
from hostmode.exporting.clip import with_closing_key
from hostmode.exporting.gltf_file import ARRAY, ELEMENTS, GltfFile
from hostmode.rig.face import JOINT_NAMES
from hostmode.rig.head_data import MATERIALS
from hostmode.view.png import png_bytes

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from hostmode.exporting.clip import Clip
    from hostmode.exporting.head_mesh import HeadMesh

_ROUGHNESS: Final = {"skin": 0.55, "mouth": 0.4, "teeth": 0.3, "tongue": 0.5, "eye": 0.1, "hair": 0.6}
# Of a picture of the eye from its front, by the angle from its axis.
_IRIS_RAD: Final = 0.405
_PUPIL_RAD: Final = 0.154
_EYE_PIXELS: Final = 256
_COVERED: Final = 0.5


def write_glb(clip: Clip, mesh: HeadMesh, path: Path) -> None:
    """Write `mesh` with the expressions and turns of `clip`.

    The morph targets are named in ``mesh.extras.targetNames``; ``animations[0].extras`` says the frame rate and the
    length of the sound. Keys are the frames, and one at the end of the sound.
    """
    file = GltfFile()
    names = [name for name in mesh.rig.target_names if name in ARKIT_NAMES]
    shape = _add_mesh(file, mesh, names)
    nodes = _add_joints(file, mesh)
    skin = file.add(
        "skins",
        {"joints": nodes, "inverseBindMatrices": file.numbers(_inverse_binds(mesh)), "skeleton": nodes[0]},
    )
    body = file.add("nodes", {"name": "Face", "mesh": shape, "skin": skin})
    file.document["scenes"] = [{"nodes": [nodes[0], body]}]
    file.document["scene"] = 0
    times = file.numbers(clip.key_times().astype(np.float32), bounds=True)
    rate = clip.rate
    extras = {"frames": len(clip), "frameRate": [rate.numerator, rate.denominator], "soundSeconds": clip.seconds}
    animation: dict[str, Any] = {"name": clip.name, "channels": [], "samplers": [], "extras": extras}
    weights = with_closing_key(clip.weights[:, [ARKIT_NAMES.index(name) for name in names]])
    file.animate(animation, body, "weights", times, weights.reshape(-1))
    turns = with_closing_key(quaternion(clip.joints))
    for index, name in enumerate(JOINT_NAMES):
        if name in mesh.joint_names:
            file.animate(animation, nodes[mesh.joint_names.index(name)], "rotation", times, turns[:, index])
    file.add("animations", animation)
    file.write(path)


def _add_mesh(file: GltfFile, mesh: HeadMesh, names: list[str]) -> int:
    rig = mesh.rig
    uv = rig.uv.copy()
    eyes = rig.material == MATERIALS.index("eye")
    if len(rig.ball_centres):
        uv[eyes] = _eye_uv(mesh)[eyes]
    uv[:, 1] = 1 - uv[:, 1]
    linear = np.power(rig.colour, 2.2).astype(np.float32)
    pictures = {"atlas": _add_texture(file, rig.atlas), "eye": _add_texture(file, _eye_picture())}
    primitives = []
    for material, textured, triangles in parts_of(mesh):
        # Each with vertices of its own: many readers take all that a part names.
        used, corners = np.unique(triangles, return_inverse=True)
        attributes = {
            "POSITION": file.numbers(mesh.points[used], ARRAY, bounds=True),
            "NORMAL": file.numbers(mesh.normals[used], ARRAY),
            "TEXCOORD_0": file.numbers(uv[used].astype(np.float32), ARRAY),
            "JOINTS_0": file.numbers(mesh.skin_joints[used], ARRAY),
            "WEIGHTS_0": file.numbers(mesh.skin_weights[used], ARRAY),
        }
        if not textured:
            # Where a texture is seen, there is no colour of the vertex to be multiplied with it.
            attributes["COLOR_0"] = file.numbers(linear[used], ARRAY)
        picture = pictures["eye" if material == "eye" and len(rig.ball_centres) else "atlas"] if textured else None
        primitives.append(
            {
                "attributes": attributes,
                "indices": file.numbers(corners.astype(np.uint32).reshape(-1), ELEMENTS),
                "material": _add_material(file, material, picture),
                "targets": [
                    {"POSITION": file.sparse_vectors(mesh.targets[rig.target_names.index(name)][used])}
                    for name in names
                ],
            }
        )
    return file.add(
        "meshes",
        {
            "name": "Face",
            "primitives": primitives,
            "weights": [0.0] * len(names),
            "extras": {"targetNames": names},
        },
    )


def parts_of(mesh: HeadMesh) -> list[tuple[str, bool, npt.NDArray[np.uint32]]]:
    """Return the triangles of each material, those that show a picture apart from those of one colour."""
    rig = mesh.rig
    of = rig.material[rig.triangles[:, 0]]
    covered = rig.shade[rig.triangles, 0].mean(axis=1) > _COVERED
    parts = []
    for index, name in enumerate(MATERIALS):
        for textured in (True, False):
            # The eyes of a head with eyeballs show a picture of their own.
            round_eyes = name == "eye" and len(rig.ball_centres) > 0
            shown = covered if name in ("skin", "cloth") else np.full(len(of), round_eyes)
            chosen = rig.triangles[(of == index) & (shown == textured)]
            if len(chosen):
                parts.append((name, textured, chosen))
    return parts


def _add_material(file: GltfFile, name: str, texture: int | None) -> int:
    surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": _ROUGHNESS.get(name, 0.8)}
    if texture is not None:
        surface["baseColorTexture"] = {"index": texture}
    entry = {"name": name if texture is None else f"{name}_textured", "pbrMetallicRoughness": surface}
    return file.add("materials", entry | ({"doubleSided": True} if name in ("lash", "hair", "cloth") else {}))


def _add_texture(file: GltfFile, picture: npt.NDArray[np.uint8]) -> int:
    data = _png(picture.tobytes(), picture.shape)
    image = file.add("images", {"bufferView": file.view(data), "mimeType": "image/png"})
    return file.add("textures", {"source": image})


@functools.lru_cache(maxsize=4)
def _png(pixels: bytes, shape: tuple[int, ...]) -> bytes:
    # Most of the time of a short clip, and the same for every clip of a batch.
    return png_bytes(np.frombuffer(pixels, np.uint8).reshape(shape))


def _eye_uv(mesh: HeadMesh) -> npt.NDArray[np.float32]:
    """Return the place of each vertex in the picture of an eye: outwards by the angle from its axis."""
    centres = mesh.rig.ball_centres
    towards = mesh.rig.rest[:, None] - centres
    nearest = np.argmin(np.linalg.norm(towards, axis=2), axis=1)
    ray = towards[np.arange(len(nearest)), nearest]
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    angle = np.arccos(np.clip(ray[:, 2], -1, 1))
    side = ray[:, :2] / np.maximum(np.linalg.norm(ray[:, :2], axis=1, keepdims=True), 1e-6)
    place: npt.NDArray[np.float32] = (0.5 + side * (angle / (2 * np.pi))[:, None]).astype(np.float32)
    return place


def _eye_picture() -> npt.NDArray[np.uint8]:
    across = np.linspace(-np.pi, np.pi, _EYE_PIXELS)
    angle = np.hypot(across[:, None], across[None, :])
    colours = [
        (0.0, (0.02, 0.02, 0.02)),
        (_PUPIL_RAD, (0.02, 0.02, 0.02)),
        (_PUPIL_RAD + 0.03, (0.36, 0.28, 0.20)),
        (0.8 * _IRIS_RAD, (0.56, 0.45, 0.34)),
        (_IRIS_RAD, (0.20, 0.15, 0.11)),
        (_IRIS_RAD + 0.03, (0.86, 0.83, 0.80)),
        (np.pi, (0.82, 0.70, 0.66)),
    ]
    angles, table = zip(*colours, strict=True)
    channels = [np.interp(angle, angles, np.array(table)[:, channel]) for channel in range(3)]
    return np.stack([np.rint(255 * channel) for channel in channels], axis=-1).astype(np.uint8)


def _add_joints(file: GltfFile, mesh: HeadMesh) -> list[int]:
    local = mesh.local_pivots().tolist()
    nodes = [
        file.add("nodes", {"name": name, "translation": place})
        for name, place in zip(mesh.joint_names, local, strict=True)
    ]
    for node, parent in enumerate(mesh.parents):
        if parent >= 0:
            file.document["nodes"][nodes[parent]].setdefault("children", []).append(nodes[node])
    return nodes


def _inverse_binds(mesh: HeadMesh) -> npt.NDArray[np.float32]:
    """Return the matrices that take a vertex to the frame of each joint, column by column."""
    matrices = np.tile(np.eye(4, dtype=np.float32), (len(mesh.pivots), 1, 1))
    matrices[:, 3, :3] = -mesh.pivots
    return matrices
