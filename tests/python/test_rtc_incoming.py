"""What a publisher sent, through a network that delays, loses and stretches, into a controller."""

from __future__ import annotations

import numpy as np
import pytest
from rtc_channel import RATE, SENDERS_ZERO_S, Channel, clicks

from hostmode.measure.clicks import click_instants, find_clicks, find_pulses
from hostmode.rtc.outgoing import OutgoingSpeech
from hostmode.rtc.packet import encode_packet


@pytest.mark.parametrize("delay", [0.02, 0.09, 0.15, 0.23, 0.4])
def test_the_face_is_where_its_sound_is_however_late_that_comes(delay: float) -> None:
    channel = Channel(delay)
    channel.say(clicks(8.0))
    errors = channel.errors_ms()
    assert len(errors) == len(click_instants(8.0))
    # Before the first one nothing was heard: its jaw has begun to open by what is usual.
    # It is gone to another place at a quarter of the speed of time.
    assert np.abs(errors[2 if delay == 0.4 else 1 :]).max() < 8.0
    channel.say(clicks(4.0))
    again = channel.errors_ms()[len(errors) :]
    assert np.abs(again).max() < 8.0
    assert [e.reason for e in channel.events if e.kind == "conversation_end"] == ["playback_end"] * 2


@pytest.mark.parametrize("delay", [0.15, 0.3])
@pytest.mark.parametrize("late_s", [0.0, 0.03, 0.1])
def test_what_was_learnt_of_a_senders_positions_holds_for_its_next_utterance(delay: float, late_s: float) -> None:
    channel = Channel(delay, told=True)
    channel.say(clicks(8.0))
    count = len(channel.errors_ms())
    channel.late_s = late_s
    channel.say(clicks(3.0))
    again = channel.errors_ms()[count:]
    assert len(again) == len(click_instants(3.0))
    assert np.abs(again).max() < 8.0


def test_positions_that_the_network_has_overtaken_are_learnt_anew() -> None:
    channel = Channel(0.1, told=True)
    channel.say(clicks(6.0))
    # The route is another one: sound and packets take a second longer, and their track was filled up meanwhile.
    channel.silence(1.0)
    channel.now -= 1.0
    count = len(channel.errors_ms())
    channel.say(clicks(6.0))
    assert np.abs(channel.errors_ms()[count:]).max() < 8.0


def test_late_packets_of_an_utterance_that_is_over_say_nothing_of_the_next() -> None:
    channel = Channel(0.15, told=True)
    channel.say(clicks(6.0))
    count = len(channel.errors_ms())
    old = OutgoingSpeech(RATE, 0.0)
    old.audio(clicks(6.0)[0])
    old.motion(clicks(6.0)[1])
    old.end()
    late = [packet for _, packet in iter(lambda: old.take(0.0), None) if packet is not None][-20:]
    said = channel.incoming.packet
    sent_s = channel.now - 8.0 - SENDERS_ZERO_S

    def with_late_ones(payload: bytes, now: float, due_s: float | None = None) -> None:
        said(payload, now, due_s)
        if late and due_s is not None:
            packet = late.pop()
            said(encode_packet(packet, "data"), now, sent_s + packet.frames[0].seq * 0.04)

    channel.incoming.packet = with_late_ones  # type: ignore[method-assign]
    channel.say(clicks(3.0))
    assert np.abs(channel.errors_ms()[count:]).max() < 8.0


def test_who_comes_back_in_the_middle_of_an_utterance_moves_the_face_again() -> None:
    channel = Channel(0.15, told=True)
    failing = channel.incoming.sound
    said_s = channel.now

    def gone_for_a_moment(samples: np.ndarray, now: float) -> None:
        if said_s + 3.0 <= now < said_s + 3.01:
            channel.incoming.fail("the publisher left")
            channel.incoming.restart()
        failing(samples, now)

    channel.incoming.sound = gone_for_a_moment  # type: ignore[method-assign]
    channel.say(clicks(8.0))
    ends = [event.reason for event in channel.events if event.kind == "conversation_end"]
    assert ends[0] == "network_error"
    _, after = list(channel.shown)[:2]
    times, jaw = np.array(channel.shown[after]).T
    moving = np.diff(times, prepend=-1.0) > 0
    assert len(find_pulses(times[moving], jaw[moving])) > 5
    assert channel.incoming.counts["gated"] == 0


def test_packets_that_say_nothing_of_their_sound_are_put_where_it_usually_is() -> None:
    channel = Channel(0.12, loud=False)
    channel.say(clicks(5.0))
    assert np.abs(channel.errors_ms()).max() < 25.0


def test_what_is_lost_leaves_the_rest_in_its_place() -> None:
    channel = Channel(lost=[3, 40, 41, 42, 43, 44, 90])
    channel.say(clicks(8.0))
    assert channel.incoming.counts["lost"] == 3  # of five in a row, two are repeated by what follows
    # Of the second click the loudness is lost, and most of the pulse.
    assert np.abs(channel.errors_ms()[2:]).max() < 8.0


def test_the_first_sound_of_a_network_that_varies_is_expected_as_much_later() -> None:
    # A receiver of sound holds back what its network varies by.
    channel = Channel(0.16, jitter_s=0.06)
    channel.say(clicks(4.0))
    errors = channel.errors_ms()
    assert abs(errors[0]) < 15.0
    assert np.abs(errors[1:]).max() < 10.0


@pytest.mark.parametrize("later_s", [-0.06, 0.05])
def test_sound_that_a_network_moves_in_a_pause_has_its_face_from_its_first_moment(later_s: float) -> None:
    channel = Channel(0.15)
    first = clicks(8.0)
    channel.moves = (4.25, later_s)
    channel.say(first)
    errors = channel.errors_ms()
    at = int(np.searchsorted(click_instants(8.0), 4.1))
    assert np.abs(errors[1:at]).max() < 8.0
    # Of the one right after it the jaw was opening already.
    assert np.abs(errors[at + 2 :]).max() < 8.0


def test_a_subscriber_that_does_not_listen_shows_motion_where_sound_usually_is() -> None:
    channel = Channel(0.3, listens=False)
    channel.say(clicks(4.0))
    assert channel.errors_ms() == pytest.approx(-200.0, abs=25.0)
    assert channel.incoming.confidence == channel.incoming.correction_s == 0.0


def test_what_was_heard_is_said_with_its_confidence() -> None:
    channel = Channel(0.2)
    said: list[tuple[float, float]] = []
    hear = channel.incoming.sound

    def hearing(samples: np.ndarray, now: float) -> None:
        hear(samples, now)
        said.append((channel.incoming.confidence, channel.incoming.correction_s))

    channel.incoming.sound = hearing  # type: ignore[method-assign]
    channel.say(clicks(5.0))
    assert max(confidence for confidence, _ in said) > 0.8
    assert said[-1][1] == pytest.approx(0.1, abs=0.02)


def test_an_utterance_right_after_another_cuts_nothing_off() -> None:
    channel = Channel()
    first, second = clicks(4.0), clicks(3.0)
    channel.say(first, second)
    sounds = [np.concatenate(pieces) for pieces in channel.heard_.values()]
    assert len(sounds) == 2
    assert [len(find_clicks(sound, RATE)) for sound in sounds] == [
        len(click_instants(4.0)),
        len(click_instants(3.0)),
    ]
    ends = [event for event in channel.events if event.kind == "conversation_end"]
    assert [end.reason for end in ends] == ["playback_end", "playback_end"]
    assert ends[0].value == pytest.approx(4.0, abs=0.3)


def test_sound_without_packets_is_heard() -> None:
    channel = Channel()
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.int16)
    channel.run(np.concatenate((tone, np.zeros(2 * RATE, np.int16))), [])
    (sound,) = (np.concatenate(pieces) for pieces in channel.heard_.values())
    assert np.abs(sound).max() > 7000
    assert np.sum(np.abs(sound) > 100) > 0.98 * RATE
    assert channel.avatar.state == "idle"


def test_what_the_application_interrupts_is_passed_over_to_its_end() -> None:
    channel = Channel()
    original = channel.incoming.sound

    def interrupting(samples: np.ndarray, now: float) -> None:
        original(samples, now)
        if channel.avatar.get_audio_time() > 1.2 and len(channel.heard_) == 1:
            channel.avatar.interrupt()

    channel.incoming.sound = interrupting  # type: ignore[method-assign]
    channel.say(clicks(5.0))
    assert len(channel.heard_) == 1
    assert channel.avatar.state == "idle"
    channel.incoming.sound = original  # type: ignore[method-assign]
    channel.say(clicks(3.0))
    assert len(channel.heard_) == 2
    assert [e.reason for e in channel.events if e.kind == "conversation_end"] == ["interrupted", "playback_end"]


def test_a_publisher_that_leaves_ends_its_conversation_with_an_event() -> None:
    channel = Channel()
    channel.run((8000 * np.sin(0.2 * np.arange(2 * RATE))).astype(np.int16), [])
    channel.incoming.fail("the publisher left")
    channel.silence(0.1)
    (end,) = (event for event in channel.events if event.kind == "conversation_end")
    assert end.reason == "network_error"
    assert [event.message for event in channel.events if event.kind == "error"] == ["the publisher left"]
