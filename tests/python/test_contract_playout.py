"""The edge cases of the Host Mode contract, E21 to E32: playing out, identity and limits, on virtual time."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from player_rig import Rig, motion, tone

import hostmode

RAMP = 80  # samples of 5 ms at 16 kHz


def test_e21_motion_that_runs_out_eases_towards_idle_and_audio_goes_on() -> None:
    rig = Rig()
    pcm = tone(3.0)
    conversation = rig.speak(pcm, end=True)
    rig.move([motion(20, level=1.0)], conversation)
    rig.run(0.7)
    assert rig.level() == pytest.approx(1.0)

    assert rig.largest_step(1.2) < 0.1
    assert rig.level() == pytest.approx(0.0, abs=1e-3)

    heard = rig.sound
    np.testing.assert_array_equal(heard[RAMP:], pcm[RAMP : heard.size])
    assert rig.of_kind("playback_stall") == []


def test_e21_motion_that_comes_back_rejoins_without_a_jump() -> None:
    rig = Rig()
    conversation = rig.speak(tone(4.0), end=True)
    rig.move([motion(20, level=1.0)], conversation)
    rig.run(1.2)

    rig.move([motion(80, level=1.0, end=True)], conversation)

    assert rig.largest_step(1.0) < 0.1
    assert rig.level() == pytest.approx(1.0)


def test_e21_strict_sync_holds_the_audio_and_reports_the_stall() -> None:
    rig = Rig(frame_starvation_mode="strict_sync")
    pcm = tone(2.0)
    conversation = rig.speak(pcm, end=True)
    rig.move([motion(11)], conversation)
    rig.run(1.0)

    assert [event.value for event in rig.of_kind("playback_stall")] == [1.0]
    held = rig.audio_time()
    assert held == pytest.approx(0.4, abs=0.041)
    assert not rig.run(0.5).any()
    assert rig.audio_time() == held

    rig.move([motion(39, end=True)], conversation)
    resumed_at = rig.sound.size
    rig.run(2.0)

    assert [event.value for event in rig.of_kind("playback_stall")] == [1.0, 0.0]
    assert rig.ends() == [(conversation, "playback_end")]
    at = round(held * 16000)
    np.testing.assert_array_equal(rig.sound[resumed_at + RAMP : resumed_at + pcm.size - at], pcm[at + RAMP :])
    assert rig.player.stats().stalls == 1


def test_e21_strict_sync_audio_only_never_stalls() -> None:
    rig = Rig(frame_starvation_mode="strict_sync")
    conversation = rig.speak(tone(0.5), end=True)
    rig.move([], conversation)
    rig.run(0.6)

    assert rig.of_kind("playback_stall") == []
    assert rig.ends() == [(conversation, "playback_end")]


def test_e22_motion_longer_than_audio_plays_out_before_idle() -> None:
    rig = Rig(speech_transition=0.0)
    conversation = rig.speak(tone(0.4), end=True)
    rig.move([motion(26, rise=0.02, end=True)], conversation)
    rig.run(0.8)

    assert rig.level() == pytest.approx(0.4, abs=1e-4)
    assert rig.audio_time() == pytest.approx(0.8)
    assert rig.player.state == "playing"
    rig.run(0.15)
    assert rig.ends() == []
    rig.run(0.15)

    (end,) = rig.of_kind("conversation_end")
    assert end.time == pytest.approx(1001.0, abs=0.041)


def test_e22_without_end_silence_is_not_media_time() -> None:
    rig = Rig()
    conversation = rig.speak(tone(0.4))
    rig.move([motion(26, rise=0.02, end=True)], conversation)
    rig.run(0.8)

    assert rig.audio_time() == pytest.approx(0.4)


def test_e23_without_motion_audio_plays_and_the_animation_stays_idle() -> None:
    rig = Rig()
    pcm = tone(1.0)
    rig.speak(pcm, end=True)
    poses = [rig.pose()]
    for _ in range(9):
        rig.run(0.1)
        poses.append(rig.pose())

    assert rig.states() == ["active", "playing"]
    assert rig.of_kind("animation_state") == []
    assert all(not np.array_equal(before, after) for before, after in pairwise(poses))
    np.testing.assert_array_equal(rig.sound[RAMP:], pcm[RAMP:14400])


def test_e24_underrun_stops_clock_and_lips_and_resumes_with_a_fade() -> None:
    rig = Rig(speech_transition=0.0)
    pcm = tone(1.0)
    conversation = rig.speak(pcm[:6400])
    rig.move([motion(50, rise=0.02, end=True)], conversation)
    rig.run(0.6)
    level = rig.level()

    assert rig.audio_time() == pytest.approx(0.4)
    assert level == pytest.approx(0.2, abs=1e-4)
    assert rig.player.state == "playing"
    assert len(rig.of_kind("underrun")) == 1
    assert not rig.run(0.1).any()
    assert rig.level() == pytest.approx(level)

    rig.speak(pcm[6400:], end=True)
    heard = rig.run(0.3)

    assert np.all(heard[: RAMP - 1] < pcm[6400 : 6400 + RAMP - 1])
    np.testing.assert_array_equal(heard[RAMP:], pcm[6400 + RAMP : 6400 + heard.size])
    assert rig.audio_time() == pytest.approx(0.7)
    assert rig.player.stats().underruns == 1


def test_e25_natural_end_is_one_idle_event_when_the_transition_starts() -> None:
    rig = Rig()
    conversation = rig.speak(tone(1.0), end=True)
    rig.move([motion(26, level=1.0, end=True)], conversation)
    rig.run(3.0)

    (idle,) = [event for event in rig.of_kind("conversation_state") if event.state == "idle"]
    assert (idle.reason, idle.conversation_id) == ("playback_end", conversation)
    assert idle.time == pytest.approx(1001.0, abs=0.041)
    assert rig.states() == ["active", "playing", "idle"]
    assert [event.state for event in rig.of_kind("animation_state")] == ["mono", "idle"]
    assert rig.ends() == [(conversation, "playback_end")]


def test_e25_pose_returns_to_idle_over_the_transition() -> None:
    rig = Rig()
    conversation = rig.speak(tone(1.0), end=True)
    rig.move([motion(26, level=1.0, end=True)], conversation)
    rig.run(1.0)

    assert rig.largest_step(1.0) < 0.1
    assert rig.level() == pytest.approx(0.0, abs=1e-6)


def test_e26_motion_of_a_second_req_id_is_discarded() -> None:
    rig = Rig()
    conversation = rig.speak(tone(1.0), end=True)
    rig.move([motion(10, req_id="first")], conversation)

    assert rig.move([motion(10, req_id="second", end=True)], conversation) is False
    rig.move([motion(5)], conversation)

    assert rig.player.stats().keyframes == 15
    assert rig.player.stats().discarded_other_req_id == 1
    assert [event.reason for event in rig.of_kind("motion_discarded")] == ["other_req_id"]


def test_e26_late_motion_of_an_interrupted_turn_cannot_capture_the_next() -> None:
    rig = Rig()
    first = rig.speak(tone(1.0), end=True)
    rig.move([motion(10, req_id="first")], first)
    rig.interrupt()

    rig.move([motion(10, level=1.0, req_id="first")], None)
    second = rig.speak(tone(1.0), end=True)
    rig.move([motion(10, level=1.0, req_id="first")], second)
    assert rig.player.stats().keyframes == 10
    rig.move([motion(10, req_id="second")], second)

    assert rig.player.stats().keyframes == 20
    assert rig.player.stats().discarded_tombstoned == 2


def test_e26_the_last_32_req_ids_are_tombstoned() -> None:
    rig = Rig()
    for turn in range(33):
        conversation = rig.speak(tone(0.1), end=True)
        rig.move([motion(1, req_id=f"r{turn}")], conversation)
        rig.interrupt()
    keyframes = rig.player.stats().keyframes
    conversation = rig.speak(tone(0.1), end=True)

    for turn in range(1, 33):
        rig.move([motion(1, req_id=f"r{turn}")], conversation)
    assert rig.player.stats().keyframes == keyframes
    assert rig.player.stats().discarded_tombstoned == 32

    rig.move([motion(1, req_id="r0")], conversation)
    assert rig.player.stats().keyframes == keyframes + 1


def test_e27_motion_for_another_avatar_is_discarded_with_an_error() -> None:
    rig = Rig(avatar_id="mine")
    conversation = rig.speak(tone(1.0), end=True)

    rig.move([motion(10, avatar_id="yours"), motion(10, avatar_id="mine"), motion(10)], conversation)

    assert [event.reason for event in rig.of_kind("error")] == ["avatar_mismatch"]
    assert rig.player.stats().discarded_avatar == 1
    assert rig.player.stats().keyframes == 20


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_e28_keyframe_that_is_not_finite_is_malformed(value: float) -> None:
    jaw = b"\x22\x0c" + struct.pack("<3f", 0, value, 0)
    rig = Rig()
    conversation = rig.speak(tone(1.0), end=True)

    with pytest.raises(hostmode.DecodeError):
        rig.move([motion(10), b"\x0a" + bytes([len(jaw)]) + jaw], conversation)

    assert rig.player.stats().keyframes == 0
    assert np.isfinite(rig.pose()).all()


@pytest.mark.parametrize(
    "pcm",
    [np.zeros(16, np.float32), np.zeros(16), np.zeros(16, np.int16)[::2], np.zeros((8, 2), np.int16), "text"],
    ids=["float32", "float64", "strided", "stereo", "str"],
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


def test_e32_two_players_have_clocks_and_ids_of_their_own() -> None:
    one, other = Rig(seed=1), Rig(seed=2)
    first = one.speak(tone(1.0), end=True)
    one.run(0.3)
    second = other.speak(tone(1.0), end=True)
    other.run(0.1)
    other.interrupt()

    assert first != second
    assert one.player.conversation_id == first
    assert one.audio_time() == pytest.approx(0.3)
    assert other.audio_time() == 0.0
    assert other.move([motion(5, end=True)], first) is False


def test_e32_idle_motion_follows_the_seed() -> None:
    def idle(seed: int) -> list[np.ndarray]:
        rig = Rig(seed=seed)
        poses = []
        for _ in range(20):
            rig.run(0.1)
            poses.append(rig.pose())
        return poses

    np.testing.assert_array_equal(idle(1), idle(1))
    assert not np.array_equal(idle(1), idle(2))


def test_start_waits_for_the_first_motion_at_most_motion_wait() -> None:
    rig = Rig(motion_wait=0.3)
    rig.speak(tone(1.0), end=True)

    assert not rig.run(0.29).any()
    rig.run(0.1)

    (started,) = rig.of_kind("playback_started")
    assert started.value == pytest.approx(0.3, abs=0.011)


def test_start_comes_as_soon_as_motion_is_there() -> None:
    rig = Rig(motion_wait=0.3)
    conversation = rig.speak(tone(1.0), end=True)
    rig.run(0.1)
    rig.move([motion(25)], conversation)

    assert rig.run(0.1)[RAMP:].any()
    (started,) = rig.of_kind("playback_started")
    assert started.value == pytest.approx(0.1, abs=0.011)


def test_silent_clock_plays_unheard_in_place_of_a_device() -> None:
    player = hostmode.Player(16000, hostmode.PlayerConfig(prebuffer=0, motion_wait=0))
    player.start_silent_clock(now=0.0)
    conversation = player.push_audio(tone(1.0), True, now=0.0)
    player.advance(0.5)
    assert player.audio_time(now=0.5) == pytest.approx(0.5, abs=0.011)

    player.advance(1.1)

    ends = [event for event in player.poll_events() if event.kind == "conversation_end"]
    assert [(end.conversation_id, end.reason) for end in ends] == [(conversation, "playback_end")]
