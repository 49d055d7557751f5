"""A head that speaks as a USD stage, as usd-core finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from exported_files import exported, short_recording, sound_of

from hostmode import ARKIT_NAMES, Recording
from hostmode.engines.frame_rate import parse_frame_rate
from hostmode.exporting import make_clip
from hostmode.rig import Rig

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.outer


@pytest.fixture(scope="module")
def recording() -> Recording:
    return short_recording()


@pytest.mark.parametrize("ending", ["usda", "usdc"])
def test_usd_holds_the_head_s_own_shapes_animated(recording: Recording, tmp_path: Path, ending: str) -> None:
    path = exported(recording, tmp_path / f"x.{ending}", rate="29.97")
    from pxr import Usd, UsdGeom, UsdMedia, UsdSkel

    clip = make_clip(recording, parse_frame_rate("29.97"))
    stage = Usd.Stage.Open(str(path))
    animation = UsdSkel.Animation.Get(stage, "/Face/Animation")
    weights = animation.GetBlendShapeWeightsAttr()
    codes = weights.GetTimeSamples()
    sample_rate, samples = sound_of(tmp_path / "x.wav")

    assert list(animation.GetBlendShapesAttr().Get()) == list(Rig.load().target_names)
    assert stage.GetTimeCodesPerSecond() == pytest.approx(30000 / 1001)
    assert codes[:-1] == list(range(len(clip)))
    seconds = stage.GetEndTimeCode() / stage.GetTimeCodesPerSecond()
    assert abs(seconds - len(samples) / sample_rate) < 1 / sample_rate
    columns = [ARKIT_NAMES.index(name) for name in Rig.load().target_names]
    for code in (0, len(clip) // 2, len(clip) - 1):
        np.testing.assert_allclose(weights.Get(code), clip.weights[code, columns], atol=1e-6)
    query = UsdSkel.BindingAPI(stage.GetPrimAtPath("/Face/Mesh"))
    assert len(query.GetBlendShapeTargetsRel().GetTargets()) == 52
    assert len(UsdGeom.Mesh.Get(stage, "/Face/Mesh").GetPointsAttr().Get()) == Rig.load().vertex_count
    assert UsdMedia.SpatialAudio.Get(stage, "/Face/Sound").GetFilePathAttr().Get().path == "./x.wav"
