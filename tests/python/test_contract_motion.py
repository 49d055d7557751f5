"""What the Host Mode contract says of motion, E6 to E11, E26 and E27: accepted, kept or discarded."""

from __future__ import annotations

import numpy as np
import pytest
from player_rig import Rig, motion, speaking_rig, tone

import hostmode

# type SERVER_ERROR; field 5: connection_id "c", req_id "r", code 429, message "slow down".
ERROR = b"\x0a\x01c\x12\x01r\x18\xad\x03\x22\x09slow down"
SERVER_ERROR = b"\x08\x04\x2a" + bytes([len(ERROR)]) + ERROR


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


def test_e10_messages_glued_together_are_one_and_that_is_said() -> None:
    rig = Rig(speech_transition=0.0)
    conversation = rig.speak(tone(1.0), end=True)

    rig.move([motion(10, level=0.2, req_id="r") + motion(25, level=0.7, req_id="r", end=True)], conversation)
    rig.run(0.3)

    assert rig.level() == pytest.approx(0.7)
    assert rig.player.stats().keyframes == 25
    assert rig.player.stats().discarded_replaced == 1
    assert [event.reason for event in rig.of_kind("motion_discarded")] == ["replaced"]


def test_e10_glued_early_motion_is_said_once_when_audio_opens() -> None:
    rig = Rig()
    rig.move([motion(10, req_id="r") + motion(5, req_id="r")], None)
    rig.speak(tone(1.0), end=True)

    assert rig.player.stats().discarded_replaced == 1


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
        rig.move([motion(1, level=1.0, req_id=f"r{turn}")], conversation)
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


def discarded(rig: Rig) -> list[str | None]:
    return [event.reason for event in rig.of_kind("motion_discarded")]


def test_e12_motion_after_its_request_ended_is_discarded() -> None:
    rig, conversation = speaking_rig()
    assert rig.move([motion(10, level=1.0, req_id="a", end=True)], conversation) is True

    assert rig.move([motion(3, level=5.0, req_id="a")], conversation) is False
    assert rig.move([motion(3, level=5.0, req_id="a", end=True)], conversation) is False

    assert discarded(rig) == ["after_end"] * 2
    assert rig.player.stats().discarded_after_end == 2
    assert rig.player.stats().keyframes == 10


def test_e12_message_that_comes_again_is_discarded() -> None:
    rig, conversation = speaking_rig()
    messages = [motion(5, level=0.2 * i, rise=0.01, req_id="a") for i in range(4)]
    rig.move(messages, conversation)
    for message in (messages[0], messages[3]):
        rig.move(message, conversation)
    rig.move([*messages[:2], motion(5, level=3.0, rise=0.01, req_id="a")], conversation)

    assert discarded(rig) == ["duplicate"] * 4
    assert rig.player.stats().discarded_duplicate == 4
    assert rig.player.stats().keyframes == 25


def test_e12_still_and_short_messages_may_repeat() -> None:
    rig, conversation = speaking_rig()
    for _ in range(3):
        rig.move([motion(20, level=0.3, req_id="a"), motion(4, rise=0.1, req_id="a")], conversation)

    assert rig.player.stats().keyframes == 72
    assert discarded(rig) == []


def test_e26_second_sentence_goes_on_after_the_end_of_the_first() -> None:
    rig = Rig()
    conversation = rig.speak(tone(3.0), end=True)
    assert rig.move([motion(25, level=1.0, req_id="one", end=True)], conversation) is True
    assert rig.move([motion(25, level=2.0, req_id="two")], conversation) is False
    assert rig.move([motion(5, level=9.0, req_id="three")], conversation) is False
    assert rig.move([motion(5, level=9.0, rise=0.1, req_id="one")], conversation) is False
    assert rig.move([motion(25, level=2.0, req_id="two", end=True)], conversation) is True

    assert discarded(rig) == ["other_req_id", "after_end"]
    assert rig.player.stats().keyframes == 75
    rig.run(0.6)
    assert rig.level() == pytest.approx(1.0, abs=1e-4)
    rig.run(1.0)
    assert rig.level() == pytest.approx(2.0, abs=1e-4)


@pytest.mark.parametrize("ended_by", ["interrupted", "replaced", "playback_end"])
def test_e26_same_clip_again_opens_its_requests_anew(ended_by: str) -> None:
    rig = Rig()
    clip = [motion(10, rise=0.1, req_id="a"), motion(10, level=1.0, rise=0.1, req_id="a", end=True)]
    second = motion(10, level=3.0, rise=0.1, req_id="b", end=True)
    for _ in range(3):
        conversation = rig.speak(tone(1.0), end=True)
        assert rig.move(clip, conversation) is True
        assert rig.move(second, conversation) is True
        rig.run(2.0 if ended_by == "playback_end" else 0.2)
        if ended_by == "interrupted":
            rig.interrupt()

    assert discarded(rig) == []
    assert rig.player.stats().keyframes == 90


def test_e26_late_frames_that_are_not_the_first_open_nothing() -> None:
    rig, first = speaking_rig()
    clip = [motion(5, level=level, rise=0.1, req_id="a") for level in (0.0, 1.0, 2.0)]
    rig.move(clip[:2], first)
    rig.interrupt()
    conversation = rig.speak(tone(1.0), end=True)

    assert rig.move(clip[1], conversation) is False
    assert rig.move(clip[2], conversation) is False
    assert rig.move(clip[2], conversation) is False

    assert discarded(rig) == ["tombstoned"] * 3


def test_e26_request_that_the_watchdog_ended_goes_on() -> None:
    rig = Rig(end_timeout=0.5)
    first = rig.speak(tone(0.4))
    rig.move([motion(10, level=1.0, req_id="answer")], first)
    rig.run(2.0)
    assert rig.ends() == [(first, "watchdog")]

    second = rig.speak(tone(0.4), end=True)

    assert rig.move([motion(10, level=1.0, req_id="answer", end=True)], second) is True
    assert discarded(rig) == []


@pytest.mark.parametrize("pauses", [1, 3])
def test_e26_answer_that_the_watchdog_ended_goes_on_with_the_id_it_was_told(pauses: int) -> None:
    rig = Rig(end_timeout=0.5, layers=False)
    first = rig.speak(tone(0.4))
    rig.move([motion(10, level=1.0, req_id="answer")], first)
    for pause in range(pauses):
        rig.run(2.0)
        assert rig.ends()[-1][1] == "watchdog"
        assert rig.speak(tone(0.4)) != first
        assert rig.move([motion(10, level=0.5, req_id="answer", end=pause + 1 == pauses)], first) is (
            pause + 1 == pauses
        )
        rig.run(0.35)
        assert rig.level() == pytest.approx(0.5, abs=0.1)

    assert discarded(rig) == []


@pytest.mark.parametrize("id_of", ["the old", "the new", "none"])
@pytest.mark.parametrize("pauses", [1, 2])
def test_e14_interrupt_while_idle_makes_late_what_the_watchdog_ended(id_of: str, pauses: int) -> None:
    rig = Rig(end_timeout=0.5)
    for pause in range(pauses):
        first = rig.speak(tone(0.4))
        if pause == 0:
            old = first
        rig.move([motion(10, level=1.0, rise=0.01 * (pause + 1), req_id="answer")], old)
        rig.run(2.0)
    assert rig.ends()[-1][1] == "watchdog"

    rig.interrupt()
    if id_of == "none":
        assert rig.move([motion(10, level=0.5, req_id="answer")], None) is False
    second = rig.speak(tone(1.0))
    if id_of != "none":
        assert rig.move([motion(10, level=0.5, req_id="answer")], old if id_of == "the old" else second) is False
    assert discarded(rig) == ["wrong_id" if id_of == "the old" else "tombstoned"]
    rig.run(0.5)
    assert abs(rig.level()) < 0.01
    assert rig.move([motion(10, level=0.5, req_id="next", end=True)], second) is True


@pytest.mark.parametrize("between", ["end", "motion_end", "interrupt", "another", "turn"])
def test_rule3_id_of_a_conversation_that_is_over_is_not_taken_up_again(between: str) -> None:
    rig = Rig(end_timeout=0.5)
    first = rig.speak(tone(0.4), end=between == "end")
    rig.move([motion(10, req_id="answer", end=between == "motion_end")], first)
    rig.run(0.1 if between == "interrupt" else 2.0)
    if between == "interrupt":
        rig.interrupt()
    if between == "another":
        rig.speak(tone(0.1), end=True)
        rig.run(1.0)
    if between == "turn":
        rig.player.open_conversation(now=rig.now, turn=True)
    rig.speak(tone(0.4))

    assert rig.move([motion(10, req_id="answer")], first) is False
    assert discarded(rig) == ["wrong_id"]


def test_e26_call_of_which_nothing_was_taken_returns_false() -> None:
    rig, conversation = speaking_rig()
    assert rig.move([motion(10, req_id="a", end=True)], conversation) is True

    assert rig.move([motion(10, req_id="a"), motion(3, req_id="a")], conversation) is False
    assert rig.move([b""], conversation) is False
    assert rig.move(None, conversation) is True
    assert rig.move([motion(10, req_id="b", end=True)], conversation) is False


def test_e14_interrupt_while_idle_says_what_it_drops() -> None:
    rig = Rig()
    rig.move([motion(5, req_id="a"), motion(5, level=1.0, req_id="a")], None)

    rig.interrupt()
    rig.interrupt()

    (event,) = rig.of_kind("motion_discarded")
    assert (event.reason, event.value) == ("interrupted", 2.0)
    assert rig.player.stats().discarded_interrupted == 2
    assert rig.states() == []
