"""Motion made from sound: deterministic, in time with the speech, shut in silence."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hostmode
from hostmode import KEYFRAME_RATE, PCM_RATES, Recording
from hostmode._core import JAW_SCALE, OPENING_AXIS, OWN_READ
from hostmode.motion import LocalMotion, MotionSource, local, motion_for

if TYPE_CHECKING:
    from pathlib import Path

JAW = 9
LIDS = 18


@pytest.fixture(scope="module")
def speech() -> tuple[npt.NDArray[np.int16], int]:
    recording = Recording.embedded()
    return recording.audio, recording.sample_rate


def tone(rate: int, seconds: float, hertz: float = 150.0, level: float = 9000.0) -> npt.NDArray[np.int16]:
    """Return a buzz with the harmonics of a voice."""
    t = np.arange(round(rate * seconds)) / rate
    sound = sum(np.sin(2 * np.pi * hertz * k * t) / k for k in range(1, 12) if hertz * k < 0.45 * rate)
    return np.asarray(level * sound / 1.6, np.int16)


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(1, 30000), min_size=1, max_size=40))
def test_local_motion_is_the_same_however_the_sound_is_cut(cuts: list[int]) -> None:
    audio = Recording.embedded().audio[:64000]
    whole = motion_for(audio, 16000, seed=5)
    source = LocalMotion(16000, seed=5)
    edges = [0, *np.minimum(np.cumsum(cuts), len(audio)).tolist(), len(audio)]
    pieces = [source.push(audio[a:b]) for a, b in itertools.pairwise(edges)] + [source.finish()]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


@pytest.mark.parametrize("rate", PCM_RATES)
@pytest.mark.parametrize("seconds", [0.0, 0.01, 1.0, 2.03])
def test_local_motion_has_as_many_keyframes_as_the_sound_lasts(rate: int, seconds: float) -> None:
    audio = tone(rate, seconds)
    keyframes = motion_for(audio, rate)
    assert keyframes.shape == (np.ceil(len(audio) / rate * KEYFRAME_RATE), 120)
    hostmode.decode_message(hostmode.encode_message(keyframes))  # finite, and of a magnitude a face can have


def test_local_motion_comes_at_most_three_tenths_of_a_second_behind_the_sound(
    speech: tuple[npt.NDArray[np.int16], int],
) -> None:
    audio, rate = speech
    source, given_s, made = LocalMotion(rate), 0.0, 0
    for start in range(0, len(audio), rate // 50):
        chunk = audio[start : start + rate // 50]
        made += len(source.push(chunk))
        given_s += len(chunk) / rate
        # The latest keyframe, or the beginning, is so long ago.
        assert given_s - max(made - 1, 0) / KEYFRAME_RATE <= 0.28 + 1e-6


@pytest.mark.parametrize("rate", PCM_RATES)
def test_keyframes_that_came_are_what_they_would_be_with_more_of_the_sound_known(
    rate: int, speech: tuple[npt.NDArray[np.int16], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    audio, own_rate = speech
    count = round(len(audio) * rate / own_rate)
    at_rate = np.interp(np.arange(count) / rate, np.arange(len(audio)) / own_rate, audio).astype(np.int16)
    early = motion_for(at_rate, rate)
    monkeypatch.setattr(local, "LOOK_AHEAD_S", 0.6)
    np.testing.assert_array_equal(early, motion_for(at_rate, rate))


def fast_share(values: npt.NDArray[np.float32]) -> float:
    """Return which share of the energy of what moves is above 6.5 Hz."""
    power = np.abs(np.fft.rfft(values - values.mean(axis=0), axis=0)) ** 2
    return float(power[np.fft.rfftfreq(len(values), 1 / KEYFRAME_RATE) > 6.5].sum() / power.sum())


@pytest.mark.parametrize("part", [slice(6, 9), slice(JAW, JAW + 1), slice(20, 70)], ids=["neck", "jaw", "expression"])
def test_local_motion_is_as_smooth_as_a_real_recording_of_the_same_sound(part: slice, recordings: Path) -> None:
    real = hostmode.load_recording(recordings / "speech-16k.json")
    keyframes = motion_for(real.audio, real.sample_rate)
    assert fast_share(keyframes[:, part]) <= fast_share(real.keyframes[:, part])


def test_local_motion_depends_on_the_seed_in_blinks_and_sway_and_not_in_the_mouth(
    speech: tuple[npt.NDArray[np.int16], int],
) -> None:
    audio, rate = speech
    one, same, other = (motion_for(audio, rate, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(one[:, JAW], other[:, JAW])
    assert np.abs(one[:, LIDS] - other[:, LIDS]).max() > 0.5
    assert np.abs(one[:, 6:9] - other[:, 6:9]).max() > 0.005


def test_local_motion_blinks_all_the_way_every_few_seconds_and_never_for_long() -> None:
    lids = motion_for(np.zeros(16000 * 120, np.int16), 16000, seed=3)[:, LIDS]
    shut = lids > 0.5
    blinks = int(np.count_nonzero(shut[1:] & ~shut[:-1]))
    assert 20 <= blinks <= 80
    assert lids.min() == 0.0
    runs = np.diff(np.flatnonzero(np.concatenate([[True], ~shut, [True]])))
    assert runs.max() <= 6  # keyframes


def test_local_motion_shuts_the_mouth_in_silence_and_opens_it_on_a_voice() -> None:
    rate = 16000
    audio = np.concatenate([np.zeros(rate, np.int16), tone(rate, 1.0), np.zeros(rate, np.int16)])
    jaw = motion_for(audio, rate)[:, JAW]
    assert jaw[5:20].max() < 0.02
    assert jaw[30:48].min() > 0.05
    assert jaw[57:].max() < 0.02


def test_local_motion_opens_the_mouth_with_the_loudness_within_a_keyframe(
    speech: tuple[npt.NDArray[np.int16], int],
) -> None:
    audio, rate = speech
    jaw = motion_for(audio, rate)[:, JAW]
    hop = rate // 25
    loudness = np.sqrt(
        np.array([np.mean(audio[k * hop : (k + 1) * hop].astype(float) ** 2) for k in range(len(jaw))])
    )
    likeness = {lag: float(np.corrcoef(np.roll(loudness, lag)[10:-10], jaw[10:-10])[0, 1]) for lag in range(-6, 7)}
    best = max(likeness, key=lambda lag: likeness[lag])
    # The middle of a block of loudness is half a keyframe after its keyframe, and the mouth is 40 ms ahead.
    assert -2 <= best <= 0
    assert likeness[best] > 0.6


def test_local_motion_shows_as_much_on_the_built_in_head_as_it_wrote(
    speech: tuple[npt.NDArray[np.int16], int],
) -> None:
    keyframes = motion_for(*speech)
    weights = np.stack([hostmode.arkit_weights(keyframe) for keyframe in keyframes])
    jaw_open = weights[:, hostmode.ARKIT_NAMES.index("jawOpen")]
    opening = np.c_[keyframes[:, 20:70], JAW_SCALE * keyframes[:, JAW]] @ OPENING_AXIS * OWN_READ
    wide, shut = opening > 0.55, opening < 0.023
    assert min(wide.sum(), shut.sum()) > 20
    assert jaw_open[wide].min() > 0.15
    assert jaw_open[shut].max() < 0.03


@pytest.mark.alone
def test_local_motion_is_fast(speech: tuple[npt.NDArray[np.int16], int]) -> None:
    audio, rate = speech
    best = min(_seconds_taken(audio, rate) for _ in range(3))
    assert len(audio) / rate / best > 25  # alone on a core it is well over a hundred


def _seconds_taken(audio: npt.NDArray[np.int16], rate: int) -> float:
    begun = time.thread_time()
    motion_for(audio, rate)
    return time.thread_time() - begun


def test_local_motion_refuses_what_it_cannot_do() -> None:
    with pytest.raises(ValueError, match=r"12345.*8000"):
        LocalMotion(12345)
    source = LocalMotion(16000)
    source.finish()
    with pytest.raises(ValueError, match="finished"):
        source.push(np.zeros(10, np.int16))
    assert source.finish().shape == (0, 120)
    assert isinstance(source, MotionSource)
