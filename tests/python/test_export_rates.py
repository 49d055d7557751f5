"""Files for engines at every rate: timecode, and as long as their sound."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from exported_files import short_recording, sound_of

import hostmode
from hostmode import Recording
from hostmode.engines.frame_rate import frame_of, is_drop_frame, parse_frame_rate, timecode

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.outer

RATES = ["24", "23.976", "25", "29.97", "30", "47.952", "50", "59.94", "60", "119.88", "120"]


@pytest.fixture(scope="module")
def recording() -> Recording:
    return short_recording()


@pytest.mark.parametrize("rate", RATES)
def test_timecode_is_that_of_an_independent_library(rate: str) -> None:
    from timecode import Timecode

    exact = parse_frame_rate(rate)
    name = {"47.952": "47.95"}.get(rate, rate)
    if name not in ("24", "23.976", "25", "29.97", "30", "50", "59.94", "60"):
        pytest.skip("that library does not count at this rate")
    for frame in [0, 1, 1799, 1800, 1801, 17981, 17982, 17983, 3599, 3600, 3601, 107892, 215784, 2000000]:
        theirs = str(Timecode(name, frames=frame + 1))
        assert timecode(frame, exact).replace(";", ":") == theirs.replace(";", ":"), frame


@pytest.mark.parametrize("rate", ["29.97", "59.94", "119.88"])
def test_drop_frame_timecode_keeps_to_the_clock(rate: str) -> None:
    exact = parse_frame_rate(rate)
    frame = round(3600 * exact)

    assert is_drop_frame(exact)
    assert timecode(frame, exact).startswith("01:00:00;")
    assert re.fullmatch(r"00:01:00;0?0?[248]", timecode(60 * math.ceil(exact), exact))


@pytest.mark.parametrize("rate", RATES)
def test_frame_of_a_timecode_is_the_frame(rate: str) -> None:
    exact = parse_frame_rate(rate)
    random = np.random.default_rng(4)
    for frame in [*range(4000), *map(int, random.integers(0, int(86399 * exact), 500))]:
        assert frame_of(timecode(frame, exact), exact) == frame


@pytest.mark.parametrize(
    "text", ["00:01:00;00", "00:01:00;01", "24:00:00:00", "00:60:00:00", "0:0:0:0", "00:00:00:30"]
)
def test_timecode_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        frame_of(text, parse_frame_rate("29.97"))


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("23.98", "24000/1001"),
        (29.97, "30000/1001"),
        ("24000/1001", "24000/1001"),
        (60, "60"),
        ("119.88", "120000/1001"),
        ("37.5", "75/2"),
    ],
)
def test_rate_is_exact(text: str | float, exact: str) -> None:
    assert parse_frame_rate(text) == Fraction(exact)


@pytest.mark.parametrize("text", ["0", "23", "121", "-25", "nan", "1e2", "60/0", "25fps", ""])
def test_rate_outside_24_to_120_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no frame rate from 24 to 120"):
        parse_frame_rate(text)


@pytest.mark.parametrize("rate", RATES)
def test_as_many_frames_as_begin_within_the_sound_which_is_the_recording_s_own(
    recording: Recording, tmp_path: Path, rate: str
) -> None:
    done = hostmode.export(recording, tmp_path / "x.json", rate=rate)
    document = json.loads((tmp_path / "x.json").read_text())
    sample_rate, samples = sound_of(tmp_path / "x.wav")

    seconds = Fraction(len(samples), sample_rate)
    assert document["numFrames"] == len(document["weightMat"]) == done.frames
    assert (done.frames - 1) / done.rate < seconds <= done.frames / done.rate
    assert sample_rate == recording.sample_rate
    np.testing.assert_array_equal(samples[: len(recording.audio)], recording.audio)
    assert not samples[len(recording.audio) :].any()


def test_sound_shorter_than_its_motion_is_followed_by_silence(tmp_path: Path) -> None:
    whole = Recording.embedded()
    longer = Recording.from_keyframes(whole.audio[:16000], 16000, whole.keyframes[:50])
    done = hostmode.export(longer, tmp_path / "x.json", rate=50)
    _, samples = sound_of(tmp_path / "x.wav")

    assert (len(samples), done.frames) == (32000, 100)
    assert not samples[16000:].any()
