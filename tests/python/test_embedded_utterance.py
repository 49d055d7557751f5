"""The utterance that comes with hostmode: a real conversation in miniature, whose mouth follows its sound."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from hostmode import Recording, decode_message
from hostmode.motion import motion_for
from hostmode.pose import as_poses
from hostmode.recording.checks import find_problems


@pytest.fixture(scope="module")
def utterance() -> Recording:
    return Recording.embedded()


def loudness_at_keyframes(recording: Recording) -> np.ndarray:
    """Return the sound's RMS in the 40 ms of each keyframe."""
    samples = recording.sample_rate // 25
    padded = np.zeros(len(recording.keyframes) * samples)
    padded[: len(recording.audio)] = recording.audio / 32768
    return np.sqrt(np.mean(padded.reshape(-1, samples) ** 2, axis=1))


def test_embedded_utterance_is_small_enough_for_every_wheel() -> None:
    assert len((files("hostmode") / "data" / "utterance.npz").read_bytes()) < 500_000


def test_embedded_utterance_is_ten_to_fourteen_seconds_of_16_khz_speech(utterance: Recording) -> None:
    assert utterance.sample_rate == 16000
    assert 10 <= utterance.audio_duration <= 14
    assert utterance.motion_duration == pytest.approx(utterance.audio_duration, abs=0.04)


def test_embedded_utterance_comes_in_messages_like_those_of_the_service(utterance: Recording) -> None:
    counts = [len(motion.keyframes) for motion in utterance.motions]

    assert counts[:3] == [50, 100, 100]
    assert [motion.end for motion in utterance.motions] == [False] * (len(counts) - 1) + [True]
    for identity in (utterance.req_id, utterance.connection_id):
        assert re.fullmatch(r"\d{14}_[A-Za-z0-9_-]{12}", identity)


def test_embedded_utterance_has_no_problems(utterance: Recording) -> None:
    assert find_problems(utterance) == []


def test_embedded_jaw_follows_the_sound_and_leads_it(utterance: Recording) -> None:
    jaw = as_poses(utterance.keyframes)["jaw_pose"][:, 0]
    loudness = loudness_at_keyframes(utterance)

    correlations = [np.corrcoef(jaw[: len(jaw) - lead], loudness[lead:])[0, 1] for lead in range(8)]

    assert max(correlations) > 0.6
    assert np.argmax(correlations) in (0, 1)  # 20 to 60 ms ahead: the middle of a keyframe's sound is 20 ms after it


def test_embedded_jaw_is_closed_in_pauses(utterance: Recording) -> None:
    jaw = as_poses(utterance.keyframes)["jaw_pose"][:, 0]
    silent = loudness_at_keyframes(utterance) < 1e-3
    # Inside a pause: silent for 80 ms before, and for the 160 ms in which the mouth prepares the next sound.
    pause = np.array([silent[max(0, i - 2) : i + 5].all() for i in range(len(silent))])

    assert pause.sum() > 10
    assert jaw[pause].max() < 0.15 * jaw.max()


@pytest.mark.parametrize("part", ["neck_pose", "jaw_pose", "expression"])
def test_embedded_motion_is_smooth(utterance: Recording, part: str) -> None:
    moving = as_poses(utterance.keyframes)[part]
    power = np.abs(np.fft.rfft(moving - moving.mean(axis=0), axis=0)) ** 2
    frequencies_hz = np.fft.rfftfreq(len(moving), 1 / 25)

    assert power[frequencies_hz > 6.5].sum() < 0.01 * power.sum()


def test_embedded_motion_moves_what_local_motion_moves(utterance: Recording) -> None:
    poses = as_poses(utterance.keyframes)

    for still in ("translation", "rotation"):
        assert not np.ptp(poses[still], axis=0).any()
    assert not poses["expression"][:, 50:98].any()
    assert (np.ptp(poses["expression"][:, :50], axis=0) > 0).all()
    assert (np.ptp(poses["neck_pose"], axis=0) > 0.02).all()
    assert poses["eye_lid"].max() > 0.9
    assert (np.ptp(poses["eye_pose"], axis=0)[[0, 1, 3, 4]] > 0.02).all()


def test_embedded_motion_is_what_local_motion_makes_of_its_sound(utterance: Recording) -> None:
    # Processors round differently; a thousandth of a radian, and a hundredth of a coefficient, are seen by nobody.
    made = motion_for(utterance.audio, utterance.sample_rate)
    np.testing.assert_allclose(made[:, :20], utterance.keyframes[:, :20], atol=1e-3)
    np.testing.assert_allclose(made[:, 20:], utterance.keyframes[:, 20:], atol=1e-2)


@pytest.mark.outer
def test_tool_makes_the_embedded_utterance_the_same_every_time(utterance: Recording, tmp_path: Path) -> None:
    tool = Path(__file__).parents[2] / "tools" / "make_utterance"
    if not (shutil.which("espeak-ng") and shutil.which("sox")):
        pytest.skip("needs Debian's espeak-ng and sox")
    paths = [tmp_path / "first.npz", tmp_path / "again.npz"]
    for path in paths:
        subprocess.run([sys.executable, tool, path], check=True, timeout=120)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with np.load(paths[0]) as made:
        audio = np.cumsum(made["audio_steps"], dtype=np.int16)
        messages = np.split(made["messages"], np.cumsum(made["message_sizes"])[:-1])
    # Another version of espeak-ng may say it a little otherwise, but says it.
    assert len(audio) == pytest.approx(len(utterance.audio), rel=0.05)
    keyframes = np.concatenate([decode_message(message.tobytes()).keyframes for message in messages])
    np.testing.assert_allclose(keyframes, motion_for(audio, utterance.sample_rate), atol=1e-2)
