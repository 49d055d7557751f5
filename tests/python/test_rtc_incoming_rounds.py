"""Rounds that are broken, end apart from their sound, or come through another network than those before them."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from rtc_channel import RATE, Channel, clicks

import hostmode
from hostmode.measure.clicks import click_instants, find_clicks
from hostmode.rtc.incoming import IncomingSpeech
from hostmode.rtc.packet import Frame, Packet, encode_packet

FRAME_S = 0.04
# A SERVER_ERROR as docs/wire.md has it.
SERVER_ERROR = bytes([0x08, 0x04, 0x2A, 0x0E, 0x18, 0xAD, 0x03, 0x22, 0x09]) + b"slow down"


def tone(seconds: float) -> np.ndarray:
    return (8000 * np.sin(0.2 * np.arange(round(seconds * RATE)))).astype(np.int16)


def motion(frames: int = 1, avatar_id: str = "") -> bytes:
    return hostmode.encode_message(np.zeros((frames, hostmode.KEYFRAME_FLOATS), np.float32), avatar_id=avatar_id)


def packets(messages: list[bytes]) -> list[tuple[float, float | None, bytes]]:
    """Return a round of one message a packet, in time, complete with the last."""
    last = len(messages) - 1
    return [
        (
            number * FRAME_S,
            None,
            encode_packet(Packet("speech", (Frame(number, message),), start=number == 0, end=number == last), "data"),
        )
        for number, message in enumerate(messages)
    ]


def heard_s(channel: Channel) -> list[float]:
    """Return how much of each conversation's sound was audible, seconds."""
    return [float(np.sum(np.abs(np.concatenate(one)) > 100)) / RATE for one in channel.heard_.values()]


def test_messages_of_a_round_that_are_no_motion_are_passed_over() -> None:
    channel = Channel()
    said = [motion(), b"\xff\xff", motion(0), *[motion()] * 20]
    channel.run(np.concatenate((tone(1.0), np.zeros(RATE, np.int16))), packets(said))
    assert channel.incoming.counts["malformed"] == 1
    assert channel.reasons() == ["playback_end"]
    assert channel.avatar.stats()["keyframes"] >= 20


def test_a_server_error_in_a_packet_is_told_and_ends_its_conversation() -> None:
    channel = Channel()
    channel.run(tone(1.0), packets([motion(), motion(), SERVER_ERROR, motion()]))
    errors = [(event.reason, event.message) for event in channel.events if event.kind == "error"]
    assert errors == [("server_error", "429: slow down")]
    assert channel.reasons() == ["server_error"]


def test_motion_for_another_avatar_is_told_as_that() -> None:
    channel = Channel(avatar_id="ada")
    track = np.concatenate((tone(1.0), np.zeros(RATE, np.int16)))
    channel.run(track, packets([motion(avatar_id="ada")] * 25))
    assert [event for event in channel.events if event.kind == "error"] == []
    channel.run(track, packets([motion(avatar_id="bob")] * 25))
    assert {event.reason for event in channel.events if event.kind == "error"} == {"avatar_mismatch"}


def test_sound_that_goes_on_after_its_round_belongs_to_its_conversation() -> None:
    channel = Channel()
    channel.run(np.concatenate((tone(3.0), np.zeros(2 * RATE, np.int16))), packets([motion()] * 25))
    assert heard_s(channel) == [pytest.approx(3.0, abs=0.05)]
    assert channel.reasons() == ["playback_end"]


def test_an_utterance_right_after_another_has_all_of_its_sound_however_that_is_cut() -> None:
    channel = Channel(0.15)
    channel.block = RATE // 10
    channel.say(clicks(4.0), clicks(3.0))
    _, second = (np.concatenate(pieces) for pieces in channel.heard_.values())
    assert find_clicks(second, RATE)[0] / RATE == pytest.approx(click_instants(3.0)[0], abs=0.03)


def test_sound_without_packets_is_heard_again_once_what_was_interrupted_has_fallen_silent() -> None:
    channel = Channel()
    channel.run(tone(1.0), [])
    channel.avatar.interrupt()
    channel.run(tone(1.0), [])
    channel.silence(0.5)
    assert len(channel.heard_) == 1
    channel.run(tone(1.0), [])
    channel.silence(1.0)
    assert heard_s(channel)[1:] == [pytest.approx(1.0, abs=0.03)]
    assert channel.reasons() == ["interrupted", "playback_end"]


def test_after_a_publisher_has_left_nothing_is_opened_until_it_comes_back() -> None:
    channel = Channel()
    channel.run(tone(0.6), packets([motion()] * 50))
    channel.incoming.fail("the publisher left")
    channel.incoming.restart()
    channel.silence(1.0)
    assert channel.avatar.state == "idle"
    assert len(channel.heard_) == 1
    channel.say(clicks(3.0))
    assert channel.reasons() == ["network_error", "playback_end"]


def test_counts_are_those_of_the_whole_subscription() -> None:
    channel = Channel(lost=[20, 21, 22, 23, 24])
    channel.say(clicks(3.0))
    assert channel.incoming.counts["lost"] == 3
    channel.incoming.fail("the publisher left")
    assert channel.incoming.counts["lost"] == 3
    channel.say(clicks(3.0))
    assert channel.incoming.counts["lost"] == 6


def test_after_a_reconnection_the_rest_of_a_round_is_where_its_sound_is() -> None:
    channel = Channel(0.15)
    channel.gone = (3.0, 0.7)
    channel.say(clicks(12.0))
    errors = channel.errors_ms()
    # It is gone to at a quarter of the speed of time.
    after = len(errors) - int(np.sum(click_instants(12.0) > 3.7 + 4 * 0.7 + 0.5))
    assert np.abs(errors[after:]).max() < 8.0


def test_positions_of_a_sender_that_has_begun_anew_are_believed_once_it_was_heard() -> None:
    channel = Channel(0.15, told=True)
    channel.say(clicks(6.0))
    channel.incoming.restart()
    channel.senders_zero_s = channel.now
    channel.say(clicks(6.0))
    count = len(channel.errors_ms())
    channel.late_s = 0.1
    channel.say(clicks(3.0))
    again = channel.errors_ms()[count:]
    assert len(again) == len(click_instants(3.0))
    assert np.abs(again).max() < 8.0


def test_sound_that_was_played_is_not_kept() -> None:
    incoming = IncomingSpeech(Channel().avatar, RATE, listens=False)
    second = np.zeros(RATE, np.int16)
    tracemalloc.start()
    try:
        for now in range(60):
            incoming.sound(second, float(now))
            if now == 10:
                before, _ = tracemalloc.get_traced_memory()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 5 * second.nbytes


def test_keyframes_go_in_after_their_sound_and_never_before_it() -> None:
    channel = Channel()
    original, ahead_s = channel.incoming.sound, []

    def counting(samples: np.ndarray, now: float) -> None:
        original(samples, now)
        stats = channel.avatar.stats()
        if stats["keyframes"]:
            ahead_s.append(stats["keyframes"] * FRAME_S - stats["played"] - stats["buffered_audio"])

    channel.incoming.sound = counting  # type: ignore[method-assign]
    said = packets([motion()] * 30)
    # All of it comes before the sound does.
    channel.run(tone(1.0), [(0.0, due_s, payload) for _, due_s, payload in said])
    assert -0.03 < max(ahead_s) < 1e-3


def test_sound_after_a_pause_is_heard_where_the_round_before_was_interrupted_and_never_ended() -> None:
    channel = Channel()
    channel.run(tone(0.6), packets([motion()] * 50)[:15])
    channel.avatar.interrupt()
    channel.run(tone(0.4), [])
    channel.silence(0.5)
    channel.run(tone(1.0), [])
    channel.silence(1.0)
    assert len(channel.heard_) == 2
    assert heard_s(channel)[1:] == [pytest.approx(1.0, abs=0.03)]
