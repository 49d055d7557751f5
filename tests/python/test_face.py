"""From poses and sound to ARKit's expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hostmode import ARKIT_NAMES, KEYFRAME_FLOATS, HeadError, Recording, arkit_weights
from hostmode.pose import as_poses
from hostmode.rig import Face, FaceMap
from hostmode.view.performance import perform

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

JAW_OPEN = ARKIT_NAMES.index("jawOpen")
JAW = 9
RATE = 16000


def syllables(seconds: float = 6.0, rate: int = RATE, seed: int = 0) -> npt.NDArray[np.int16]:
    """Return four vowels a second: harmonics of 120 Hz under a wandering formant."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    targets = np.arange(0, seconds + 1, 0.25)
    formant = np.interp(t, targets, rng.uniform(350, 850, len(targets)))
    sound = np.zeros_like(t)
    for harmonic in range(1, 30):
        hz = 120 * harmonic
        sound += np.sin(2 * np.pi * hz * t + harmonic) / (1 + ((hz - formant) / 150) ** 2)
    envelope = np.clip(np.sin(2 * np.pi * 2 * t), 0, 1) ** 0.7
    return (8000 * sound * envelope / np.abs(sound).max()).astype(np.int16)


def jaw_pulses(seconds: float, every: int = 20) -> npt.NDArray[np.float32]:
    keyframes = np.zeros((round(seconds * 25), KEYFRAME_FLOATS), np.float32)
    for middle in range(every, len(keyframes) - 4, every):
        keyframes[middle - 3 : middle + 4, JAW] = 0.15 * np.hanning(7)
    return keyframes


def mouth(audio: npt.NDArray[np.int16], keyframes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return how far the jaw is open, 100 times a second."""
    recording = Recording.from_keyframes(audio, RATE, keyframes)
    return perform(recording, 100).weights[:, JAW_OPEN]


def test_names_are_arkits_in_its_order() -> None:
    assert len(ARKIT_NAMES) == len(set(ARKIT_NAMES)) == 52
    assert ARKIT_NAMES[:2] == ("eyeBlinkLeft", "eyeLookDownLeft")
    assert ARKIT_NAMES[17] == "jawOpen"
    assert ARKIT_NAMES[-1] == "tongueOut"


def test_constant_noise_jaw_pulse_still_moves_the_mouth() -> None:
    seconds = 6.0
    noise = np.random.default_rng(0).normal(0, 3000, round(seconds * RATE)).astype(np.int16)
    still = mouth(noise, np.zeros((150, KEYFRAME_FLOATS), np.float32))[100:500]
    moved = mouth(noise, jaw_pulses(seconds))[100:500]
    assert np.ptp(still) < 0.08
    assert np.ptp(moved) > 2 * np.ptp(still)
    pulses = np.interp(np.arange(100, 500) / 100, np.arange(150) / 25, jaw_pulses(seconds)[:, JAW])
    assert np.corrcoef(moved, pulses)[0, 1] > 0.9


def test_motion_zeroed_mouth_is_clearly_another() -> None:
    audio = syllables()
    rng = np.random.default_rng(1)
    slow = np.cumsum(rng.normal(0, 0.3, (150, 50)), axis=0) * np.hanning(150)[:, None]
    keyframes = np.zeros((150, KEYFRAME_FLOATS), np.float32)
    keyframes[:, 20:70] = slow
    moved, zeroed = mouth(audio, keyframes), mouth(audio, np.zeros_like(keyframes))
    assert np.sqrt(np.mean((moved - zeroed) ** 2)) > 0.15 * zeroed.std()


def test_audio_only_the_mouth_moves_from_the_sound_unless_switched_off() -> None:
    audio = syllables(3.0)
    pose = np.zeros(KEYFRAME_FLOATS, np.float32)
    ranges = []
    for wanted in (True, False):
        face = Face(RATE, mouth_from_sound=wanted)
        face.push_audio(audio, "a", end=True)
        jaw = []
        for media_s in np.arange(0, 3, 0.02):
            face.drive(pose, media_s, media_s, "a")
            jaw.append(float(face.weights[JAW_OPEN]))
        ranges.append(np.ptp(jaw))
    assert ranges[0] > 0.15
    assert ranges[1] == 0.0


def test_drive_any_order_gives_the_same_pictures() -> None:
    audio = syllables(3.0)
    keyframes = jaw_pulses(3.0)
    face = Face(RATE)
    face.push_audio(audio, "a", end=True)
    face.push_motion(keyframes, "a")
    instants = np.arange(0, 3, 0.05)
    order = np.random.default_rng(0).permutation(len(instants))
    seen: list[list[npt.NDArray[np.float32]]] = []
    for indices in (range(len(instants)), order):
        weights = [np.empty(0, np.float32)] * len(instants)
        for index in indices:
            media_s = float(instants[index])
            face.drive(keyframes[int(media_s * 25)], media_s, media_s, "a")
            weights[index] = face.weights.copy()
        seen.append(weights)
    np.testing.assert_array_equal(*seen)


@pytest.mark.parametrize("rate", [8000, 22050, 24000, 44100, 48000])
def test_sound_of_another_rate_shapes_the_same_mouth(rate: int) -> None:
    shapes = []
    for one in (RATE, rate):
        face = Face(one)
        face.push_audio(syllables(3.0, one), "a", end=True)
        shapes.append([face.sound_at(t, "a") for t in np.arange(0.1, 2.9, 0.01)])
    opening, other = (np.array(shape)[:, 0] for shape in shapes)
    assert np.corrcoef(opening, other)[0, 1] > 0.97
    assert abs(opening - other).max() < 0.12


@pytest.mark.parametrize("chunk", [1, 37, 160, 1000])
def test_sound_in_chunks_shapes_the_same_mouth(chunk: int) -> None:
    audio = syllables(0.4 if chunk == 1 else 2.0, 24000)
    whole, pieces = Face(24000), Face(24000)
    whole.push_audio(audio, "a", end=True)
    for start in range(0, len(audio), chunk):
        pieces.push_audio(audio[start : start + chunk], "a")
    pieces.push_audio(audio[:0], "a", end=True)
    for t in np.arange(0, len(audio) / 24000, 0.013):
        np.testing.assert_allclose(pieces.sound_at(t, "a"), whole.sound_at(t, "a"), atol=1e-5)


def test_mouth_never_moves_faster_than_a_jaw_can() -> None:
    rng = np.random.default_rng(3)
    gaps = np.repeat(rng.integers(0, 2, 120), 800)  # 50 ms of sound, 50 ms of nothing, at random
    jaw = mouth((syllables(6.0) * gaps).astype(np.int16), jaw_pulses(6.0))
    # Half of the target, 12 times a second; how round the mouth is, and the motion, take a little part in it.
    assert np.abs(np.diff(jaw)).max() <= 0.5 * 12 / 100 * 1.25


def test_silence_the_mouth_is_shut() -> None:
    audio = syllables(6.0)
    audio[3 * RATE :] = 0
    jaw = mouth(audio, jaw_pulses(6.0))
    assert jaw[330:].max() < 0.01
    assert jaw[:300].max() > 0.15


def test_lag_of_motion_ahead_of_its_sound_is_learned() -> None:
    seconds = 24.0
    rng = np.random.default_rng(5)
    loud = np.interp(np.arange(0, seconds, 1 / 25), np.arange(0, seconds, 0.2), rng.uniform(0, 1, 120))
    audio = np.random.default_rng(6).normal(0, 6000, round(seconds * RATE))
    audio *= np.interp(np.arange(len(audio)) / RATE, np.arange(len(loud)) / 25, 10 ** (1.2 * (loud - 1)))
    for ahead in (0, 4):
        keyframes = np.zeros((len(loud), KEYFRAME_FLOATS), np.float32)
        keyframes[:, JAW] = 0.2 * np.roll(loud, -ahead)
        face = Face(RATE)
        face.push_audio(audio.astype(np.int16), "a", end=True)
        face.push_motion(keyframes, "a")
        assert face.lag(0.0, "a") == pytest.approx(ahead / 25, abs=0.05)  # of what has come and is not shown yet
        assert face.lag(seconds, "a") == pytest.approx(ahead / 25, abs=0.03)


@pytest.mark.parametrize("sign", [1, -1])
def test_opening_is_read_from_the_jaw_where_the_expression_speaks_against_the_sound(sign: int) -> None:
    audio = syllables(8.0)
    known = Face(RATE)
    known.push_audio(audio, "a", end=True)
    opening = np.array([known.sound_at(i / 25, "a")[0] for i in range(200)])
    keyframes = np.zeros((200, KEYFRAME_FLOATS), np.float32)
    keyframes[:, JAW] = 0.1 * opening
    keyframes[:, 20 + 12] = sign * 8 * opening  # one of those that open the mouth
    alone = mouth(audio, np.zeros_like(keyframes))
    moved = mouth(audio, keyframes)
    wide = alone > np.percentile(alone, 80)
    assert (moved - alone)[wide].mean() > 0.01


def test_lag_of_keyframes_that_come_one_by_one_never_jumps() -> None:
    audio = syllables(8.0)
    face = Face(RATE)
    face.push_audio(audio, "a", end=True)
    opening = np.array([face.sound_at(i / 25, "a")[0] for i in range(200)])
    for value in np.roll(opening, -4):
        keyframe = np.zeros((1, KEYFRAME_FLOATS), np.float32)
        keyframe[0, JAW] = 0.1 * value
        face.push_motion(keyframe, "a")
    lags = [face.lag(i / 25, "a") for i in range(200)]
    assert np.abs(np.diff(lags)).max() < 0.002
    assert lags[-1] > 0.1


def test_neck_that_an_avatar_always_holds_aslant_is_taken_off() -> None:
    keyframes = np.zeros((150, KEYFRAME_FLOATS), np.float32)
    keyframes[:, 6] = 0.3
    performance = perform(Recording.from_keyframes(syllables(), RATE, keyframes), 25)
    assert np.abs(performance.joints[:, :2]).max() < 0.05


def test_eyes_and_lids_of_the_pose_reach_the_face() -> None:
    pose = np.zeros(KEYFRAME_FLOATS, np.float32)
    pose[12:20] = (0.1, 0.3, 0, 0.1, 0.3, 0, 1.0, 0.0)
    face = Face(RATE)
    face.drive_alone(pose, 0.0)
    weights = dict(zip(ARKIT_NAMES, face.weights, strict=True))
    assert weights["eyeBlinkLeft"] == 1.0
    assert weights["eyeBlinkRight"] == 0.0
    assert weights["eyeLookOutLeft"] == 0.0  # shut
    assert weights["eyeLookInRight"] > 0.2
    assert weights["eyeLookDownRight"] > 0.1
    assert face.joints[2, 1] == pytest.approx(0.3, abs=0.03)


def test_arkit_weights_of_a_pose_are_fractions_and_follow_the_jaw() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        weights = arkit_weights(rng.normal(0, 2, KEYFRAME_FLOATS).astype(np.float32))
        assert weights.shape == (52,)
        assert ((weights >= 0) & (weights <= 1)).all()
    pose = np.zeros(KEYFRAME_FLOATS, np.float32)
    shut = arkit_weights(pose)[JAW_OPEN]
    pose[JAW] = 0.25
    assert arkit_weights(pose)[JAW_OPEN] > shut + 0.2
    out = np.empty(52, np.float32)
    assert arkit_weights(pose, out) is out


def test_arkit_weights_takes_a_pose_with_names() -> None:
    values = np.random.default_rng(0).normal(0, 1, KEYFRAME_FLOATS).astype(np.float32)
    np.testing.assert_array_equal(arkit_weights(as_poses(values[None])[0]), arkit_weights(values))


@pytest.mark.parametrize("wrong", [np.zeros(119, np.float32), np.full(120, np.nan, np.float32)])
def test_arkit_weights_wrong_pose_is_refused(wrong: npt.NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match="pose"):
        arkit_weights(wrong)


def test_face_map_takes_the_place_of_the_built_in_way(tmp_path: Path) -> None:
    matrix = np.zeros((2, 120))
    matrix[0, JAW] = 4.0
    path = tmp_path / "map.npz"
    np.savez(path, matrix=matrix, offset=[0.0, 0.25], names=["jawOpen", "cheekPuff"])
    face = Face(RATE, face_map=FaceMap.load(path))
    pose = np.zeros(KEYFRAME_FLOATS, np.float32)
    pose[JAW], pose[18] = 0.2, 0.5
    face.drive_alone(pose, 0.0)
    weights = dict(zip(ARKIT_NAMES, face.weights, strict=True))
    assert weights["jawOpen"] == pytest.approx(0.8)
    assert weights["cheekPuff"] == pytest.approx(0.25)
    assert weights["mouthSmileLeft"] == 0.0
    assert weights["eyeBlinkLeft"] == pytest.approx(0.5)


def test_centred_face_map_takes_what_differs_from_the_usual(tmp_path: Path) -> None:
    matrix = np.zeros((52, 120))
    matrix[JAW_OPEN, JAW] = 4.0
    keyframes = np.zeros((100, KEYFRAME_FLOATS), np.float32)
    keyframes[:, JAW] = 0.1
    keyframes[40:43, JAW] = 0.2
    recording = Recording.from_keyframes(syllables(4.0), RATE, keyframes)
    jaws = []
    for centred in (False, True):
        path = tmp_path / "map.npz"
        np.savez(path, matrix=matrix, centred=centred)
        jaws.append(perform(recording, 25, face_map=FaceMap.load(path)).weights[:, JAW_OPEN])
    assert jaws[0][41] == pytest.approx(0.8, abs=0.02)
    assert jaws[1][41] == pytest.approx(0.4, abs=0.03)
    assert jaws[0][30] == pytest.approx(0.4, abs=0.01)
    assert jaws[1][30] == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({}, "matrix"),
        ({"matrix": np.zeros((51, 120))}, "matrix"),
        ({"matrix": np.zeros(120)}, "matrix"),
        ({"matrix": np.full((52, 120), np.nan)}, "finite"),
        ({"matrix": np.zeros((52, 120)), "offset": np.zeros(51)}, "offset"),
        ({"matrix": np.zeros((1, 120)), "names": ["jawopen"]}, "jawopen"),
        ({"matrix": np.zeros((2, 120)), "names": ["jawOpen", "jawOpen"]}, "twice"),
        ({"matrix": np.zeros((3, 120)), "names": ["jawOpen"]}, "differ"),
        ({"matrix": np.zeros((52, 120)), "centred": [True, False]}, "centred"),
        ({"matrix": np.zeros((52, 120)), "centred": "yes"}, "centred"),
    ],
)
def test_face_map_with_something_wrong_says_what(arrays: dict[str, object], words: str, tmp_path: Path) -> None:
    path = tmp_path / "map.npz"
    np.savez(path, **arrays)
    with pytest.raises(HeadError, match=words):
        FaceMap.load(path)
