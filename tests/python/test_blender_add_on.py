"""The Blender add-on in Blender itself: the wheel `bpy`, or the interpreter that HOSTMODE_BPY_PYTHON names."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import hostmode
from hostmode import ARKIT_NAMES, Recording
from hostmode.engines.frame_rate import parse_frame_rate
from hostmode.exporting import make_clip

ADD_ON = Path(__file__).parents[2] / "examples" / "blender" / "hostmode_import.py"
SESSION = Path(__file__).with_name("blender_session.py")

HEADER = "Timecode,BlendShapeCount,JawOpen\n"
DOCUMENT = {"exportFps": 30, "facsNames": ["jawOpen"], "weightMat": [[0.5], [0.6]]}

pytestmark = [
    pytest.mark.skipif(not ADD_ON.is_file(), reason="the examples are not part of this installation"),
    pytest.mark.outer,
]


@pytest.fixture(scope="module")
def blender() -> str:
    """Return an interpreter that can import bpy."""
    named = os.environ.get("HOSTMODE_BPY_PYTHON")
    if named:
        return named
    if importlib.util.find_spec("bpy") is None:
        pytest.skip("Blender's wheel bpy is not here: nox -s blender installs it, or set HOSTMODE_BPY_PYTHON")
    return sys.executable


@pytest.fixture(scope="module")
def recording() -> Recording:
    whole = Recording.embedded()
    return Recording.from_keyframes(whole.audio[:33333], whole.sample_rate, whole.keyframes[:52])


def loaded(blender: str, head: object, *takes: object, path: Path | None = None) -> list[dict]:
    environment = os.environ if path is None else {**os.environ, "PYTHONPATH": str(path)}
    command = [blender, str(SESSION), str(ADD_ON), str(head), *map(str, takes)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env=environment)
    lines = [line for line in run.stdout.splitlines() if line.startswith("RESULT ")]
    assert len(lines) == len(takes), run.stdout + run.stderr
    return [json.loads(line.removeprefix("RESULT ")) for line in lines]


def test_take_moves_shape_keys_however_they_are_written(blender: str, recording: Recording, tmp_path: Path) -> None:
    takes = {"a.csv": "29.97", "b.csv": "60", "c.json": "24", "d.json": "23.976"}
    for name, rate in takes.items():
        hostmode.export(recording, tmp_path / name, rate=rate)

    for found, (name, rate) in zip(
        loaded(blender, "-", *(tmp_path / name for name in takes)), takes.items(), strict=True
    ):
        clip = make_clip(recording, parse_frame_rate(rate))
        assert found["result"] == ["FINISHED"]
        assert found["frames"] == [1, len(clip)]
        assert found["rate"] == pytest.approx(float(clip.rate), rel=1e-6)
        assert [Path(sound).name for sound in found["sounds"]] == [f"{name[0]}.wav"]
        written = {"jawOpen": "jawOpen", "EyeBlink_L": "eyeBlinkLeft", "mouthSmileRight": "mouthSmileRight"}
        for block, arkit in written.items():
            expected = clip.weights[:, ARKIT_NAMES.index(arkit)]
            np.testing.assert_allclose(found["values"][block], expected, atol=1e-4)
        assert np.ptp(found["values"]["not one of them"]) == 0


def test_take_moves_the_head_of_a_glb(blender: str, recording: Recording, tmp_path: Path) -> None:
    hostmode.export(recording, tmp_path / "head.glb", rate=30)
    hostmode.export(recording, tmp_path / "take.json", rate=30)
    clip = make_clip(recording, parse_frame_rate(30))

    (found,) = loaded(blender, tmp_path / "head.glb", tmp_path / "take.json")

    assert set(ARKIT_NAMES) <= set(found["values"])
    for index, name in enumerate(ARKIT_NAMES):
        np.testing.assert_allclose(found["values"][name], clip.weights[:, index], atol=1e-4)


def test_recording_is_loaded_where_hostmode_is_and_else_says_how(
    blender: str, recording: Recording, tmp_path: Path
) -> None:
    recording.save(tmp_path / "take.json")
    clip = make_clip(recording, parse_frame_rate(60))
    command = [blender, "-c", "import hostmode"]
    if subprocess.run(command, capture_output=True, check=False).returncode == 0:
        (found,) = loaded(blender, "-", tmp_path / "take.json")
        expected = clip.weights[:, ARKIT_NAMES.index("jawOpen")]
        np.testing.assert_allclose(found["values"]["jawOpen"], expected, atol=1e-4)

    # A module that cannot be imported takes its place, whether it is installed or not.
    (tmp_path / "hostmode.py").write_text("raise ImportError")
    (found,) = loaded(blender, "-", tmp_path / "take.json", path=tmp_path)

    assert len(found["error"].strip().splitlines()) == 1
    assert "-m pip install hostmode; or export it: hostmode export take.json take.csv" in found["error"]


def test_what_is_no_take_is_said_in_one_line(blender: str, tmp_path: Path) -> None:
    contents = [
        "",
        "{",
        "[1]",
        "a,b\n1,2\n",
        "Timecode,BlendShapeCount,JawOpen\n",
        "Timecode\n00\n",
        '{"weightMat": 3}',
        "\0" * 100,
        "[" * 100_000,
        *(HEADER + f"00:00:00:00,1,{value}\n" for value in ("nan", "inf", "1e30", "x", "")),
        HEADER + "00:00:00:00,1\n",
        HEADER + "99,1,0.5\n",
        *(json.dumps({**DOCUMENT, "exportFps": rate}) for rate in (0, -1, 1e9, float("nan"), 10**400, "x", None)),
        *(json.dumps({**DOCUMENT, "weightMat": [[value]]}) for value in (float("nan"), 10**400, None, [])),
        *(json.dumps({**DOCUMENT, "facsNames": names}) for names in (3, [3], [], ["a", "b"])),
        json.dumps(DOCUMENT)[:-3],
    ]
    takes = [tmp_path / f"take{index}.{ending}" for index in range(len(contents)) for ending in ("csv", "json")]
    for index, take in enumerate(takes):
        take.write_text(contents[index // 2])

    for take, found in zip(takes, loaded(blender, "-", *takes), strict=True):
        assert take.name in found["error"]
        assert len(found["error"].strip().splitlines()) == 1
