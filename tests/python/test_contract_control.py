"""Interrupt, pause and resume in the Host Mode contract, E13 to E18, on virtual time."""

from __future__ import annotations

import numpy as np
import pytest
from player_rig import RAMP, Rig, motion, speaking_rig, tone


def test_e13_interrupt_next_block_holds_only_the_fade() -> None:
    rig, _ = speaking_rig()
    rig.interrupt()

    block = rig.run(0.01)

    assert block[: RAMP - 1].all()
    assert np.all(block[:RAMP] <= tone(2.0)[3200 : 3200 + RAMP])
    assert not block[RAMP:].any()
    assert not rig.run(3.0).any()


@pytest.mark.parametrize("left", [1, 20, 79])
def test_e13_interrupt_just_before_the_audio_runs_out_fades_no_longer(left: int) -> None:
    rig = Rig()
    rig.speak(tone(0.2)[: 1600 + left])
    rig.run(0.1)
    rig.interrupt()

    block = rig.run(0.02)

    assert block[left - 1]
    assert not block[RAMP:].any()


def test_e13_interrupt_ends_the_conversation_and_its_motion() -> None:
    rig, conversation = speaking_rig()
    rig.interrupt()

    assert rig.player.conversation_id is None
    assert rig.audio_time() == 0.0
    state = rig.of_kind("conversation_state")[-1]
    assert (state.state, state.reason) == ("idle", "user_action")
    assert rig.ends() == [(conversation, "interrupted")]
    assert rig.move([motion(10, end=True)], conversation) is False
    assert rig.player.stats().discarded_wrong_id == 1


def test_e14_interrupt_while_idle_is_a_no_op() -> None:
    rig = Rig()
    rig.interrupt()
    rig.run(0.1)

    assert rig.events == []


def test_e14_interrupt_again_is_a_no_op() -> None:
    rig, conversation = speaking_rig()
    rig.interrupt()
    rig.poll()

    rig.interrupt()
    rig.run(0.1)
    rig.interrupt()

    assert rig.poll() == []
    assert rig.ends() == [(conversation, "interrupted")]


def test_e15_interrupt_while_paused_ends_the_pause_too() -> None:
    rig, _ = speaking_rig()
    rig.pause()
    rig.run(0.1)
    rig.interrupt()

    assert rig.player.state == "idle"
    assert not rig.run(0.1).any()
    pcm = tone(0.5, seed=2)
    rig.speak(pcm, end=True)
    np.testing.assert_array_equal(rig.run(0.5)[RAMP:], pcm[RAMP:])


def test_e16_pause_and_resume_lose_and_repeat_no_sample() -> None:
    rig, _ = speaking_rig()
    pcm = tone(2.0)
    rig.pause()
    paused = rig.run(0.5)
    rig.resume()
    heard = rig.run(0.5)

    fade = np.arange(RAMP - 1, -1, -1) / RAMP
    np.testing.assert_allclose(paused[:RAMP], pcm[3200 : 3200 + RAMP] * fade, atol=1)
    assert not paused[RAMP:].any()
    rise = np.arange(1, RAMP + 1) / RAMP
    after = pcm[3200 + RAMP :]
    np.testing.assert_allclose(heard[:RAMP], after[:RAMP] * rise, atol=1)
    np.testing.assert_array_equal(heard[RAMP:], after[RAMP : heard.size])


def test_e16_audio_time_and_pose_stand_still_while_paused() -> None:
    rig = Rig(speech_transition=0.0)
    conversation = rig.speak(tone(2.0), end=True)
    rig.move([motion(50, rise=0.02, end=True)], conversation)
    rig.run(0.2)
    rig.pause()
    rig.run(0.1)
    time, pose = rig.audio_time(), rig.pose()

    rig.run(1.0)

    assert time == pytest.approx(0.205)
    assert rig.audio_time() == pytest.approx(time)
    np.testing.assert_allclose(rig.pose(), pose, atol=1e-6)


def test_e16_data_is_taken_while_paused() -> None:
    rig = Rig()
    pcm = tone(1.0)
    conversation = rig.speak(pcm[:8000])
    rig.run(0.2)
    rig.pause()
    rig.run(0.1)
    assert rig.speak(pcm[8000:12000]) == conversation
    assert rig.speak(pcm[12000:], end=True) == conversation
    assert rig.move([motion(25, end=True)], conversation) is True
    rig.resume()

    np.testing.assert_array_equal(rig.run(0.7)[RAMP:], pcm[3200 + 2 * RAMP : 3200 + RAMP + 11200])


def test_e17_pause_while_idle_does_not_hold_what_comes_later() -> None:
    rig = Rig()
    rig.pause()
    pcm = tone(0.2)
    rig.speak(pcm, end=True)

    np.testing.assert_array_equal(rig.run(0.2)[RAMP:], pcm[RAMP:])
    assert "paused" not in rig.states()


def test_e17_pause_while_idle_double_pause_and_resume_while_playing_are_no_ops() -> None:
    rig = Rig()
    rig.pause()
    rig.resume()
    assert rig.poll() == []

    rig.speak(tone(1.0), end=True)
    rig.run(0.2)
    rig.resume()
    rig.pause()
    rig.pause()
    rig.resume()

    assert rig.states() == ["active", "playing", "paused", "playing"]


def test_e18_end_while_paused_stays_paused_and_plays_out_after_resume() -> None:
    rig = Rig()
    conversation = rig.speak(tone(0.5))
    rig.run(0.2)
    rig.pause()
    rig.speak(b"", end=True)

    rig.run(1.0)
    assert rig.player.state == "paused"
    assert rig.ends() == []
    rig.resume()
    rig.run(0.5)

    assert rig.ends() == [(conversation, "playback_end")]
