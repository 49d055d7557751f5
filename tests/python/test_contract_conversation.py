"""Conversations of the Host Mode contract, E1 to E5, E12 and E32: ids and ends, on virtual time."""

from __future__ import annotations

import numpy as np
import pytest
from player_rig import EXPRESSION, RAMP, START, Rig, motion, speaking_rig, tone

import hostmode


def test_e1_empty_end_closes_the_conversation_and_returns_its_id() -> None:
    rig = Rig()
    conversation = rig.speak(tone(0.2))

    assert rig.speak(b"", end=True) == conversation
    rig.run(0.3)
    assert rig.ends() == [(conversation, "playback_end")]


def test_e2_empty_end_with_nothing_open_is_a_no_op() -> None:
    rig = Rig()

    assert rig.speak(b"", end=True) is None
    assert rig.speak(b"") is None
    rig.run(0.1)
    assert rig.events == []


def test_e1_empty_end_closes_the_conversation_that_takes_audio_and_not_the_one_that_plays() -> None:
    rig = Rig(queue=True)
    first = rig.speak(tone(0.3), end=True)
    rig.run(0.1)
    second = rig.speak(tone(0.3))
    assert second != first

    assert rig.speak(b"", end=True) == second
    rig.run(0.6)

    assert rig.ends() == [(first, "playback_end"), (second, "playback_end")]


def test_e3_missing_end_after_final_motion_is_ended_by_the_watchdog() -> None:
    rig = Rig()
    conversation = rig.speak(tone(0.4))
    rig.move([motion(10, end=True)], conversation)

    rig.run(0.4)
    assert rig.ends() == []
    rig.run(1.0)

    assert rig.ends() == [(conversation, "watchdog")]
    assert rig.player.state == "idle"
    assert rig.player.conversation_id is None


def test_e3_missing_end_without_motion_is_ended_after_the_timeout() -> None:
    rig = Rig(end_timeout=2.0)
    conversation = rig.speak(tone(0.4))

    rig.run(2.3)
    assert rig.ends() == []
    rig.run(0.3)

    assert rig.ends() == [(conversation, "watchdog")]


@pytest.mark.parametrize("heard", [0.1, 0.3], ids=["in_mid_speech", "drained"])
def test_e3_watchdog_waits_while_paused(heard: float) -> None:
    rig = Rig(end_timeout=0.5)
    conversation = rig.speak(tone(0.2))
    rig.run(heard)
    rig.pause()

    rig.run(3.0)
    assert rig.ends() == []
    rig.resume()
    rig.run(0.4)
    assert rig.ends() == []
    rig.run(0.5)

    assert rig.ends() == [(conversation, "watchdog")]


def test_e4_audio_after_end_cuts_the_old_conversation_with_a_fade() -> None:
    rig, first = speaking_rig()
    second_pcm = tone(1.0, seed=2)
    second = rig.speak(second_pcm, end=True)

    assert second != first
    assert rig.player.conversation_id == second
    heard = rig.run(0.5)

    assert rig.ends() == [(first, "replaced")]
    old = tone(2.0)[3200 : 3200 + RAMP]
    assert np.all(np.abs(heard[:RAMP]) <= old)
    np.testing.assert_array_equal(heard[2 * RAMP :], second_pcm[RAMP : heard.size - RAMP])


def test_e4_pose_crossfades_to_the_new_conversation() -> None:
    rig = Rig()
    first = rig.speak(tone(3.0), end=True)
    rig.move([motion(75, level=1.0, end=True)], first)
    rig.run(1.0)
    assert rig.level() == pytest.approx(1.0)

    second = rig.speak(tone(3.0), end=True)
    rig.move([motion(75, level=-1.0, end=True)], second)

    assert rig.largest_step(1.0) < 0.2
    assert rig.level() == pytest.approx(-1.0)


def test_e4_queued_audio_plays_after_the_old_conversation() -> None:
    rig = Rig(queue=True)
    pcms = [tone(0.2, seed=1), tone(0.2, seed=2)]
    first, second = (rig.speak(pcm, end=True) for pcm in pcms)

    assert rig.player.conversation_id == first
    heard = rig.run(0.5)

    np.testing.assert_array_equal(heard[RAMP:3200], pcms[0][RAMP:])
    np.testing.assert_array_equal(heard[3200 + RAMP : 6400], pcms[1][RAMP:])
    assert rig.ends() == [(first, "playback_end"), (second, "playback_end")]


def test_e4_queued_conversations_follow_one_another_without_an_idle_state_between() -> None:
    rig = Rig(queue=True)
    for seed in (1, 2, 3):
        rig.speak(tone(0.2, seed=seed), end=True)
    rig.run(1.0)

    assert rig.states() == ["active", "playing", "active", "playing", "active", "playing", "idle"]


def test_e4_face_does_not_go_idle_between_queued_conversations() -> None:
    rig = Rig(queue=True)
    for number in range(3):
        conversation = rig.speak(tone(0.4, seed=number), end=True)
        rig.move([motion(11, level=0.5, req_id=str(number), end=True)], conversation)
    rig.run(1.5)

    shown = [event.state for event in rig.events if event.kind == "animation_state"]
    assert shown == ["mono", "idle"]


def test_e4_queued_sound_without_motion_is_animated_by_nothing() -> None:
    rig = Rig(queue=True)
    first = rig.speak(tone(0.4), end=True)
    rig.move([motion(13, req_id="a", end=True)], first)
    rig.speak(tone(0.4, seed=2), end=True)
    rig.run(1.2)

    shown = [(event.state, round(event.time - START, 3)) for event in rig.events if event.kind == "animation_state"]
    assert shown == [("mono", 0.0), ("idle", 0.4)]


@pytest.mark.parametrize("longer", [1, 3, 8])
def test_e4_motion_that_outlasts_its_sound_keeps_no_queued_sound_waiting(longer: int) -> None:
    rig = Rig(queue=True)
    pcms = [tone(0.4, seed=seed) for seed in (1, 2, 3)]
    for number, pcm in enumerate(pcms):
        conversation = rig.speak(pcm, end=True)
        rig.move([motion(10 + longer, level=0.5, req_id=str(number), end=True)], conversation)
    heard = rig.run(1.3 + longer / 25)

    for i, pcm in enumerate(pcms):
        np.testing.assert_array_equal(heard[6400 * i + RAMP : 6400 * (i + 1)], pcm[RAMP:])


def test_e4_sound_that_is_queued_while_only_motion_goes_on_is_heard_at_once() -> None:
    rig = Rig(queue=True)
    first = rig.speak(tone(0.2), end=True)
    rig.move([motion(25, req_id="a", end=True)], first)
    rig.run(0.5)
    second = tone(0.2, seed=2)
    rig.speak(second, end=True)

    np.testing.assert_array_equal(rig.run(0.2)[RAMP:3200], second[RAMP:])


def test_e4_motion_goes_on_while_what_is_queued_may_not_start() -> None:
    rig = Rig(queue=True, prebuffer=0.3, max_prebuffer=0.3, speech_transition=0.0)
    first = rig.speak(tone(0.2), end=True)
    rig.move([motion(26, rise=0.04, req_id="a", end=True)], first)
    rig.run(0.4)
    rig.speak(tone(0.1, seed=2))
    rig.run(0.1)
    foreseen = np.empty((1, hostmode.KEYFRAME_FLOATS), np.float32)
    rig.player.sample_into(rig.now + np.array([0.1]), foreseen)
    rig.run(0.1)

    assert rig.level() == pytest.approx(0.6, abs=1e-3)
    assert foreseen[0, EXPRESSION] == pytest.approx(0.6, abs=1e-3)


def test_e4_queued_sound_in_place_of_motion_that_goes_on_is_foreseen() -> None:
    rig = Rig(queue=True)
    for number in (1, 2):
        conversation = rig.speak(tone(0.4, seed=number), end=True)
        rig.move([motion(20, level=0.3 * number, req_id=str(number), end=True)], conversation)
    rig.run(0.1)
    times = rig.now + np.arange(80) / 100
    foreseen = np.empty((len(times), hostmode.KEYFRAME_FLOATS), np.float32)
    rig.player.sample_into(times, foreseen)

    for instant, pose in zip(times, foreseen, strict=True):
        assert rig.now == pytest.approx(instant)
        assert rig.level() == pytest.approx(pose[EXPRESSION], abs=1e-3)
        rig.run(0.01)


def test_e5_id_is_constant_until_replaced() -> None:
    rig = Rig()
    first = rig.speak(tone(0.2))
    for _ in range(3):
        rig.run(0.05)
        assert rig.player.conversation_id == first
    rig.speak(tone(0.2), end=True)
    rig.run(0.1)
    assert rig.player.conversation_id == first

    second = rig.speak(tone(0.2))

    assert second != first
    assert rig.player.conversation_id == second


def test_e12_repeated_end_changes_nothing() -> None:
    rig, conversation = speaking_rig(0.5)

    assert rig.speak(b"", end=True) == conversation
    assert rig.move([motion(5, end=True)], conversation) is True
    assert rig.move([motion(0, end=True)], conversation) is True
    rig.run(0.5)

    assert rig.ends() == [(conversation, "playback_end")]
    assert rig.speak(b"", end=True) is None


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
