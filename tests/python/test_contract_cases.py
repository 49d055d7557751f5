"""The edge cases of the Host Mode contract, E1 to E19: calls and data, on virtual time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from player_rig import Rig, motion, tone

import hostmode

RAMP = 80  # samples of 5 ms at 16 kHz

# type SERVER_ERROR; field 5: connection_id "c", req_id "r", code 429, message "slow down".
ERROR = b"\x0a\x01c\x12\x01r\x18\xad\x03\x22\x09slow down"
SERVER_ERROR = b"\x08\x04\x2a" + bytes([len(ERROR)]) + ERROR


def speaking_rig(seconds: float = 2.0, **config: Any) -> tuple[Rig, str]:
    """Return a rig that has played 0.2 s of a complete utterance."""
    rig = Rig(**config)
    conversation = rig.speak(tone(seconds), end=True)
    assert conversation is not None
    rig.run(0.2)
    return rig, conversation


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


def test_e3_watchdog_waits_while_paused() -> None:
    rig = Rig(end_timeout=0.5)
    rig.speak(tone(0.2))
    rig.run(0.1)
    rig.pause()

    rig.run(3.0)

    assert rig.ends() == []


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


def test_e6_motion_before_audio_is_attached_when_audio_opens() -> None:
    rig = Rig(speech_transition=0.0)
    rig.move([motion(25, level=0.2, req_id="older")], None)
    rig.move([motion(25, level=0.7, req_id="newer")], None)
    rig.run(1.0)

    rig.speak(tone(1.0), end=True)
    rig.run(0.3)

    assert rig.level() == pytest.approx(0.7)
    assert rig.player.stats().keyframes == 25


def test_e6_early_motion_expires() -> None:
    rig = Rig()
    rig.move([motion(25, level=0.7, req_id="r")], None)
    rig.run(5.1)

    rig.speak(tone(1.0), end=True)
    rig.run(0.3)

    assert rig.player.stats().keyframes == 0
    assert [event.reason for event in rig.of_kind("motion_discarded")] == ["expired"]


def test_e6_early_motion_beyond_the_bound_is_refused_as_a_whole() -> None:
    rig = Rig(max_motion=1.0)
    rig.move([motion(5, req_id="r")], None)

    with pytest.raises(hostmode.BufferFullError):
        rig.move([motion(20, req_id="r"), motion(1, req_id="r")], None)
    rig.speak(tone(0.5), end=True)

    assert rig.player.stats().keyframes == 5


def test_e7_motion_after_audio_end_is_accepted_until_played() -> None:
    rig, conversation = speaking_rig(1.0)

    rig.move([motion(10)], conversation)
    rig.run(0.3)
    assert rig.move([motion(15, end=True)], conversation) is True
    assert rig.player.stats().keyframes == 25

    rig.run(1.0)
    assert rig.move([motion(15, end=True)], conversation) is False
    assert rig.player.stats().discarded_wrong_id == 1


def test_e8_motion_of_a_replaced_conversation_is_discarded() -> None:
    rig, first = speaking_rig()
    rig.speak(tone(1.0), end=True)

    assert rig.move([motion(25, end=True)], first) is False
    assert rig.player.stats().keyframes == 0
    assert rig.player.stats().discarded_wrong_id == 1


@pytest.mark.parametrize("empty", [[], None])
def test_e9_empty_motion_after_valid_motion_means_audio_only(empty: list[bytes] | None) -> None:
    rig, conversation = speaking_rig()
    rig.move([motion(10)], conversation)
    rig.move(empty, conversation)

    rig.move([motion(15, end=True)], conversation)
    rig.run(2.0)

    assert rig.player.stats().keyframes == 10
    assert rig.ends() == [(conversation, "playback_end")]


def test_e9b_one_bytes_is_a_list_of_one() -> None:
    rig, conversation = speaking_rig()

    assert rig.move(motion(10, end=True), conversation) is True
    assert rig.player.stats().keyframes == 10


def test_e10_malformed_message_applies_nothing_and_leaves_the_audio_alone() -> None:
    rig, conversation = speaking_rig()
    broken = motion(10)[:-3]

    with pytest.raises(hostmode.DecodeError, match="message 1") as caught:
        rig.move([motion(10), broken], conversation)

    assert 0 <= caught.value.offset <= len(broken)
    assert rig.player.stats().keyframes == 0
    assert rig.player.stats().malformed_messages == 1
    (error,) = rig.of_kind("error")
    assert (error.reason, error.conversation_id) == ("invalid_animation_data", conversation)
    np.testing.assert_array_equal(rig.run(0.5), tone(2.0)[3200:11200])
    assert rig.move([motion(10, end=True)], conversation) is True


def test_e11_server_error_in_the_list_is_reported_and_motion_beside_it_used() -> None:
    rig, conversation = speaking_rig()

    rig.move([SERVER_ERROR, motion(10)], conversation)

    (error,) = rig.of_kind("error")
    assert error.reason == "server_error"
    assert error.message == "429: slow down"
    assert rig.player.stats().keyframes == 10


def test_e11_unknown_type_is_skipped_and_counted() -> None:
    rig, conversation = speaking_rig()

    rig.move([b"\x08\x63", motion(10)], conversation)

    assert rig.of_kind("error") == []
    assert rig.player.stats().unknown_messages == 1
    assert rig.player.stats().keyframes == 10


def test_e12_repeated_end_changes_nothing() -> None:
    rig, conversation = speaking_rig(0.5)

    assert rig.speak(b"", end=True) == conversation
    assert rig.move([motion(5, end=True)], conversation) is True
    assert rig.move([motion(0, end=True)], conversation) is True
    rig.run(0.5)

    assert rig.ends() == [(conversation, "playback_end")]
    assert rig.speak(b"", end=True) is None


def test_e13_interrupt_next_block_holds_only_the_fade() -> None:
    rig, _ = speaking_rig()
    rig.interrupt()

    block = rig.run(0.01)

    assert block[: RAMP - 1].all()
    assert np.all(block[:RAMP] <= tone(2.0)[3200 : 3200 + RAMP])
    assert not block[RAMP:].any()
    assert not rig.run(3.0).any()


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
    rig.speak(pcm[:8000])
    rig.run(0.2)
    rig.pause()
    rig.run(0.1)
    conversation = rig.speak(pcm[8000:], end=True)
    assert rig.move([motion(25, end=True)], conversation) is True
    rig.resume()

    np.testing.assert_array_equal(rig.run(0.7)[RAMP:], pcm[3200 + 2 * RAMP : 3200 + RAMP + 11200])


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
