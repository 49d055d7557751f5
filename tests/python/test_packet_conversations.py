"""What a player says about the conversations that packets bring, and what ends them."""

from __future__ import annotations

import numpy as np
import pytest

import hostmode
from hostmode.rtc.packet import Frame, Packet, encode_packet

RATE = 24000
FRAME_S = 0.04
JAW = hostmode.KEYFRAME_DTYPE.fields["jaw_pose"][1] // 4
# A SERVER_ERROR and an unknown type, as docs/wire.md has them.
SERVER_ERROR = bytes([0x08, 0x04, 0x2A, 0x0E, 0x18, 0xAD, 0x03, 0x22, 0x09]) + b"slow down"
UNKNOWN = bytes([0x08, 0x63])


def keyframe(jaw: float, **envelope: str) -> bytes:
    values = np.zeros((1, hostmode.KEYFRAME_FLOATS), np.float32)
    values[0, JAW] = jaw
    return hostmode.encode_message(values, **envelope)


def packet(seq: int, *messages: bytes, start: bool = False, end: bool = False) -> bytes:
    """Return a packet of the frame `seq`, which says again what those before it said."""
    frames = tuple(Frame(seq - i, message) for i, message in enumerate(messages))
    return encode_packet(Packet("speech", frames, start=start, end=end), "data")


class Viewer:
    """A player and its clock, moved on in steps of 10 ms; nothing but the packets moves the face."""

    def __init__(self, **config: object) -> None:
        self.player = hostmode.Player(RATE, hostmode.PlayerConfig(seed=3, layers=False, **config))
        self.now = 70.0
        self.player.advance(self.now)

    def push(self, payload: bytes, media_time: float | None = None) -> bool:
        return self.player.push_packet(payload, profile="data", now=self.now, media_time=media_time)

    def play(self, seconds: float) -> None:
        for _ in range(round(seconds * 100)):
            self.now += 0.01
            self.player.advance(self.now)

    def speak(self, frames: int, *, first: int = 0, end: bool = False) -> None:
        """Bring so many frames at their pace, the first of which starts a round where its number is 0."""
        for i in range(first, first + frames):
            last = i == first + frames - 1
            assert self.push(packet(i, keyframe(0.002 * i + 0.1), start=i == 0, end=end and last))
            self.play(FRAME_S)

    def events(self, *kinds: str) -> list[hostmode.Event]:
        return [event for event in self.player.poll_events() if event.kind in kinds]

    def jaw(self) -> float:
        return float(self.player.sample(self.now)["jaw_pose"][0])


def test_a_round_says_when_it_opens_starts_and_ends() -> None:
    viewer = Viewer()
    viewer.speak(35, end=True)
    playing = viewer.player.state
    # Nobody looks for a second: what happened meanwhile has the time at which it did.
    viewer.player.advance(viewer.now + 1.0)
    events = viewer.player.poll_events()

    conversation = events[0].conversation_id
    assert playing == "playing"
    assert {event.conversation_id for event in events} == {conversation}
    opened, started, states, ended = (
        70.0,
        *(
            [event for event in events if event.kind == kind]
            for kind in ("playback_started", "conversation_state", "conversation_end")
        ),
    )
    assert len(started) == len(ended) == 1
    # 80 ms at first, and 60 ms to have what is drawn between two frames.
    assert started[0].time == pytest.approx(opened + 0.14, abs=1e-6)
    assert started[0].value == pytest.approx(0.14, abs=1e-6)
    assert [(event.state, event.reason) for event in states] == [
        ("active", "user_action"),
        ("playing", "user_action"),
        ("idle", "playback_end"),
    ]
    assert states[1].time == started[0].time
    assert ended[0].reason == "playback_end"
    assert ended[0].value == pytest.approx(34 * FRAME_S, abs=1e-6)
    assert ended[0].time == states[2].time
    assert ended[0].time == pytest.approx(started[0].time + 34 * FRAME_S, abs=0.1)
    animation = [(event.state, event.time) for event in events if event.kind == "animation_state"]
    assert animation == [("mono", started[0].time), ("idle", ended[0].time)]


def test_figures_of_a_round_stay_what_they_were_at_its_end() -> None:
    viewer = Viewer()
    assert viewer.player.stats().packet_delay == 0.0
    viewer.speak(12)
    stats = viewer.player.stats()
    # On an even network hardly any.
    assert 0.0 < stats.packet_delay < 0.005
    assert stats.heard == pytest.approx(viewer.player.audio_time(now=viewer.now))
    assert 0.3 < stats.heard < 0.4
    assert stats.buffered_motion == pytest.approx(11 * FRAME_S - stats.heard)
    viewer.speak(1, first=12, end=True)
    viewer.play(4.0)
    assert viewer.player.stats().heard == pytest.approx(12 * FRAME_S)
    assert viewer.player.stats().buffered_motion == 0.0


def test_a_round_that_follows_replaces_the_one_before_without_a_pause() -> None:
    viewer = Viewer()
    viewer.speak(20)
    first = viewer.player.conversation_id
    viewer.events()
    viewer.push(packet(900, keyframe(0.3), start=True))

    events = viewer.player.poll_events()

    assert [(event.conversation_id, event.reason) for event in events if event.kind == "conversation_end"] == [
        (first, "replaced")
    ]
    assert [event.state for event in events if event.kind == "conversation_state"] == ["active"]
    assert viewer.player.conversation_id not in (None, first)
    assert viewer.player.stats().conversations == 2
    viewer.play(0.3)
    assert [event.conversation_id for event in viewer.events("playback_started")] == [viewer.player.conversation_id]


def test_packets_that_stop_end_their_conversation_at_once_and_it_ends_once() -> None:
    viewer = Viewer()
    viewer.speak(10)
    viewer.play(6.0)
    ends = viewer.events("conversation_end")
    assert [event.reason for event in ends] == ["watchdog"]
    # Five seconds after the last of them.
    assert ends[0].time == pytest.approx(70.0 + 9 * FRAME_S + 5.0, abs=0.011)


# ---- beside sound of its own


def test_packets_beside_sound_of_its_own_are_discarded_and_told() -> None:
    viewer = Viewer()
    conversation = viewer.player.push_audio(b"\1\0" * 4800, now=viewer.now)
    viewer.events()

    assert not viewer.push(packet(0, keyframe(0.4), start=True))

    assert viewer.player.conversation_id == conversation
    stats = viewer.player.stats()
    assert (stats.discarded_wrong_id, stats.keyframes, stats.conversations) == (1, 0, 1)


def test_sound_of_its_own_replaces_a_round_whose_packets_then_open_nothing() -> None:
    viewer = Viewer()
    viewer.speak(15)
    shown = viewer.jaw()
    first = viewer.player.conversation_id
    viewer.events()

    spoken = viewer.player.push_audio(b"\1\0" * 480, end=True, now=viewer.now)

    events = viewer.player.poll_events()
    assert [(e.conversation_id, e.reason) for e in events if e.kind == "conversation_end"] == [(first, "replaced")]
    assert [e.state for e in events if e.kind == "conversation_state" and e.conversation_id == first] == []
    assert viewer.player.conversation_id == spoken
    # What was shown goes over into what follows.
    assert viewer.jaw() == pytest.approx(shown, abs=0.002)
    viewer.player.interrupt(now=viewer.now)
    viewer.play(1.0)
    assert abs(viewer.jaw()) < 0.03
    viewer.push(packet(15, keyframe(0.4)))
    assert viewer.player.conversation_id is None
    assert viewer.player.stats().gated_packets == 1


def test_sound_of_its_own_while_no_round_goes_on_lets_the_next_one_in() -> None:
    viewer = Viewer()
    viewer.speak(15, end=True)
    viewer.play(0.4)
    viewer.player.push_audio(b"\1\0" * 480, end=True, now=viewer.now)
    viewer.player.interrupt(now=viewer.now)
    viewer.play(1.5)
    # It begins without its start, which is lost.
    viewer.push(packet(3, keyframe(0.2)))
    assert viewer.player.conversation_id is not None


# ---- interrupts


def test_an_interrupt_blends_the_face_says_what_was_shown_and_lets_no_more_of_the_round_in() -> None:
    viewer = Viewer()
    viewer.speak(30)
    shown = viewer.jaw()
    position = viewer.player.audio_time(now=viewer.now)

    assert viewer.player.interrupt(now=viewer.now) == pytest.approx(position)

    assert viewer.jaw() == pytest.approx(shown, abs=0.002)
    assert [(e.reason, e.value) for e in viewer.events("conversation_end")] == [("interrupted", position)]
    viewer.push(packet(30, keyframe(0.5)))
    viewer.play(1.5)
    assert viewer.player.state == "idle"
    assert abs(viewer.jaw()) < 0.03
    assert viewer.player.interrupt(now=viewer.now) is None
    assert viewer.events("conversation_end") == []


def test_an_interrupt_after_the_end_of_a_round_ends_nothing() -> None:
    viewer = Viewer()
    viewer.speak(15, end=True)
    viewer.play(0.2)
    assert viewer.player.conversation_id is None
    viewer.events()
    assert viewer.player.interrupt(now=viewer.now) is None
    assert viewer.player.poll_events() == []


@pytest.mark.parametrize("by", ["interrupt", "push_audio"])
def test_motion_that_is_in_hand_is_shown_no_more_once_its_round_was_ended(by: str) -> None:
    viewer = Viewer()
    for i in range(120):
        viewer.push(packet(i, keyframe(0.3), start=i == 0))
    viewer.play(0.6)
    assert viewer.jaw() > 0.25
    if by == "interrupt":
        viewer.player.interrupt(now=viewer.now)
    else:
        viewer.player.push_audio(b"\1\0" * 48000, now=viewer.now)
    viewer.play(1.2)
    assert abs(viewer.jaw()) < 0.03


def test_an_interrupt_long_after_a_round_lets_the_next_one_in_that_has_lost_its_start() -> None:
    viewer = Viewer()
    viewer.speak(15, end=True)
    viewer.play(4.0)
    assert viewer.player.interrupt(now=viewer.now) is None
    viewer.push(packet(3, keyframe(0.2)))
    assert viewer.player.conversation_id is not None


# ---- messages that are no motion


def test_server_errors_and_unknown_messages_in_packets_are_told_and_counted_as_elsewhere() -> None:
    viewer = Viewer()
    for seq, message in enumerate((keyframe(0.1), SERVER_ERROR, UNKNOWN, keyframe(0.1))):
        viewer.push(packet(seq, message, start=seq == 0))
        viewer.play(FRAME_S)
    viewer.play(0.3)
    errors = viewer.events("error")
    assert [(error.reason, error.message) for error in errors] == [("server_error", "429: slow down")]
    assert errors[0].conversation_id == viewer.player.conversation_id
    stats = viewer.player.stats()
    assert (stats.unknown_messages, stats.keyframes) == (1, 2)


def test_a_message_without_a_keyframe_is_taken_and_shows_nothing() -> None:
    viewer = Viewer()
    empty = hostmode.encode_message(np.zeros((0, hostmode.KEYFRAME_FLOATS), np.float32), req_id="r")
    viewer.push(packet(0, keyframe(0.1), start=True))
    viewer.push(packet(1, empty))
    viewer.play(0.5)
    assert viewer.player.stats().keyframes == 1


@pytest.mark.parametrize(("avatar", "shown"), [("a1", 4), ("", 4), ("a2", 0)])
def test_e27_motion_of_another_avatar_in_packets_is_discarded_and_told_once_a_round(avatar: str, shown: int) -> None:
    viewer = Viewer(avatar_id="a1")
    for first in (0, 500):
        for i in range(2):
            viewer.push(packet(first + i, keyframe(0.1, avatar_id=avatar), start=i == 0))
            viewer.play(FRAME_S)
    viewer.play(0.3)
    stats = viewer.player.stats()
    assert (stats.keyframes, stats.discarded_avatar) == (shown, 4 - shown)
    errors = [event.message for event in viewer.events("error") if event.reason == "avatar_mismatch"]
    assert errors == ["motion is for avatar a2, configured is a1"] * (0 if shown else 2)


def test_motion_of_any_avatar_is_shown_where_none_is_asked_for() -> None:
    viewer = Viewer()
    viewer.push(packet(0, keyframe(0.1, avatar_id="a2"), start=True))
    viewer.play(0.3)
    assert viewer.player.stats().keyframes == 1


# ---- media times


@pytest.mark.parametrize("lost", [0, 1, 2])
@pytest.mark.parametrize("repeats", [0, 1, 2])
def test_a_media_time_is_that_of_the_packets_own_frame_whatever_else_it_repeats(lost: int, repeats: int) -> None:
    viewer = Viewer()
    for i in range(40):
        if i >= lost:
            again = range(i, max(i - repeats, 0) - 1, -1)
            said = packet(i, *(keyframe(0.005 * k) for k in again), start=i == 0)
            assert viewer.push(said, media_time=8.0 + FRAME_S * i)
        for _ in range(4):
            viewer.player.advance_clock(8.0 + viewer.now - 70.2, viewer.now)
            viewer.play(0.01)
    viewer.player.advance_clock(8.0 + viewer.now - 70.2, viewer.now)
    assert viewer.jaw() == pytest.approx(0.005 * (viewer.now - 70.2) / FRAME_S, abs=0.0005)
