"""An animation for every VRM, as pygltflib finds it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from exported_files import assert_keys, channels, exported, short_recording

from hostmode import ARKIT_NAMES, Recording
from hostmode.engines import VRM_PRESETS, quaternion, vrm_weights
from hostmode.exporting import make_clip

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.outer


@pytest.fixture(scope="module")
def recording() -> Recording:
    return short_recording()


@pytest.mark.parametrize("shapes", ["vrm", "arkit"])
def test_vrma_moves_what_every_vrm_has(recording: Recording, tmp_path: Path, shapes: str) -> None:
    from pygltflib import GLTF2

    path = tmp_path / "x.glb"  # pygltflib knows this ending only
    exported(recording, tmp_path / "x.vrma", rate=30, shapes=shapes).rename(path)
    gltf = GLTF2.load(str(path))
    clip = make_clip(recording, Fraction(30))
    extension = gltf.extensions["VRMC_vrm_animation"]
    moves = channels(gltf)

    assert extension["specVersion"] == "1.0"
    required = {"hips", "spine", "head", "leftHand", "rightHand", "leftFoot", "rightFoot", "leftUpperArm"}
    assert required <= set(extension["humanoid"]["humanBones"])
    assert not {"leftEye", "rightEye"} & set(extension["humanoid"]["humanBones"])
    presets = shapes == "vrm"
    expected = vrm_weights(clip.weights) if presets else clip.weights
    names = list(VRM_PRESETS) if presets else [name[0].upper() + name[1:] for name in ARKIT_NAMES]
    expressions = extension["expressions"]["preset" if presets else "custom"]
    assert list(expressions) == names
    for index, (name, at) in enumerate(expressions.items()):
        assert gltf.nodes[at["node"]].name == name
        times, places = moves[name, "translation"]
        np.testing.assert_allclose(places[:-1, 0], expected[:, index], atol=1e-6)
    assert_keys(times, len(clip), clip.rate, tmp_path / "x.wav")
    np.testing.assert_allclose(moves["head", "rotation"][1][:-1], quaternion(clip.joints[:, 1]), atol=1e-6)
    assert ("lookAt", "rotation") in moves
