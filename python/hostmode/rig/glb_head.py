"""A head out of a .glb whose morph targets are ARKit's expressions."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode._core import ARKIT_NAMES
from hostmode.errors import HeadError, HostModeError
from hostmode.rig.glb_file import GlbFile, entry, natural
from hostmode.rig.glb_picture import Atlas
from hostmode.rig.glb_scene import Scene
from hostmode.rig.head_data import MATERIALS, HeadData, sparse_targets

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

#: Between the eyes of the built-in head, and how far in front of the axis of its neck they are; centimetres.
_EYES_APART_CM, _EYE_Z_CM = 5.71, 9.5
#: From the eyes to where a head turns that has no joint for it.
_NO_JOINT_CM: Final = (0.0, -9.0, 0.0)
_JOINTS: Final = ("neck", "head", "leftEye", "rightEye")
_SKIN, _CLOTH = MATERIALS.index("skin"), MATERIALS.index("cloth")
_MOST_TARGETS: Final = 1000
_MOST_VERTICES: Final = 200_000
_LARGEST: Final = 1e9
#: Of what has neither colour nor picture; sRGB.
_PLAIN_SKIN: Final = (0.80, 0.60, 0.50)


@dataclass
class _Piece:
    """What one primitive adds to the head."""

    vertices: Floats
    normals: Floats | None
    triangles: npt.NDArray[np.int64]
    uv: npt.NDArray[np.float32]
    tile: int | None
    colour: tuple[float, ...]
    material: int
    shares: Floats  # of the four joints
    targets: dict[str, Floats]


def glb_head(data: bytes, name: str) -> HeadData:
    """Return the head in a .glb.

    Raises
    ------
    HeadError
        Something is wrong in the file, or it needs what is not supported.
    """
    try:
        file = GlbFile(data, name)
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite then is refused as such
            return _Builder(file, Scene(file)).head()
    except HostModeError:
        raise
    except KeyError as error:
        raise HeadError(f"{name}: damaged glTF: {error} is missing or unknown") from error
    # A description that is not glTF's fails anywhere: TypeError, ValueError, IndexError among others.
    except Exception as error:
        raise HeadError(f"{name}: damaged glTF: {' '.join(str(error).split())[:200]}") from error


def arkit_name(name: str) -> str | None:
    """Return ARKit's name for a target spelt like ``eyeBlinkLeft`` or ``eyeBlink_L``, and None for others."""
    last = name.rpartition(".")[2]
    full = re.sub(r"_L$", "Left", re.sub(r"_R$", "Right", last))
    return next((known for known in ARKIT_NAMES if known.lower() == full.lower()), None)


class _Builder:
    def __init__(self, file: GlbFile, scene: Scene) -> None:
        self._file = file
        self._scene = scene
        self._atlas = Atlas(file.name)
        self._found = set(_JOINTS) & set(scene.driven)

    def head(self) -> HeadData:
        pieces = [
            self._piece(node, mesh, skin, primitive, index)
            for node, mesh, skin in self._scene.meshes()
            for index, primitive in enumerate(mesh["primitives"])
            if primitive.get("mode", 4) == 4
        ]
        if not pieces:
            raise HeadError(f"{self._file.name}: there is no mesh of triangles in it")
        counts = [len(piece.vertices) for piece in pieces]
        if sum(counts) > _MOST_VERTICES:
            raise HeadError(f"{self._file.name}: {sum(counts)} vertices; at most {_MOST_VERTICES} are allowed")
        names = tuple(known for known in ARKIT_NAMES if any(known in piece.targets for piece in pieces))
        if not names:
            raise HeadError(
                f"{self._file.name}: none of its morph targets is called as one of ARKit's expressions, "
                f"such as {ARKIT_NAMES[0]!r}; see `mesh.extras.targetNames` of glTF"
            )
        starts = np.cumsum([0, *counts])
        vertices = np.concatenate([piece.vertices for piece in pieces])
        targets = [self._whole(pieces, starts, known) for known in names]
        if not all(np.abs(values).max() <= _LARGEST for values in (vertices, *targets)):
            raise HeadError(
                f"{self._file.name}: a vertex or the place of a node is not finite, or beyond {_LARGEST:g}"
            )
        shares = np.concatenate([piece.shares for piece in pieces])
        self._keep_gaze_single(names, targets, shares)
        turn, scale, origin = _placing(vertices, dict(zip(names, targets, strict=True)))
        joint_names, parents, pivots, weights = self._joints(shares, turn, scale, origin)
        placed = np.ascontiguousarray((vertices - origin) @ turn.T * scale + [0, 0, _EYE_Z_CM], np.float32)
        target_counts, target_vertices, deltas = sparse_targets([target @ turn.T * scale for target in targets])
        twins = _twins(placed, pieces)
        return HeadData(
            vertices=placed,
            triangles=np.concatenate(
                [piece.triangles + start for piece, start in zip(pieces, starts, strict=False)]
            ).astype(np.uint32),
            uv=np.concatenate([piece.uv if p is None else self._atlas.place(piece.uv, p)
                               for piece, p in ((piece, piece.tile) for piece in pieces)]),
            colour=np.repeat([piece.colour for piece in pieces], counts, axis=0).astype(np.float32),
            shade=np.repeat([(piece.tile is not None, 1.0, 1.0, 0.0) for piece in pieces], counts, axis=0).astype(
                np.float32
            ),
            material=np.repeat([piece.material for piece in pieces], counts).astype(np.uint8),
            atlas=self._atlas.picture(),
            target_names=names,
            target_counts=target_counts,
            target_vertices=target_vertices,
            target_deltas=deltas,
            joint_names=joint_names,
            joint_parents=parents,
            joint_pivots=pivots,
            skin_joints=np.tile(np.arange(len(joint_names), dtype=np.uint32), (len(vertices), 1)),
            skin_weights=weights,
            twin_vertices=twins[0],
            twin_of=twins[1],
        )  # fmt: skip

    def _piece(
        self, node: int, mesh: dict[str, Any], skin: dict[str, Any] | None, primitive: dict[str, Any], index: int
    ) -> _Piece:
        for extension in primitive.get("extensions", {}):
            if "draco" in extension:
                raise HeadError(f"{self._file.name}: its meshes are compressed with Draco, which is not supported")
        read, attributes = self._file.accessor, primitive["attributes"]
        points = _vectors(read(attributes["POSITION"]))
        count = len(points)
        corners = np.arange(count)
        if "indices" in primitive:
            corners = read(primitive["indices"])[:, 0].astype(np.int64)
        if corners.size % 3 or (corners.size and not 0 <= corners.min() <= corners.max() < count):
            raise HeadError(f"{self._file.name}: a triangle names a vertex that does not exist")
        places, shares = self._hung(node, skin, attributes, count)
        linear = places[:, :3, :3]
        targets = {}
        for known, target in self._targets(mesh, primitive):
            moved = _vectors(read(target["POSITION"])) if "POSITION" in target else np.zeros((count, 3))
            if len(moved) != count:
                raise HeadError(f"{self._file.name}: the target {known} has {len(moved)} vertices, its mesh {count}")
            targets[known] = np.einsum("nij,nj->ni", linear, moved)
        normals = None
        if "NORMAL" in attributes:
            normals = np.einsum("nij,nj->ni", linear, _vectors(read(attributes["NORMAL"])))
        tile, colour, double_sided, uv_set = self._look(primitive)
        key = f"TEXCOORD_{uv_set}"
        has_uv = tile is not None and key in attributes
        uv = read(attributes[key]).astype(np.float32) if has_uv else np.zeros((count, 2), np.float32)
        if uv.shape != (count, 2) or not np.isfinite(uv).all():
            raise HeadError(f"{self._file.name}: texture coordinates of mesh {index} do not fit its vertices")
        moved_points = np.einsum("nij,nj->ni", linear, points) + places[:, :3, 3]
        return _Piece(moved_points, normals, corners.reshape(-1, 3), uv, tile if has_uv else None, colour,
                      _CLOTH if double_sided else _SKIN, shares, targets)  # fmt: skip

    def _targets(self, mesh: dict[str, Any], primitive: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        targets = primitive.get("targets", [])
        names = mesh.get("extras", {}).get("targetNames", primitive.get("extras", {}).get("targetNames", []))
        if len(targets) > _MOST_TARGETS:
            raise HeadError(f"{self._file.name}: {len(targets)} targets; at most {_MOST_TARGETS} are allowed")
        known = [(arkit_name(str(name)), target) for name, target in zip(names, targets, strict=False)]
        return [(name, target) for name, target in known if name is not None]

    def _hung(
        self, node: int, skin: dict[str, Any] | None, attributes: dict[str, Any], count: int
    ) -> tuple[Floats, Floats]:
        """Return for each vertex the matrix into the scene at rest, and how much of it hangs on the four joints."""
        if skin is None:
            shares = np.zeros(len(_JOINTS))
            if joint := self._scene.joint_of(node):
                shares[_JOINTS.index(joint)] = 1.0
            return np.broadcast_to(self._scene.world[node], (count, 4, 4)), np.tile(shares, (count, 1))
        bones = [natural(bone) for bone in skin["joints"]]
        if not bones:
            raise HeadError(f"{self._file.name}: a skin has no joints")
        inverse = np.tile(np.eye(4), (len(bones), 1, 1))
        if "inverseBindMatrices" in skin:
            stored = self._file.accessor(skin["inverseBindMatrices"]).astype(np.float64)
            inverse = stored.reshape(-1, 4, 4).transpose(0, 2, 1)
        matrices = np.stack([self._scene.world[bone] @ inverse[place] for place, bone in enumerate(bones)])
        of_bone = np.zeros((len(bones), len(_JOINTS)))
        for place, bone in enumerate(bones):
            if joint := self._scene.joint_of(bone):
                of_bone[place, _JOINTS.index(joint)] = 1.0
        joints = self._file.accessor(attributes["JOINTS_0"]).astype(np.int64)
        weights = self._file.accessor(attributes["WEIGHTS_0"]).astype(np.float64)
        if joints.shape != weights.shape or len(joints) != count or not np.isfinite(weights).all():
            raise HeadError(f"{self._file.name}: joints and weights do not fit the vertices")
        if count and (joints.max() >= len(bones) or joints.min() < 0 or weights.min() < 0):
            raise HeadError(f"{self._file.name}: a vertex hangs on a joint that does not exist")
        weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
        places, shares = np.zeros((count, 4, 4)), np.zeros((count, len(_JOINTS)))
        for column in range(joints.shape[1]):
            weight, on = weights[:, column], joints[:, column]
            places += weight[:, None, None] * matrices[on]
            shares += weight[:, None] * of_bone[on]
        return places, shares

    def _look(self, primitive: dict[str, Any]) -> tuple[int | None, tuple[float, ...], bool, int]:
        """Return the place in the atlas, the sRGB colour, whether both sides are seen, and which coordinates."""
        if "material" not in primitive:
            return None, _PLAIN_SKIN, False, 0
        material = entry(self._file.entries("materials"), primitive["material"])
        surface = material.get("pbrMetallicRoughness", {})
        factor = tuple(float(part) for part in surface.get("baseColorFactor", (1, 1, 1, 1))[:3])
        if len(factor) != 3 or not np.isfinite(factor).all():
            raise HeadError(f"{self._file.name}: the colour of a material is not finite")
        double_sided = material.get("doubleSided") is True
        colour = tuple(np.clip(factor, 0, 1) ** (1 / 2.2))
        if "baseColorTexture" not in surface:
            return None, colour, double_sided, 0
        chosen = surface["baseColorTexture"]
        texture = entry(self._file.entries("textures"), chosen["index"])
        if "source" not in texture and "KHR_texture_basisu" in texture.get("extensions", {}):
            warnings.warn(
                f"{self._file.name}: its pictures are KTX2, which is not read: it is shown without; "
                "export them as PNG or JPEG to see them",
                stacklevel=2,
            )
            return None, _PLAIN_SKIN if min(colour) == 1 else colour, double_sided, 0
        if "source" not in texture:
            kinds = ", ".join(texture.get("extensions", {})) or "nothing"
            raise HeadError(f"{self._file.name}: a picture comes as {kinds}, which is not supported; use PNG or JPEG")
        image = entry(self._file.entries("images"), texture["source"])
        if "bufferView" not in image:
            raise HeadError(f"{self._file.name}: its pictures are in other files; export all into one .glb")
        data, _ = self._file.view(image["bufferView"])
        return (
            self._atlas.add(texture["source"], data, factor),
            colour,
            double_sided,
            natural(chosen.get("texCoord", 0)),
        )

    def _whole(self, pieces: list[_Piece], starts: npt.NDArray[np.int64], name: str) -> Floats:
        whole = np.zeros((starts[-1], 3))
        for piece, start in zip(pieces, starts, strict=False):
            if name in piece.targets:
                whole[start : start + len(piece.vertices)] = piece.targets[name]
        return whole

    def _keep_gaze_single(self, names: tuple[str, ...], targets: list[Floats], shares: Floats) -> None:
        """Let eyeballs that turn with a joint of their own not be moved by a target as well."""
        balls = shares[:, 2:].sum(axis=1) > 0.5
        for name, target in zip(names, targets, strict=True):
            if name.startswith("eyeLook"):
                target[balls] = 0.0

    def _joints(
        self, shares: Floats, turn: Floats, scale: float, origin: Floats
    ) -> tuple[tuple[str, ...], npt.NDArray[np.int32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        names = [name for name in _JOINTS if name in self._found]
        pivots = [
            (self._scene.world[self._scene.driven[name]][:3, 3] - origin) @ turn.T * scale + [0, 0, _EYE_Z_CM]
            for name in names
        ]
        weights = shares[:, [_JOINTS.index(name) for name in names]]
        if "head" not in names and "neck" not in names:
            # Without a joint for it, the whole turns about a place below the ears.
            names.insert(0, "head")
            pivots.insert(0, np.array(_NO_JOINT_CM))
            weights = np.column_stack((1 - weights.sum(axis=1), weights))
        parents = []
        for name in names:
            above = {"neck": (), "head": ("neck",)}.get(name, ("head", "neck"))
            parents.append(next((names.index(one) for one in above if one in names), -1))
        return (
            tuple(names),
            np.array(parents, np.int32),
            np.array(pivots, np.float32),
            np.ascontiguousarray(np.clip(weights, 0, 1), np.float32),
        )


def _vectors(values: npt.NDArray[Any]) -> Floats:
    if values.shape[1] != 3 or not np.isfinite(values).all():
        raise ValueError("a vertex is not finite, or has not three coordinates")
    return values.astype(np.float64)


def _placing(vertices: Floats, targets: dict[str, Floats]) -> tuple[Floats, float, Floats]:
    """Return turn, scale and origin that put the eyes where those of the built-in head are.

    The eyes are where lids blink; without such targets, a face is as high as what moves in it.
    """
    middles = [_middle(vertices, targets.get(f"eyeBlink{side}")) for side in ("Left", "Right")]
    left, right = middles
    if left is not None and right is not None and (apart := float(np.linalg.norm(left - right))) > 1e-9:
        # Whoever looks to -z has the left eye at -x.
        turn = np.diag([-1.0, 1.0, -1.0]) if left[0] < right[0] else np.eye(3)
        return turn, _EYES_APART_CM / apart, (left + right) / 2
    moved = np.any([target.any(axis=1) for target in targets.values()], axis=0)
    face = vertices[moved] if moved.any() else vertices
    low, high = face.min(axis=0), face.max(axis=0)
    tall = max(float(high[1] - low[1]), 1e-9)
    return np.eye(3), 14.0 / tall, np.array([(low[0] + high[0]) / 2, low[1] + 0.72 * tall, high[2] - 0.15 * tall])


def _middle(vertices: Floats, target: Floats | None) -> Floats | None:
    """Return the middle of what a target moves most."""
    if target is None:
        return None
    way = np.linalg.norm(target, axis=1)
    if not way.max(initial=0.0) > 0:
        return None
    moved = vertices[way > 0.5 * way.max()]
    middle: Floats = (moved.min(axis=0) + moved.max(axis=0)) / 2
    return middle


def _twins(
    placed: npt.NDArray[np.float32], pieces: list[_Piece]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return vertices at a place, and with a normal, that another before has, and which."""
    normals = np.concatenate([np.zeros_like(p.vertices) if p.normals is None else p.normals for p in pieces])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    part = np.repeat(np.arange(len(pieces)), [len(piece.vertices) for piece in pieces])
    key = np.column_stack((part, np.rint(placed.astype(np.float64) * 1e4), np.rint(normals * 2)))
    _, first, group = np.unique(key, axis=0, return_index=True, return_inverse=True)
    of = first[group.reshape(-1)]
    twins = np.flatnonzero(of != np.arange(len(placed)))
    return twins.astype(np.uint32), of[twins].astype(np.uint32)
