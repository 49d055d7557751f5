"""The contract's rules on time, through the Controller: what belongs together, what waits for what."""

from __future__ import annotations

import numpy as np
import pytest
from controller_rig import JAW, Stage, motion, tone

import hostmode
from hostmode import PlayerConfig

# Only what was pushed, at once: no wait, no transitions, no blinks.
BARE = {"motion_wait": 0.0, "speech_transition": 0.0, "idle_transition": 0.0, "layers": False}


def speak(s: Stage, seconds: float, message: bytes) -> None:
    """Take in a whole conversation and play up to its first sample."""
    s.avatar.yield_frames_data([message], s.avatar.yield_audio_data(tone(seconds), end=True))
    while "playback_started" not in s.kinds():
        s.play(0.01)


def test_keyframe_i_is_shown_when_second_i_25th_is_heard(stage):
    s = stage(config=PlayerConfig(**BARE))
    speak(s, 4.0, motion(4.0, rise=0.003, end=True))
    for index in (10, 25, 60, 99):
        s.play(s.started_at() + index / 25 - s.time)
        assert s.avatar.get_audio_time() == pytest.approx(index / 25, abs=1e-6)
        assert s.jaw() == pytest.approx(0.003 * index, abs=1e-6)


def test_the_face_follows_the_sound_and_not_the_time_of_day(stage):
    s = stage(config=PlayerConfig(**BARE))
    s.avatar.yield_frames_data([motion(2.0, rise=0.003, end=True)], s.avatar.yield_audio_data(tone(0.5)))
    s.play(3.0)
    # The sound ran dry at half a second, and so did the face.
    assert s.avatar.get_audio_time() == pytest.approx(0.5, abs=1e-6)
    assert s.jaw() == pytest.approx(0.003 * 12.5, abs=1e-5)


def test_the_audio_time_restarts_at_zero_for_each_conversation_and_is_zero_while_idle(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    assert s.avatar.get_audio_time() == 0.0
    for _ in range(2):
        s.avatar.yield_audio_data(tone(0.5), end=True)
        s.play(0.02)
        assert s.avatar.get_audio_time() <= 0.02
        s.play(0.3)
        assert s.avatar.get_audio_time() > 0.2
        s.play(1.0)
        assert s.avatar.get_audio_time() == 0.0


def test_the_position_reported_after_a_natural_end_is_the_whole_length(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    s.avatar.yield_audio_data(tone(0.537), end=True)
    s.play(2.0, step=0.25)
    assert s.ends() == ["playback_end"]
    assert s.avatar.stats()["heard"] == pytest.approx(0.537, abs=1e-4)


@pytest.mark.parametrize(("wait", "heard_from"), [(0.3, 0.3), (0.1, 0.1), (0.0, 0.0)])
def test_sound_waits_for_the_first_motion_for_motion_wait_and_no_longer(stage, wait, heard_from):
    s = stage(config=PlayerConfig(motion_wait=wait))
    s.avatar.yield_audio_data(tone(2.0))
    s.play(1.0)
    (started,) = [event for event in s.events if event.kind == "playback_started"]
    assert started.time - 1000.0 == pytest.approx(heard_from, abs=0.011)
    # The wait that was taken is reported.
    assert started.value == pytest.approx(started.time - 1000.0, abs=1e-6)
    assert s.avatar.stats()["time_to_first_sound"] == started.value


def test_sound_starts_with_the_first_motion_when_that_comes_sooner(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(2.0))
    s.play(0.1)
    s.avatar.yield_frames_data([motion(1.0)], cid)
    s.play(0.1)
    assert s.started_at() - 1000.0 == pytest.approx(0.1, abs=0.011)


def test_the_prebuffer_grows_with_the_jitter_of_what_arrives(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    steady = s.avatar.stats()["prebuffer"]
    for _ in range(10):
        s.avatar.yield_audio_data(tone(0.1))
        s.play(0.02)
        s.avatar.yield_audio_data(tone(0.1))
        s.play(0.3)
    assert steady < s.avatar.stats()["prebuffer"] <= PlayerConfig().max_prebuffer


@pytest.mark.parametrize("duration", [0.32, 0.6])
def test_the_face_turns_to_speech_within_the_transition_that_begins_with_the_sound(stage, duration):
    s = stage(config=PlayerConfig(motion_wait=0.0, layers=False, speech_transition=duration))
    speak(s, 3.0, motion(3.0, level=0.3, end=True))
    started = s.started_at()
    at = []
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        s.play(max(0.0, started + part * duration - s.time))
        at.append(s.jaw(started + part * duration))
    assert at[0] == pytest.approx(0.0, abs=0.002)
    assert at == sorted(at)
    assert at[2] == pytest.approx(0.15, abs=0.02)
    assert at[4] == pytest.approx(0.3, abs=1e-5)


def test_the_face_returns_to_idle_within_800_ms_and_the_state_changes_at_the_start_of_it(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0, layers=False))
    speak(s, 1.0, motion(1.0, level=0.3, end=True))
    s.play(3.0)
    (idle,) = [event for event in s.events if event.kind == "conversation_state" and event.state == "idle"]
    assert idle.time == pytest.approx(s.started_at() + 1.0, abs=0.011)
    s = stage(config=PlayerConfig(motion_wait=0.0, layers=False))
    speak(s, 1.0, motion(1.0, level=0.3, end=True))
    s.play(1.0 + 0.4)
    assert 0.05 < s.jaw() < 0.25
    s.play(0.45)
    assert s.jaw() == pytest.approx(0.0, abs=1e-3)


def test_sound_does_not_wait_for_a_transition(stage):
    starts = []
    for transition in (0.0, 2.0):
        s = stage(config=PlayerConfig(motion_wait=0.0, speech_transition=transition))
        speak(s, 1.0, motion(1.0, end=True))
        starts.append(s.started_at())
    assert starts[0] == starts[1]


def test_what_one_viewer_sees_does_not_depend_on_another(stage):
    def watch(other_viewer):
        s = stage(config=PlayerConfig(seed=5))
        speak(s, 2.0, motion(2.0, rise=0.005, end=True))
        seen = []
        for _ in range(150):
            s.play(0.02)
            if other_viewer:
                s.avatar.sample(s.time - 0.1)
                s.avatar.sample(s.time - 0.013)
            seen.append(s.avatar.sample(None, np.empty(120, np.float32)).copy())
        return seen

    np.testing.assert_array_equal(watch(False), watch(True))


def test_idle_is_alive_and_repeats_with_its_seed(stage):
    def idle(seed):
        s = stage(config=PlayerConfig(seed=seed))
        poses = []
        for _ in range(200):
            s.play(0.05)
            poses.append(s.avatar.sample(None, np.empty(120, np.float32)).copy())
        return np.array(poses)

    one, same, other = idle(1), idle(1), idle(2)
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.01
    lids = hostmode.KEYFRAME_DTYPE.fields["eye_lid"][1] // 4
    assert np.ptp(one[:, lids]) > 0.3


def test_blinks_go_on_over_speech_that_has_none_and_can_be_switched_off(stage):
    lids = hostmode.KEYFRAME_DTYPE.fields["eye_lid"][1] // 4
    ranges = {}
    for layers in (True, False):
        s = stage(config=PlayerConfig(motion_wait=0.0, layers=layers))
        speak(s, 20.0, motion(20.0, level=0.2, end=True))
        s.play(0.5)
        seen = []
        for _ in range(900):
            s.play(0.02)
            seen.append(s.avatar.sample(None, np.empty(120, np.float32)).copy())
        assert np.array(seen)[:, JAW] == pytest.approx(0.2, abs=1e-5)
        ranges[layers] = float(np.ptp(np.array(seen)[:, lids]))
    assert ranges[True] > 0.3
    assert ranges[False] == 0.0
