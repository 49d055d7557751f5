"""A head that speaks as a .glb, as other people's readers find it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from exported_files import accessor, assert_keys, channels, exported, short_recording

from hostmode import ARKIT_NAMES, Recording
from hostmode.engines import quaternion
from hostmode.engines.frame_rate import parse_frame_rate
from hostmode.exporting import make_clip
from hostmode.exporting.glb import parts_of
from hostmode.exporting.head_mesh import load_head_mesh
from hostmode.rig import Rig

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.outer


@pytest.fixture(scope="module")
def recording() -> Recording:
    return short_recording()


@pytest.mark.parametrize("rate", ["60", "23.976"])
def test_glb_holds_the_head_s_own_targets_animated(recording: Recording, tmp_path: Path, rate: str) -> None:
    from pygltflib import GLTF2

    path = exported(recording, tmp_path / "x.glb", rate=rate)
    clip = make_clip(recording, parse_frame_rate(rate))
    gltf = GLTF2.load(str(path))
    rig = Rig.load()
    mesh = gltf.meshes[0]

    assert mesh.extras["targetNames"] == list(rig.target_names)
    assert {len(primitive.targets) for primitive in mesh.primitives} == {52}
    moves = channels(gltf)
    times, weights = moves["Face", "weights"]
    assert_keys(times, len(clip), clip.rate, path.with_suffix(".wav"))
    columns = [ARKIT_NAMES.index(name) for name in rig.target_names]
    np.testing.assert_allclose(weights.reshape(len(times), 52)[:-1], clip.weights[:, columns], atol=1e-6)
    for index, name in enumerate(("neck", "head", "leftEye", "rightEye")):
        np.testing.assert_allclose(moves[name, "rotation"][1][:-1], quaternion(clip.joints[:, index]), atol=1e-6)
    assert sum(len(accessor(gltf, one.indices)) for one in mesh.primitives) == 3 * len(rig.triangles)


def test_glb_deforms_as_the_head_does(recording: Recording, tmp_path: Path) -> None:
    from pygltflib import GLTF2

    gltf = GLTF2.load(str(exported(recording, tmp_path / "x.glb")))
    rig, mesh = Rig.load(), load_head_mesh()
    still = np.zeros((4, 3), np.float32)
    weights = np.zeros(52, np.float32)
    jaw = rig.target_names.index("jawOpen")
    weights[jaw] = 0.4
    opened = rig.deform(weights, still, np.empty((rig.vertex_count, 6), np.float32)).copy()
    pose = still.copy()
    pose[1] = 0.0, 0.3, 0.0
    turned = rig.deform(np.zeros(52, np.float32), pose, np.empty((rig.vertex_count, 6), np.float32))
    # What a turn of the head alone makes of a vertex, by the skin of the file.
    pivot = mesh.pivots[mesh.joint_names.index("head")]
    sine, cosine = np.sin(0.3), np.cos(0.3)
    rotation = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    below_head = [mesh.joint_names.index(name) for name in ("head", "leftEye", "rightEye")]

    for primitive, (_, _, triangles) in zip(gltf.meshes[0].primitives, parts_of(mesh), strict=True):
        used = np.unique(triangles)
        points = accessor(gltf, primitive.attributes.POSITION)
        target = accessor(gltf, primitive.targets[jaw]["POSITION"])
        np.testing.assert_allclose(100 * (points + 0.4 * target), opened[used, :3], atol=0.02)
        joints, shares = (accessor(gltf, getattr(primitive.attributes, name)) for name in ("JOINTS_0", "WEIGHTS_0"))
        share = (shares * np.isin(joints, below_head)).sum(axis=1, keepdims=True)
        moved = share * ((points - pivot) @ rotation.T + pivot) + (1 - share) * points
        np.testing.assert_allclose(100 * moved, turned[used, :3], atol=0.05)
        np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)


def test_glb_is_a_head_that_hostmode_reads_and_exports_again(recording: Recording, tmp_path: Path) -> None:
    first = exported(recording, tmp_path / "first.glb", rate=30)
    second = exported(recording, tmp_path / "second.glb", rate=30, head=first)
    shapes = []
    for rig in (Rig.load(), Rig.load(first), Rig.load(second)):
        weights = np.zeros(len(rig.target_names), np.float32)
        weights[rig.target_names.index("jawOpen")] = 0.4
        still = np.zeros((len(rig.joint_names), 3), np.float32)
        deformed = rig.deform(weights, still, np.empty((rig.vertex_count, 6), np.float32))[:, :3]
        shapes.append(np.ptp(deformed, axis=0))

    # In whatever units and place: the proportions stay.
    for shape in shapes[1:]:
        np.testing.assert_allclose(shape / shape[1], shapes[0] / shapes[0][1], rtol=0.01)


def test_glb_is_read_by_trimesh(recording: Recording, tmp_path: Path) -> None:
    import trimesh

    scene = trimesh.load(exported(recording, tmp_path / "x.glb"))

    assert sum(len(part.faces) for part in scene.geometry.values()) == len(Rig.load().triangles)
    # A head of some 30 cm, in metres.
    assert 0.2 < np.ptp(scene.bounds, axis=0)[1] < 0.6
