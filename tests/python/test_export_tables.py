"""Faces as tables: Live Link Face's CSV, Audio2Face's JSON, and poses."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from exported_files import exported, short_recording

from hostmode import ARKIT_NAMES, Recording
from hostmode.engines import LIVE_LINK_NAMES, live_link_values
from hostmode.engines.frame_rate import parse_frame_rate
from hostmode.exporting import make_clip
from hostmode.offline import render_offline

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.outer


@pytest.fixture(scope="module")
def recording() -> Recording:
    return short_recording()


@pytest.mark.parametrize("rate", ["60", "29.97"])
def test_live_link_csv_has_the_app_s_columns_and_the_face(recording: Recording, tmp_path: Path, rate: str) -> None:
    path = exported(recording, tmp_path / "x.csv", rate=rate, start="01:00:00:00")
    clip = make_clip(recording, parse_frame_rate(rate))
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)

    assert header == ["Timecode", "BlendShapeCount", *LIVE_LINK_NAMES]
    assert {row[1] for row in rows} == {"61"}
    assert rows[0][0] == ("01:00:00;00.000" if rate == "29.97" else "01:00:00:00.000")
    assert rows[30][0].endswith(":30.000" if rate == "60" else ";00.000")
    values = np.array([list(map(float, row[2:])) for row in rows])
    np.testing.assert_allclose(values, live_link_values(clip.weights, clip.joints), atol=1e-6)


def test_audio2face_json_has_what_it_exports(recording: Recording, tmp_path: Path) -> None:
    document = json.loads(exported(recording, tmp_path / "x.json", rate=30).read_text())

    assert list(document) == ["exportFps", "trackPath", "numPoses", "numFrames", "facsNames", "weightMat"]
    assert (document["exportFps"], document["trackPath"], document["numPoses"]) == (30, "x.wav", 52)
    assert document["facsNames"] == list(ARKIT_NAMES)
    np.testing.assert_allclose(document["weightMat"], make_clip(recording, Fraction(30)).weights, atol=1e-6)


def test_poses_are_those_of_play_with_units_in_the_header(recording: Recording, tmp_path: Path) -> None:
    expected = render_offline(recording, 50).poses

    with np.load(exported(recording, tmp_path / "x.npz", rate=50)) as stored:
        np.testing.assert_array_equal(stored["poses"], expected)
        np.testing.assert_allclose(stored["times"], np.arange(len(expected)) / 50, atol=1e-12)
        assert (stored["names"][9], stored["units"][9], str(stored["time_unit"])) == ("jaw_pose_0", "rad", "s")
        assert stored["rate"].tolist() == [50, 1]
    path = exported(recording, tmp_path / "poses.csv", rate=50, format="poses")
    header = path.read_text().partition("\n")[0].split(",")
    assert (header[0], header[1], header[10], header[-1]) == (
        "time [s]", "translation_0 [m]", "jaw_pose_0 [rad]", "expression_99 [1]"
    )  # fmt: skip
    np.testing.assert_allclose(np.loadtxt(path, delimiter=",", skiprows=1)[:, 1:], expected, atol=1e-6)


def test_parquet_states_units_and_rate(recording: Recording, tmp_path: Path) -> None:
    path = exported(recording, tmp_path / "x.parquet", rate="59.94")
    from pyarrow import parquet

    table = parquet.read_table(path)
    expected = render_offline(recording, 60000 / 1001).poses
    assert table.schema.field("neck_pose_1").metadata == {b"unit": b"rad"}
    assert table.schema.metadata[b"rate"] == b"60000/1001"
    assert table.num_rows == len(expected)
    np.testing.assert_array_equal(np.column_stack([table[name] for name in table.column_names[1:]]), expected)
