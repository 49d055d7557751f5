"""The four rules of the Host Mode contract, and one end for every conversation whatever happens."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest
from player_rig import Rig, motion, tone


def test_rule1_every_chunk_of_an_utterance_returns_the_same_id() -> None:
    rig = Rig()
    ids = set()
    for _ in range(5):
        ids.add(rig.speak(tone(0.1)))
        rig.run(0.05)
    ids.add(rig.speak(b"", end=True))

    assert ids == {rig.player.conversation_id}


def test_rule1_ids_are_a_utc_time_and_twelve_characters() -> None:
    conversation = Rig().speak(tone(0.1))

    assert conversation is not None
    assert re.fullmatch(r"\d{14}_[A-Za-z0-9_-]{12}", conversation)


def test_rule2_motion_with_the_current_id_is_shown() -> None:
    rig = Rig(speech_transition=0.0)
    conversation = rig.speak(tone(1.0), end=True)

    assert rig.move([motion(25, level=0.7)], conversation) is False
    rig.run(0.5)

    assert rig.level() == pytest.approx(0.7)


def test_rule2_motion_without_id_is_discarded_while_a_conversation_is_open() -> None:
    rig = Rig()
    rig.speak(tone(1.0))

    assert rig.move([motion(25, level=0.7, end=True)], None) is False
    assert rig.player.stats().keyframes == 0
    assert rig.player.stats().discarded_wrong_id == 1


@pytest.mark.parametrize("messages", [[motion(25, level=0.7, end=True)], [b"\xff"], [], None])
def test_rule3_motion_with_a_foreign_id_changes_nothing_and_is_reported(messages: list[bytes] | None) -> None:
    rig, untouched = Rig(), Rig()
    for each in (rig, untouched):
        conversation = each.speak(tone(1.0), end=True)
        each.move([motion(10, level=0.3, rise=0.01)], conversation)
        each.run(0.2)
    before = rig.player.stats()

    assert rig.move(messages, "20250101000000_abcdefghijkl") is False

    (event,) = rig.of_kind("motion_discarded")
    assert (event.reason, event.conversation_id) == ("wrong_id", "20250101000000_abcdefghijkl")
    assert event.value == len(messages or [])
    assert rig.player.stats().discarded_wrong_id == before.discarded_wrong_id + len(messages or [])
    assert rig.player.stats().keyframes == before.keyframes
    for _ in range(12):
        np.testing.assert_array_equal(rig.run(0.1), untouched.run(0.1))
        np.testing.assert_array_equal(rig.pose(), untouched.pose())


@pytest.mark.parametrize("empty", [[], None])
def test_rule4_empty_motion_means_audio_only_for_that_conversation(empty: list[bytes] | None) -> None:
    rig = Rig(speech_transition=0.0)
    pcm = tone(0.5)
    first = rig.speak(pcm, end=True)

    assert rig.move(empty, first) is False
    assert rig.move([motion(25, level=0.7, end=True)], first) is False
    heard = rig.run(0.4)

    np.testing.assert_array_equal(heard[80:], pcm[80 : heard.size])
    assert rig.level() == pytest.approx(0.0, abs=1e-6)
    assert rig.player.stats().discarded_audio_only == 1

    rig.run(0.5)
    second = rig.speak(tone(0.5), end=True)
    assert rig.move([motion(25, level=0.7, end=True)], second) is True
    rig.run(0.2)
    assert rig.level() == pytest.approx(0.7)


def test_rule4_envelope_without_keyframes_is_not_empty_motion() -> None:
    rig = Rig(speech_transition=0.0)
    conversation = rig.speak(tone(1.0), end=True)

    assert rig.move([motion(0)], conversation) is False
    rig.move([motion(25, level=0.7)], conversation)
    rig.run(0.2)

    assert rig.level() == pytest.approx(0.7)
    assert rig.move([motion(0, end=True)], conversation) is True


def test_rule4_empty_message_in_a_list_is_skipped_and_counted() -> None:
    rig = Rig(speech_transition=0.0)
    conversation = rig.speak(tone(1.0), end=True)

    rig.move([b"", motion(25, level=0.7), b""], conversation)
    rig.run(0.2)

    assert rig.level() == pytest.approx(0.7)
    assert rig.player.stats().empty_messages == 2


@pytest.mark.parametrize("queue", [False, True])
@pytest.mark.parametrize("mode", ["audio_independent", "strict_sync"])
@pytest.mark.parametrize("seed", [1, 2])
def test_any_sequence_of_calls_ends_every_conversation_exactly_once(mode: str, queue: bool, seed: int) -> None:
    rig = Rig(frame_starvation_mode=mode, queue=queue, prebuffer=0.04, max_prebuffer=0.5, motion_wait=0.1)
    choose = random.Random(seed)
    opened: list[str] = []
    pcm = tone(0.5)

    def speak() -> None:
        sound = pcm[: choose.randrange(pcm.size)].tobytes()[choose.randrange(2) :]
        conversation = rig.speak(sound, end=choose.random() < 0.3)
        if conversation is not None and conversation not in opened:
            opened.append(conversation)

    def move() -> None:
        target = choose.choice([rig.player.conversation_id, *opened[-3:], None, "foreign"])
        message = motion(choose.randrange(20), choose.random(), end=choose.random() < 0.2)
        rig.move(choose.choice([[message], [message], [message, b""], [], None]), target)

    calls = [speak, speak, speak, move, move, rig.pause, rig.resume, rig.resume, rig.interrupt]
    calls += [lambda: rig.run(choose.choice([0.01, 0.05, 0.3]))] * 4
    calls += [lambda: rig.speak(b"", end=True)]
    for _ in range(1000):
        choose.choice(calls)()
        assert np.isfinite(rig.pose()).all()
        if rig.player.conversation_id is None:
            assert rig.player.state == "idle"
    rig.resume()
    rig.speak(b"", end=True)
    rig.interrupt()
    rig.run(0.1)

    assert len(opened) > 20
    assert sorted(str(conversation) for conversation, _ in rig.ends()) == sorted(opened)
    assert rig.player.state == "idle"
    assert rig.player.stats().conversations == len(opened)
    assert not rig.run(0.1).any()
