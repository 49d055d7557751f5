"""The contract's rows on motion, through the Controller, on a clock that the test moves."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from controller_rig import motion, tone

import hostmode
from hostmode import PlayerConfig

# Field 5 of a message of type 4: connection_id "c", req_id "r", code 429, message "slow down".
ERROR = b"\x0a\x01c\x12\x01r\x18\xad\x03\x22\x09slow down"
SERVER_ERROR = b"\x08\x04\x2a" + bytes([len(ERROR)]) + ERROR


def test_rule_2_motion_is_accepted_with_the_current_id_only(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(1.0))
    assert s.avatar.yield_frames_data([motion(1.0, end=True)], None) is False
    assert s.avatar.stats()["keyframes"] == 0
    assert s.avatar.yield_frames_data([motion(1.0, end=True)], cid) is True
    assert s.avatar.stats()["keyframes"] == 25


def test_rule3_motion_with_a_foreign_id_changes_nothing_and_is_counted(stage):
    s = stage()
    s.avatar.yield_audio_data(tone(1.0))
    assert s.avatar.yield_frames_data([motion(1.0, end=True)], "20200101000000_abcdefghijkl") is False
    s.play(0.1)
    assert s.avatar.stats()["discarded_wrong_id"] == 1
    assert s.avatar.stats()["keyframes"] == 0
    assert "motion_discarded" in s.kinds()


@pytest.mark.parametrize("nothing", [[], None])
def test_rule4_empty_motion_makes_this_conversation_audio_only(stage, nothing):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(0.5), end=True)
    s.avatar.yield_frames_data(nothing, cid)
    assert s.avatar.yield_frames_data([motion(0.5, end=True)], cid) is False
    s.play(1.0)
    assert ("playing", "fallback_mode") in s.states
    cid = s.avatar.yield_audio_data(tone(0.5), end=True)
    assert s.avatar.yield_frames_data([motion(0.5, end=True)], cid) is True


def test_e6_motion_before_audio_is_kept_for_it(stage):
    s = stage()
    s.avatar.yield_frames_data([motion(0.5, end=True, req_id="r1")], None)
    s.avatar.yield_audio_data(tone(0.5), end=True)
    s.play(0.2)
    assert s.avatar.stats()["keyframes"] == 12


def test_e7_motion_after_the_audio_end_is_accepted(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(1.0), end=True)
    s.play(0.3)
    assert s.avatar.yield_frames_data([motion(1.0, end=True)], cid) is True


@pytest.mark.parametrize("how", ["interrupted", "replaced", "ended"])
def test_e8_motion_of_an_earlier_conversation_is_discarded(stage, how):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    stale = s.avatar.yield_audio_data(tone(0.2), end=how != "interrupted")
    if how == "interrupted":
        s.avatar.interrupt()
    elif how == "ended":
        s.play(1.0)
    s.avatar.yield_audio_data(tone(1.0))
    assert s.avatar.yield_frames_data([motion(1.0, level=0.2, end=True)], stale) is False
    s.play(0.6)
    assert s.avatar.stats()["keyframes"] == 0
    assert s.avatar.stats()["discarded_wrong_id"] == 1
    assert s.jaw() == 0.0
    (discarded,) = [event for event in s.events if event.kind == "motion_discarded"]
    assert discarded.value == 1.0


@pytest.mark.parametrize("nothing", [[], None])
def test_e9_empty_motion_after_valid_motion_means_audio_only(stage, nothing):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(1.0), end=True)
    s.avatar.yield_frames_data([motion(0.4)], cid)
    s.play(0.2)
    s.avatar.yield_frames_data(nothing, cid)
    assert s.avatar.yield_frames_data([motion(0.6, end=True)], cid) is False
    s.play(2.0)
    assert s.avatar.stats()["keyframes"] == 10
    assert s.avatar.stats()["discarded_audio_only"] == 1
    assert s.ends() == ["playback_end"]


def test_e9_an_envelope_without_keyframes_and_an_empty_message_mean_no_fallback(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(1.0), end=True)
    assert s.avatar.yield_frames_data([b"", motion(0.0)], cid) is False
    assert s.avatar.yield_frames_data([motion(1.0), motion(0.0, end=True)], cid) is True
    assert s.avatar.stats()["keyframes"] == 25
    assert s.avatar.stats()["empty_messages"] == 1


def test_e9b_one_bytes_is_a_list_of_one(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(1.0))
    assert s.avatar.yield_frames_data(motion(1.0, end=True), cid) is True


def test_e10_a_malformed_message_raises_and_the_conversation_goes_on(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(0.3), end=True)
    with pytest.raises(hostmode.DecodeError) as caught:
        s.avatar.yield_frames_data([motion(0.2), motion(0.2)[:-3]], cid)
    assert caught.value.offset >= 0
    s.play(1.0)
    assert s.errors == ["invalid_animation_data"]
    assert s.avatar.stats()["keyframes"] == 0
    assert s.ends() == ["playback_end"]


def test_e11_a_server_error_among_motion_is_reported_and_the_motion_used(stage):
    s = stage()
    told = []
    s.avatar.on_error = lambda error: told.append((error.code, str(error), error.conversation_id))
    cid = s.avatar.yield_audio_data(tone(0.5))
    s.avatar.yield_frames_data([SERVER_ERROR, motion(0.4)], cid)
    s.play(0.1)
    assert told == [("server_error", "429: slow down", cid)]
    assert s.avatar.stats()["keyframes"] == 10


def test_e11_a_message_of_an_unknown_type_is_counted_and_no_error(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(0.5))
    s.avatar.yield_frames_data([b"\x08\x63", motion(0.4)], cid)
    s.play(0.3)
    assert s.errors == []
    assert s.avatar.stats()["unknown_messages"] == 1
    assert s.avatar.stats()["keyframes"] == 10
    assert ("playing", "fallback_mode") not in s.states


def test_e21_strict_sync_reports_a_stall_and_its_end(stage):
    s = stage(config=PlayerConfig(frame_starvation_mode="strict_sync"))
    cid = s.avatar.yield_audio_data(tone(2.0), end=True)
    s.avatar.yield_frames_data([motion(0.5)], cid)
    s.play(1.5)
    assert s.stalls == [True]
    s.avatar.yield_frames_data([motion(1.6, end=True)], cid)
    s.play(3.0)
    assert s.stalls == [True, False]
    assert s.ends() == ["playback_end"]


def test_e21_motion_that_runs_out_eases_towards_idle_and_rejoins_without_a_jump(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0, layers=False))
    cid = s.avatar.yield_audio_data(tone(4.0), end=True)
    s.avatar.yield_frames_data([motion(1.0, level=0.3)], cid)
    shown = []

    def watch(seconds):
        for _ in range(round(seconds * 100)):
            s.play(0.01)
            shown.append(s.jaw())

    watch(0.9)
    assert shown[-1] == pytest.approx(0.3, abs=1e-6)
    watch(1.0)
    assert shown[-1] == pytest.approx(0.0, abs=1e-3)
    assert s.avatar.state == "playing"
    s.avatar.yield_frames_data([motion(3.0, level=0.3, end=True)], cid)
    watch(0.5)
    assert shown[-1] == pytest.approx(0.3, abs=1e-6)
    # A full opening within a transition of 0.32 s is at most 0.02 in 10 ms.
    assert np.abs(np.diff(shown)).max() < 0.02


def test_e22_motion_longer_than_audio_is_shown_to_its_end(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(0.4), end=True)
    s.avatar.yield_frames_data([motion(2.0, end=True)], cid)
    s.play(1.5)
    assert s.ends() == []
    s.play(1.0)
    assert s.ends() == ["playback_end"]


def test_e23_without_motion_the_state_is_playing_and_the_animation_idle(stage):
    s = stage()
    animation = []
    s.avatar.on_animation_state = animation.append
    s.avatar.yield_audio_data(tone(1.0), end=True)
    s.play(0.6)
    assert s.avatar.state == "playing"
    assert animation == []


def test_e26_motion_of_an_interrupted_turn_never_captures_the_next(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(1.0))
    s.avatar.yield_frames_data([motion(0.2, req_id="old")], cid)
    s.avatar.interrupt()
    cid = s.avatar.yield_audio_data(tone(1.0))
    s.avatar.yield_frames_data([motion(0.3, req_id="old")], cid)
    s.avatar.yield_frames_data([motion(0.2, req_id="new")], cid)
    stats = s.avatar.stats()
    assert (stats["discarded_tombstoned"], stats["discarded_other_req_id"]) == (1, 0)


def test_e27_motion_for_another_avatar_is_an_error(stage):
    s = stage(config=PlayerConfig(avatar_id="ann"))
    cid = s.avatar.yield_audio_data(tone(0.5))
    s.avatar.yield_frames_data([motion(0.2, avatar_id="bob")], cid)
    s.play(0.1)
    assert s.errors == ["avatar_mismatch"]


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_e28_a_keyframe_that_no_face_can_have_is_malformed(stage, value):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    cid = s.avatar.yield_audio_data(tone(0.5), end=True)
    jaw = b"\x22\x0c" + struct.pack("<3f", 0, value, 0)
    with pytest.raises(hostmode.DecodeError):
        s.avatar.yield_frames_data([motion(0.2), b"\x0a" + bytes([len(jaw)]) + jaw], cid)
    s.play(0.3)
    assert s.errors == ["invalid_animation_data"]
    assert s.avatar.stats()["keyframes"] == 0
    assert np.isfinite(s.avatar.sample(None, np.empty(120, np.float32))).all()


def test_e6_early_motion_expires_after_five_seconds_and_a_tombstoned_one_is_not_kept(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    s.avatar.yield_frames_data([motion(0.4, req_id="early")], None)
    s.play(5.1)
    cid = s.avatar.yield_audio_data(tone(0.5))
    s.avatar.yield_frames_data([motion(0.4, req_id="turn")], cid)
    assert s.avatar.stats()["keyframes"] == 10
    assert s.avatar.stats()["discarded_expired"] == 1
    s.avatar.interrupt()
    s.avatar.yield_frames_data([motion(0.6, req_id="turn")], None)
    s.avatar.yield_audio_data(tone(0.5))
    assert s.avatar.stats()["keyframes"] == 10
    assert s.avatar.stats()["discarded_tombstoned"] == 1
