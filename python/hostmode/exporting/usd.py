"""A head that speaks, as a USD stage: UsdSkel with blend shapes, and the sound."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from hostmode._core import ARKIT_NAMES
from hostmode.engines import quaternion
from hostmode.errors import MissingExtraError
from hostmode.exporting.clip import with_closing_key
from hostmode.rig.face import JOINT_NAMES

if TYPE_CHECKING:
    from pathlib import Path

    from hostmode.exporting.clip import Clip
    from hostmode.exporting.head_mesh import HeadMesh


def import_pxr() -> Any:
    """Return USD's modules.

    Raises
    ------
    MissingExtraError
        They are not installed.
    """
    try:
        import pxr
        from pxr import Gf, Sdf, Tf, Usd, UsdGeom, UsdMedia, UsdSkel, Vt  # noqa: F401
    except ImportError as error:
        raise MissingExtraError('USD needs usd-core: pip install "hostmode[usd]"') from error
    return pxr


def write_usd(clip: Clip, mesh: HeadMesh, path: Path, sound: str) -> None:
    """Write `mesh` with the expressions and turns of `clip`; `sound` is the name of the file beside it, or empty.

    Time codes are frames; the last one is the end of the sound.
    """
    pxr = import_pxr()
    try:
        layer = pxr.Sdf.Layer.CreateAnonymous(path.suffix)
        _fill(pxr, pxr.Usd.Stage.Open(layer), clip, mesh, sound)
        if not layer.Export(os.fspath(path)):
            raise OSError(errno.EIO, "USD cannot write it", os.fspath(path))
    except pxr.Tf.ErrorException as error:
        # The first is the cause of the others.
        reason = " ".join(str(error.args[0].commentary).split())
        raise OSError(errno.EIO, f"USD cannot write it: {reason}", os.fspath(path)) from None


def _fill(pxr: Any, stage: Any, clip: Clip, mesh: HeadMesh, sound: str) -> None:
    rate = float(clip.rate)
    end = clip.seconds * rate
    stage.SetTimeCodesPerSecond(rate)
    stage.SetFramesPerSecond(rate)
    stage.SetStartTimeCode(0.0)
    stage.SetEndTimeCode(end)
    pxr.UsdGeom.SetStageUpAxis(stage, pxr.UsdGeom.Tokens.y)
    pxr.UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    root = pxr.UsdSkel.Root.Define(stage, "/Face")
    stage.SetDefaultPrim(root.GetPrim())
    names = [name for name in mesh.rig.target_names if name in ARKIT_NAMES]
    joints = _joint_paths(mesh)
    skeleton = _skeleton(pxr, stage, mesh, joints)
    geometry = _geometry(pxr, stage, mesh, names)
    binding = pxr.UsdSkel.BindingAPI.Apply(geometry.GetPrim())
    binding.CreateSkeletonRel().SetTargets([skeleton.GetPath()])
    animation = _animation(pxr, stage, clip, mesh, names, joints, end)
    pxr.UsdSkel.BindingAPI.Apply(skeleton.GetPrim()).CreateAnimationSourceRel().SetTargets([animation.GetPath()])
    if sound:
        audio = pxr.UsdMedia.SpatialAudio.Define(stage, "/Face/Sound")
        audio.CreateFilePathAttr(pxr.Sdf.AssetPath(f"./{sound}"))
        audio.CreateAuralModeAttr(pxr.UsdMedia.Tokens.nonSpatial)


def _joint_paths(mesh: HeadMesh) -> list[str]:
    paths: list[str] = []
    for name, parent in zip(mesh.joint_names, mesh.parents, strict=True):
        paths.append(name if parent < 0 else f"{paths[parent]}/{name}")
    return paths


def _skeleton(pxr: Any, stage: Any, mesh: HeadMesh, joints: list[str]) -> Any:
    def places(at: Any) -> Any:
        return pxr.Vt.Matrix4dArray(
            [pxr.Gf.Matrix4d().SetTranslate(pxr.Gf.Vec3d(*map(float, place))) for place in at]
        )

    skeleton = pxr.UsdSkel.Skeleton.Define(stage, "/Face/Skeleton")
    skeleton.CreateJointsAttr(joints)
    skeleton.CreateBindTransformsAttr(places(mesh.pivots))
    skeleton.CreateRestTransformsAttr(places(mesh.local_pivots()))
    return skeleton


def _geometry(pxr: Any, stage: Any, mesh: HeadMesh, names: list[str]) -> Any:
    vectors = pxr.Vt.Vec3fArray.FromNumpy
    integers = pxr.Vt.IntArray.FromNumpy
    geometry = pxr.UsdGeom.Mesh.Define(stage, "/Face/Mesh")
    geometry.CreatePointsAttr(vectors(mesh.points))
    geometry.CreateNormalsAttr(vectors(mesh.normals))
    geometry.SetNormalsInterpolation(pxr.UsdGeom.Tokens.vertex)
    geometry.CreateFaceVertexIndicesAttr(integers(mesh.rig.triangles.astype(np.int32).reshape(-1)))
    geometry.CreateFaceVertexCountsAttr(integers(np.full(len(mesh.rig.triangles), 3, np.int32)))
    geometry.CreateSubdivisionSchemeAttr(pxr.UsdGeom.Tokens.none)
    linear = np.power(mesh.rig.colour, 2.2).astype(np.float32)
    geometry.CreateDisplayColorPrimvar(pxr.UsdGeom.Tokens.vertex).Set(vectors(linear))
    binding = pxr.UsdSkel.BindingAPI.Apply(geometry.GetPrim())
    binding.CreateJointIndicesPrimvar(False, 4).Set(integers(mesh.skin_joints.astype(np.int32).reshape(-1)))
    binding.CreateJointWeightsPrimvar(False, 4).Set(
        pxr.Vt.FloatArray.FromNumpy(np.ascontiguousarray(mesh.skin_weights).reshape(-1))
    )
    shapes = []
    for name in names:
        offsets = mesh.targets[mesh.rig.target_names.index(name)]
        (moved,) = np.nonzero(offsets.any(axis=1))
        shape = pxr.UsdSkel.BlendShape.Define(stage, f"/Face/Mesh/{name}")
        shape.CreateOffsetsAttr(vectors(np.ascontiguousarray(offsets[moved])))
        shape.CreatePointIndicesAttr(integers(moved.astype(np.int32)))
        shapes.append(shape.GetPath())
    binding.CreateBlendShapesAttr(names)
    binding.CreateBlendShapeTargetsRel().SetTargets(shapes)
    return geometry


def _animation(
    pxr: Any, stage: Any, clip: Clip, mesh: HeadMesh, names: list[str], joints: list[str], end: float
) -> Any:
    animation = pxr.UsdSkel.Animation.Define(stage, "/Face/Animation")
    animation.CreateBlendShapesAttr(names)
    animation.CreateJointsAttr(joints)
    animation.CreateTranslationsAttr(pxr.Vt.Vec3fArray.FromNumpy(mesh.local_pivots()))
    animation.CreateScalesAttr(pxr.Vt.Vec3hArray([pxr.Gf.Vec3h(1, 1, 1)] * len(joints)))
    weights = with_closing_key(clip.weights[:, [ARKIT_NAMES.index(name) for name in names]])
    turns = with_closing_key(quaternion(clip.joints)).astype(np.float32)
    weight_keys, turn_keys = animation.CreateBlendShapeWeightsAttr(), animation.CreateRotationsAttr()
    still = pxr.Gf.Quatf(1)
    for code, row, turn in zip([*range(len(clip)), end], weights, turns.tolist(), strict=True):
        weight_keys.Set(pxr.Vt.FloatArray.FromNumpy(np.ascontiguousarray(row)), code)
        moved = {name: pxr.Gf.Quatf(w, x, y, z) for name, (x, y, z, w) in zip(JOINT_NAMES, turn, strict=True)}
        turn_keys.Set(pxr.Vt.QuatfArray([moved.get(name, still) for name in mesh.joint_names]), code)
    return animation
