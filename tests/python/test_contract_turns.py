"""Turns of the Host Mode contract, E37 and E38: late sound, and where the user was cut off, on virtual time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from player_rig import Rig, motion, speaking_rig, tone


def late(rig: Rig) -> list[tuple[Any, Any]]:
    return [(event.conversation_id, event.reason) for event in rig.of_kind("audio_discarded")]


def say(rig: Rig, pcm: Any, conversation: str | None, end: bool = False) -> str | None:
    return rig.player.push_audio(pcm, end, now=rig.now, conversation_id=conversation)


def test_e37_sound_of_an_interrupted_conversation_opens_nothing() -> None:
    rig, conversation = speaking_rig(0.5)
    rig.interrupt()

    assert say(rig, tone(0.1), conversation) is None
    assert say(rig, tone(0.1), conversation, end=True) is None
    assert np.any(rig.run(0.01))  # the fade
    assert not np.any(rig.run(0.5))

    assert rig.player.conversation_id is None
    assert rig.player.stats().late_audio == 2
    assert late(rig) == [(conversation, "late_audio")] * 2
    assert [event.value for event in rig.of_kind("audio_discarded")] == [0.1, 0.1]


@pytest.mark.parametrize("ended_by", ["playback_end", "replaced", "watchdog"])
def test_e37_sound_of_an_ended_conversation_is_discarded(ended_by: str) -> None:
    rig = Rig(end_timeout=0.5)
    first = rig.speak(tone(0.2), end=ended_by != "watchdog")
    following = rig.speak(tone(0.2), end=True) if ended_by == "replaced" else None
    rig.run(0.1 if following else 1.0)
    assert rig.ends()[0] == (first, ended_by)

    assert say(rig, tone(0.1), first) is None

    assert rig.player.conversation_id == following
    assert late(rig) == [(first, "late_audio")]


def test_e37_sound_after_its_own_end_is_discarded_while_it_still_plays() -> None:
    rig, conversation = speaking_rig(0.5)

    assert say(rig, tone(0.1), conversation) is None
    assert say(rig, b"", conversation, end=True) == conversation  # E12

    rig.run(0.5)
    assert late(rig) == [(conversation, "late_audio")]
    assert rig.ends() == [(conversation, "playback_end")]
    assert rig.of_kind("conversation_end")[0].value == pytest.approx(0.5)


def test_e37_empty_sound_of_a_conversation_that_is_over_is_a_no_op() -> None:
    rig, conversation = speaking_rig(0.5)
    rig.interrupt()

    assert say(rig, b"", conversation) is None
    assert say(rig, b"", conversation, end=True) is None

    assert late(rig) == []


def test_e37_sound_goes_to_the_conversation_it_names() -> None:
    rig = Rig(queue=True)
    pcms = [tone(0.4, seed=seed) for seed in (1, 2)]
    first, second = (rig.player.open_conversation(now=rig.now, turn=True) for _ in pcms)
    assert first != second

    assert say(rig, pcms[1], second, end=True) == second
    assert say(rig, pcms[0], first, end=True) == first

    np.testing.assert_array_equal(rig.run(0.9)[80 : pcms[0].size], pcms[0][80:])
    assert rig.ends() == [(first, "playback_end"), (second, "playback_end")]


def test_e37_sound_without_an_id_opens_a_conversation() -> None:
    rig, conversation = speaking_rig(0.5)
    rig.interrupt()

    opened = say(rig, tone(0.1), None)

    assert opened not in (None, conversation)
    assert rig.player.conversation_id == opened


@pytest.mark.parametrize("pause", [6.0, 50.0])
def test_e37_turn_is_waited_for_longer_than_a_conversation(pause: float) -> None:
    rig = Rig()
    turn = rig.player.open_conversation(now=rig.now, turn=True)
    say(rig, tone(0.4), turn)
    rig.move([motion(10, level=1.0, req_id="answer", end=True)], turn)
    rig.run(0.4 + pause)

    assert say(rig, tone(0.4), turn, end=True) == turn

    rig.run(0.5)
    assert rig.ends() == [(turn, "playback_end")]


def test_e37_turn_that_nobody_ends_is_ended_by_its_own_timeout() -> None:
    rig = Rig(turn_timeout=2.0, end_timeout=0.5)
    turn = rig.player.open_conversation(now=rig.now, turn=True)
    say(rig, tone(0.4), turn)

    rig.run(2.3)
    assert rig.ends() == []
    rig.run(0.3)

    assert rig.ends() == [(turn, "watchdog")]


def test_e37_opened_turn_replaces_one_that_still_takes_sound() -> None:
    rig = Rig()
    first = rig.player.open_conversation(now=rig.now, turn=True)
    say(rig, tone(0.4), first)
    rig.run(0.1)

    second = rig.player.open_conversation(now=rig.now, turn=True)

    assert second != first
    assert rig.ends() == [(first, "replaced")]
    assert rig.player.open_conversation(now=rig.now) == second


def heard_in(rig: Rig) -> float:
    """Return how much of what :func:`tone` makes was heard: all its samples are above zero."""
    return np.count_nonzero(rig.sound > 0) / rig.sample_rate


@pytest.mark.parametrize("block", [64, 160, 441, 1024])
@pytest.mark.parametrize("rate", [16000, 48000])
@pytest.mark.parametrize("at", [0.0, 0.002, 0.1, 0.73])
def test_e38_interrupt_returns_what_will_have_been_heard(rate: int, block: int, at: float) -> None:
    rig = Rig(rate, block=block)
    conversation = rig.speak(tone(1.0, rate))
    if at > 0:
        rig.run(at)

    heard = rig.player.interrupt(now=rig.now)
    rig.speak(-tone(1.0, rate, seed=2), end=True)  # whatever is given next
    rig.run(1.2)

    assert heard is not None
    ended = next(event for event in rig.of_kind("conversation_end") if event.conversation_id == conversation)
    assert ended.value == heard
    assert heard == pytest.approx(heard_in(rig), abs=0.001)


def test_e38_interrupt_while_idle_returns_none() -> None:
    rig, _ = speaking_rig(0.2)
    rig.run(0.5)

    assert rig.player.interrupt(now=rig.now) is None
    assert Rig().player.interrupt(now=0.0) is None


def test_e38_interrupt_before_the_first_sound_returns_zero() -> None:
    rig = Rig(motion_wait=10.0, max_prebuffer=10.0)
    rig.speak(tone(1.0))
    rig.run(0.5)

    assert rig.player.interrupt(now=rig.now) == 0.0


@pytest.mark.parametrize("interrupted_after", [0.0, 0.002, 0.5])
def test_e38_pause_and_underrun_count_nothing(interrupted_after: float) -> None:
    rig = Rig()
    rig.speak(tone(0.3))
    rig.run(0.5)  # 0.2 s of silence
    rig.speak(tone(0.5, seed=2))
    rig.run(0.2)
    rig.pause()
    if interrupted_after > 0:
        rig.run(interrupted_after)

    heard = rig.player.interrupt(now=rig.now)
    rig.run(0.2)

    decay = 0.005  # of the sound that ran dry, which is none of its samples
    assert heard == pytest.approx(heard_in(rig) - decay, abs=0.001)


def test_e38_natural_end_carries_the_whole() -> None:
    rig = Rig()
    conversation = rig.speak(tone(0.7), end=True)
    rig.move([motion(30, end=True)], conversation)  # longer than the sound
    rig.run(2.0)

    assert [event.value for event in rig.of_kind("conversation_end")] == [0.7]


def test_e38_with_a_queue_the_current_conversation_counts() -> None:
    rig = Rig(queue=True)
    for _ in range(2):
        rig.speak(tone(1.0), end=True)
    rig.run(0.3)

    assert rig.player.interrupt(now=rig.now) == pytest.approx(0.305)
    assert [event.value for event in rig.of_kind("conversation_end")] == [pytest.approx(0.305), 0.0]
