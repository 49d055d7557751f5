"""Heads as .glb, written by pygltflib: what it holds is known in full."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pygltflib as gltf

from hostmode.view.png import png_bytes

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

#: Where the vertices are that blink; metres, as exporters write a whole body.
EYES = np.array([(0.03, 1.60, 0.09), (-0.03, 1.60, 0.09)], np.float32)
NECK, HEAD = np.array([0, 1.45, 0.0]), np.array([0, 1.52, 0.01])
_COMPONENT = {"f4": 5126, "i1": 5120, "u1": 5121, "i2": 5122, "u2": 5123, "u4": 5125}
_TYPE = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}


@dataclass
class Writer:
    """A file in the making; what `pygltflib` lacks is only the packing of numbers."""

    file: gltf.GLTF2 = field(default_factory=lambda: gltf.GLTF2(asset=gltf.Asset(), scenes=[gltf.Scene(nodes=[])]))
    data: bytearray = field(default_factory=bytearray)

    def view(self, values: bytes, stride: int | None = None) -> int:
        self.data += bytes(-len(self.data) % 4)
        self.file.bufferViews.append(
            gltf.BufferView(buffer=0, byteOffset=len(self.data), byteLength=len(values), byteStride=stride)
        )
        self.data += values
        return len(self.file.bufferViews) - 1

    def numbers(self, values: npt.NDArray[Any], normalised: bool = False, stride: int | None = None) -> int:
        rows = values.reshape(len(values), -1)
        if stride is not None:
            padded = np.zeros((len(rows), stride), np.uint8)
            padded[:, : rows.shape[1] * rows.itemsize] = np.ascontiguousarray(rows).view(np.uint8)
            content = padded.tobytes()
        else:
            content = rows.tobytes()
        self.file.accessors.append(
            gltf.Accessor(
                bufferView=self.view(content, stride), count=len(rows), normalized=normalised,
                componentType=_COMPONENT[rows.dtype.str[1:]], type=_TYPE[rows.shape[1]],
            )
        )  # fmt: skip
        return len(self.file.accessors) - 1

    def sparse(self, values: Floats) -> int:
        """Write what is not zero."""
        moved = np.flatnonzero(values.any(axis=1)).astype(np.uint16)
        self.file.accessors.append(
            gltf.Accessor(
                count=len(values), componentType=5126, type="VEC3",
                sparse=gltf.Sparse(
                    count=len(moved),
                    indices=gltf.AccessorSparseIndices(bufferView=self.view(moved.tobytes()), componentType=5123),
                    values=gltf.AccessorSparseValues(bufferView=self.view(values[moved].tobytes())),
                ),
            )
        )  # fmt: skip
        return len(self.file.accessors) - 1

    def finish(self) -> bytes:
        self.file.buffers = [gltf.Buffer(byteLength=len(self.data))]
        self.file.set_binary_blob(bytes(self.data))
        return b"".join(self.file.save_to_bytes())


@dataclass
class Model:
    """What a file must come out as: places and targets at rest, in the file's own space."""

    vertices: Floats
    triangles: npt.NDArray[np.uint16]
    targets: dict[str, Floats]


def model(rng: np.random.Generator, vertices: int = 40) -> Model:
    """Return a head of random triangles around two eyes."""
    points = rng.uniform(-0.1, 0.1, (vertices, 3)).astype(np.float32) + np.float32([0, 1.58, 0])
    points[:2] = EYES
    targets = {}
    for index, name in enumerate(("eyeBlinkLeft", "eyeBlinkRight", "jawOpen", "mouthSmileLeft", "mouthPucker")):
        moved = np.zeros((vertices, 3), np.float32)
        if index < 2:
            moved[index] = 0, -0.01, 0
        else:
            chosen = rng.choice(vertices, 12, replace=False)
            moved[chosen] = rng.integers(-127, 128, (12, 3)) / 127 * 0.02
        targets[name] = moved
    return Model(points, rng.integers(0, vertices, (70, 3)).astype(np.uint16), targets)


def write_glb(
    of: Model,
    names: dict[str, str] | None = None,
    skinned: bool = True,
    quantised: bool = False,
    picture: bool = False,
) -> bytes:
    """Return the file. `names` respells targets; quantised places are shorts under a node that scales them."""
    writer = Writer()
    file = writer.file
    spelt = [(names or {}).get(name, name) for name in of.targets]
    scale = 2.0 if quantised else 1.0

    def short(values: Floats) -> npt.NDArray[np.int16]:
        return np.rint(values / scale * 32767).astype(np.int16)

    if quantised:
        file.extensionsRequired = file.extensionsUsed = ["KHR_mesh_quantization"]
        position = writer.numbers(short(of.vertices), True, stride=8)
        targets = [writer.numbers(short(delta), True, stride=8) for delta in of.targets.values()]
    else:
        position = writer.numbers(of.vertices)
        dense = list(of.targets.values())
        targets = [writer.sparse(delta) for delta in dense[:3]] + [writer.numbers(delta) for delta in dense[3:]]
    attributes = gltf.Attributes(POSITION=position)
    material = None
    if picture:
        uv = np.zeros((len(of.vertices), 2), np.float32)
        uv[1::2] = 0.9
        attributes.TEXCOORD_0 = writer.numbers(uv)
        halves = np.zeros((16, 16, 3), np.uint8)
        halves[:8, :, 0] = halves[8:, :, 2] = 255
        file.images = [gltf.Image(bufferView=writer.view(png_bytes(halves)), mimeType="image/png")]
        file.textures = [gltf.Texture(source=0)]
        surface = gltf.PbrMetallicRoughness(baseColorTexture=gltf.TextureInfo(index=0))
        file.materials = [gltf.Material(pbrMetallicRoughness=surface)]
        material = 0
    if skinned:
        joints = np.zeros((len(of.vertices), 4), np.uint8)
        joints[:, 0], joints[:, 1] = 1, 0
        attributes.JOINTS_0 = writer.numbers(joints)
        weights = np.zeros((len(of.vertices), 4), np.float32)
        weights[:, 0] = np.linspace(0, 1, len(weights))
        weights[:, 1] = 1 - weights[:, 0]
        attributes.WEIGHTS_0 = writer.numbers(weights)
    primitive = gltf.Primitive(
        attributes=attributes, indices=writer.numbers(of.triangles.ravel()), material=material,
        targets=[{"POSITION": target} for target in targets],
    )  # fmt: skip
    file.meshes = [gltf.Mesh(primitives=[primitive], extras={"targetNames": spelt})]
    if skinned:
        inverse = np.tile(np.eye(4, dtype=np.float32), (2, 1, 1))
        inverse[0, :3, :3] = inverse[1, :3, :3] = np.eye(3) * scale
        inverse[0, :3, 3], inverse[1, :3, 3] = -NECK, -HEAD
        file.nodes = [
            gltf.Node(name="mixamorig:Neck", translation=NECK.tolist(), children=[1]),
            gltf.Node(name="mixamorig:Head", translation=(HEAD - NECK).tolist()),
            gltf.Node(
                name="Wolf3D_Head", mesh=0, skin=0, translation=[5.0, 5.0, 5.0]
            ),  # as the standard says: unheeded
        ]
        file.skins = [
            gltf.Skin(joints=[0, 1], inverseBindMatrices=writer.numbers(inverse.transpose(0, 2, 1).reshape(2, 16)))
        ]
        file.scenes[0].nodes = [0, 2]
    else:
        half = float(np.sqrt(0.5))  # a quarter about y, and back
        file.nodes = [
            gltf.Node(rotation=[0.0, half, 0.0, half], children=[1]),
            gltf.Node(mesh=0, rotation=[0.0, -half, 0.0, half], scale=[scale] * 3),
        ]
        file.scenes[0].nodes = [0]
    return writer.finish()
