"""What data the Host Mode contract takes, E19, E28, E29 and E31: odd bytes, bad values, rates and bounds."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from player_rig import RAMP, Rig, motion, tone

import hostmode


def test_e19_odd_byte_is_kept_for_the_next_chunk() -> None:
    rig = Rig()
    pcm = tone(0.2)
    data = pcm.tobytes()
    rig.speak(data[:1001])
    rig.speak(data[1001:], end=True)

    np.testing.assert_array_equal(rig.run(0.2)[RAMP:], pcm[RAMP:])
    assert rig.player.stats().dropped_odd_bytes == 0


def test_e19_odd_byte_at_end_is_dropped_and_counted() -> None:
    rig = Rig()
    pcm = tone(0.2)
    rig.speak(pcm.tobytes() + b"\x7f", end=True)

    heard = rig.run(0.3)

    np.testing.assert_array_equal(heard[RAMP:3200], pcm[RAMP:])
    assert not heard[3200 + RAMP :].any()
    assert rig.player.stats().dropped_odd_bytes == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 1e30, -10001.0, 3.4e38])
def test_e28_keyframe_that_no_face_can_have_is_malformed(value: float) -> None:
    jaw = b"\x22\x0c" + struct.pack("<3f", 0, value, 0)
    rig = Rig()
    conversation = rig.speak(tone(1.0), end=True)

    with pytest.raises(hostmode.DecodeError):
        rig.move([motion(10), b"\x0a" + bytes([len(jaw)]) + jaw], conversation)

    assert rig.player.stats().keyframes == 0
    assert np.isfinite(rig.pose()).all()


@pytest.mark.parametrize(
    "pcm",
    [
        np.zeros(16, np.float32),
        np.zeros(16),
        np.zeros(16, np.int32),
        np.zeros(16, np.uint16),
        np.zeros(16, np.int16)[::2],
        np.zeros((8, 2), np.int16),
        "text",
    ],
    ids=["float32", "float64", "int32", "uint16", "strided", "stereo", "str"],
)
def test_e28_anything_but_mono_int16_pcm_is_refused(pcm: Any) -> None:
    rig = Rig()

    with pytest.raises(TypeError, match="pcm: given"):
        rig.speak(pcm)
    assert rig.player.conversation_id is None


@pytest.mark.parametrize("sample_rate", [0, -16000, 11025, 15999, 96001])
def test_e29_other_rates_are_refused_by_naming_the_allowed_ones(sample_rate: int) -> None:
    with pytest.raises(ValueError, match="8000, 16000, 22050, 24000, 32000, 44100 and 48000"):
        hostmode.Player(sample_rate)


@pytest.mark.parametrize("sample_rate", [88200, 96000, 176400, 192000])
def test_e29_a_player_that_feeds_a_device_may_run_faster(sample_rate: int) -> None:
    rig = Rig(sample_rate)
    pcm = tone(0.1, sample_rate)
    rig.speak(pcm, end=True)

    ramp = round(0.005 * sample_rate)
    np.testing.assert_array_equal(rig.run(0.1)[ramp:], pcm[ramp:])


def test_e31_twenty_seconds_in_one_call_play_whole() -> None:
    rig = Rig(block=1600)
    pcm = tone(20.0)
    conversation = rig.speak(pcm, end=True)
    rig.move([motion(501, end=True)], conversation)
    rig.run(21.0)

    np.testing.assert_array_equal(rig.sound[RAMP : pcm.size], pcm[RAMP:])
    assert rig.ends() == [(conversation, "playback_end")]


def test_e31_twenty_minutes_in_one_call_play_from_the_start() -> None:
    rig = Rig()
    pcm = np.resize(tone(7.0), 1200 * 16000)
    rig.speak(pcm, end=True)

    np.testing.assert_array_equal(rig.run(0.5)[RAMP:], pcm[RAMP:8000])
    assert rig.player.stats().buffered_audio == pytest.approx(1199.5)


def test_e31_more_than_the_bound_is_refused_and_nothing_accepted_is_lost() -> None:
    rig = Rig(max_audio=1.0)
    pcm = tone(0.9)
    conversation = rig.speak(pcm)

    with pytest.raises(hostmode.BufferFullError, match="max_audio"):
        rig.speak(tone(0.2))
    assert rig.speak(b"", end=True) == conversation

    rig.run(1.1)
    np.testing.assert_array_equal(rig.sound[RAMP : pcm.size], pcm[RAMP:])
    assert not rig.sound[pcm.size + RAMP :].any()


def test_e31_odd_bytes_count_towards_the_bound() -> None:
    rig = Rig(max_audio=1.0)
    data = tone(1.0).tobytes()
    conversation = rig.speak(data[:-1])

    with pytest.raises(hostmode.BufferFullError):
        rig.speak(data[-1:] + b"\0\0")

    assert rig.speak(data[-1:]) == conversation
    assert rig.speak(b"", end=True) == conversation
    assert rig.player.stats().dropped_odd_bytes == 0
