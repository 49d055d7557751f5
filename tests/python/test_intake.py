"""What a controller's calls do beside passing on: times left out, failures, followers, a close in their midst."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from controller_rig import RATE, SilentDevice, Stage, motion, tone

import hostmode
from hostmode import Controller, Player, PlayerConfig
from hostmode.events.journal import Journal
from hostmode.rtc.packet import Frame, Packet, encode_packet
from hostmode.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET = PlayerConfig(layers=False, motion_wait=0.0, prebuffer=0.0, max_prebuffer=0.0)


def packet(seq: int, jaw: float, **marks: bool) -> bytes:
    message = motion(0.04, level=jaw, req_id="round")
    return encode_packet(Packet("speech", (Frame(seq, message),), **marks), "data")


class Seen:
    """A follower that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple] = []

    def heard(self, data, conversation_id, end) -> None:
        self.told.append(("heard", bytes(data), conversation_id, end))

    def moved(self, frames, conversation_id) -> None:
        self.told.append(("moved", frames, conversation_id))


# ---- times


def test_a_clock_told_without_a_time_is_told_of_now() -> None:
    stage = Stage(config=QUIET)
    for i in range(60):
        stage.avatar.push_packet(packet(i, 0.005 * i, start=i == 0), profile="data", media_time=5.0 + 0.04 * i)
        stage.avatar.advance_clock(4.7 + 0.04 * i)
        stage.play(0.04)
    # The sound is 0.3 s behind its packets.
    assert stage.jaw() == pytest.approx(0.005 * (60 - 0.3 / 0.04), abs=0.0005)
    stage.avatar.advance_clock(4.7 + 2.4, stage.time)
    assert stage.avatar.get_audio_time() == pytest.approx(2.1, abs=0.001)


def test_a_time_that_is_given_counts_and_not_the_call() -> None:
    stage = Stage(config=QUIET)
    for i in range(50):
        stage.avatar.push_packet(packet(i, 0.0, start=i == 0), profile="data", media_time=0.04 * i)
        stage.avatar.advance_clock(0.04 * i - 0.5, stage.time - 0.2)
        stage.play(0.04)
    assert stage.avatar.get_audio_time() == pytest.approx(50 * 0.04 - 0.3, abs=0.001)
    with pytest.raises(ValueError, match="from one clock"):
        stage.avatar.listen(b"\0\0" * 160, time=stage.time - 100)
    stage.avatar.listen(b"\0\0" * 160)


def test_a_packet_is_taken_or_counted() -> None:
    stage = Stage(config=QUIET)
    assert stage.avatar.push_packet(packet(0, 0.1, start=True), profile="data") is True
    assert stage.avatar.push_packet(b"\2", profile="data") is False
    assert stage.avatar.stats()["malformed_packets"] == 1


# ---- formats


@pytest.mark.parametrize("rate", [11025, 96000, 0, -16000])
def test_a_rate_that_is_not_offered_is_refused_with_the_remedy_and_interrupts_nothing(rate: int) -> None:
    stage = Stage(config=QUIET)
    cid = stage.avatar.yield_audio_data(tone(1.0))
    with pytest.raises(ValueError, match=f"sample_rate is {rate}; .* Hz: resample to one of them"):
        stage.avatar.set_audio_format(rate)
    assert stage.avatar.sample_rate == RATE
    assert stage.avatar.yield_audio_data(tone(0.1)) == cid
    with pytest.raises(ValueError, match=f"sample_rate is {rate}; .* Hz: resample to one of them"):
        Stage(rate)


def test_a_format_without_a_rate_keeps_the_rate_and_interrupts() -> None:
    stage = Stage(22050, config=QUIET)
    stage.avatar.yield_audio_data(tone(1.0, 22050))
    stage.play(0.2)
    stage.avatar.set_audio_format()
    assert stage.avatar.sample_rate == 22050
    assert stage.avatar.get_current_conversation_id() is None
    stage.play(0.05)
    assert stage.ends() == ["interrupted"]


# ---- failures


def test_unsupported_motion_is_told_and_the_sound_goes_on() -> None:
    stage = Stage(config=QUIET)
    cid = stage.avatar.yield_audio_data(tone(1.0), end=True)
    stage.play(0.2)
    stage.avatar.report_failure("unsupported_motion", "a form of next year")
    stage.play(0.1)
    assert stage.avatar.get_current_conversation_id() == cid
    errors = [event for event in stage.events if event.kind == "error"]
    assert [(e.reason, e.message, e.conversation_id, e.time) for e in errors] == [
        ("unsupported_motion", "a form of next year", cid, pytest.approx(1000.2))
    ]
    stage.play(1.5)
    assert stage.ends() == ["playback_end"]


def test_a_failure_is_told_after_what_happened_before_it() -> None:
    stage = Stage(config=QUIET)
    stage.avatar.yield_audio_data(tone(1.0))
    stage.avatar.interrupt()
    stage.avatar.report_failure("server_error", "gone")
    stage.play(0.1)
    assert stage.kinds().index("conversation_end") < stage.kinds().index("error")
    # Of the conversation before it, it is not the reason.
    assert stage.ends() == ["interrupted"]


def test_what_comes_late_to_a_conversation_that_failed_is_told_with_a_reason_of_its_own() -> None:
    stage = Stage(config=QUIET)
    cid = stage.avatar.yield_audio_data(tone(1.0))
    stage.play(0.1)
    stage.avatar.report_failure("network_error", "gone")
    stage.avatar.yield_audio_data(tone(0.1), conversation_id=cid)
    stage.avatar.yield_frames_data([motion(0.2)], cid)
    stage.play(0.1)
    late = {event.kind: event.reason for event in stage.events if event.kind.endswith("_discarded")}
    assert set(late) == {"audio_discarded", "motion_discarded"}
    assert "network_error" not in late.values()


# ---- followers


def test_followers_are_told_of_what_was_taken_until_they_are_let_go() -> None:
    stage = Stage(config=QUIET)
    first, second = Seen(), Seen()
    stage.avatar.follow(first)
    stage.avatar.follow(second)
    cid = stage.avatar.yield_audio_data(b"\1\0" * 80)
    message = motion(0.2)
    stage.avatar.yield_frames_data([message], cid)
    with pytest.raises(hostmode.DecodeError):
        stage.avatar.yield_frames_data([b"\xff"], cid)
    stage.avatar.unfollow(second)
    stage.avatar.yield_audio_data(b"", end=True)
    stage.avatar.interrupt()
    assert stage.avatar.yield_audio_data(b"\2\0", conversation_id=cid) is None
    assert second.told == [("heard", b"\1\0" * 80, cid, False), ("moved", [message], cid)]
    assert first.told == [*second.told, ("heard", b"", cid, True)]


# ---- closing in the midst of a call


class Kept(SilentDevice):
    """A silent output that shows the player behind it."""

    player: Player

    def start(self, player: Player, now: float, report) -> None:
        self.player = player
        super().start(player, now, report)


@pytest.mark.parametrize("call", ["yield_audio_data", "open_turn", "open_conversation"])
def test_what_is_begun_while_another_thread_closes_is_ended(call: str) -> None:
    output = Kept()
    between: list[Callable[[], None]] = []

    def clock() -> float:
        # Read after the call has looked whether the controller is open.
        if between:
            between.pop()()
        return 1000.0

    avatar = Controller(RATE, output=output, clock=clock, config=QUIET)
    between.append(avatar.close)
    begun = getattr(avatar, call)(*([tone(0.5)] if call == "yield_audio_data" else []))
    assert begun is not None
    assert output.player.conversation_id is None
    if call == "open_turn":
        assert asyncio.run(asyncio.wait_for(begun.finished(), 5.0)) == 0.0
        assert begun.reason == "interrupted"


# ---- turns


def test_a_turn_that_another_thread_ends_as_it_opens_knows_it() -> None:
    player = Player(RATE, QUIET)
    journal = Journal(player, lambda: 30.0)
    stage = Stage()

    def interrupt() -> None:
        player.interrupt(now=30.0)
        journal.collect()

    thread = threading.Thread(target=interrupt)

    def opened() -> Turn:
        turn = Turn(stage.avatar, journal, player.open_conversation(now=30.0, turn=True))
        thread.start()
        # It has as long as it needs, unless it waits for this to end.
        thread.join(0.2)
        return turn

    turn = journal.follow(opened)
    thread.join()
    assert (turn.state, turn.reason) == ("ended", "interrupted")


def test_a_turn_waits_for_data_as_turns_do_and_not_as_conversations() -> None:
    stage = Stage(config=PlayerConfig(end_timeout=0.5, turn_timeout=4.0, layers=False))
    turn = stage.avatar.open_turn()
    turn.audio(tone(0.1))
    stage.play(3.0)
    assert turn.reason is None
    stage.play(3.0)
    assert turn.reason == "watchdog"


def test_nothing_happens_on_a_clock_of_the_callers_but_in_its_calls() -> None:
    stage = Stage(config=QUIET)
    stage.avatar.yield_audio_data(tone(0.2), end=True)
    stage.time += 5.0
    assert stage.events == []
    stage.avatar.advance()
    assert stage.ends() == ["playback_end"]


def test_volume_is_what_was_set() -> None:
    stage = Stage()
    stage.avatar.volume = 0.375
    assert (stage.avatar.volume, stage.avatar.get_volume()) == (0.375, 0.375)
    stage.avatar.set_volume(0.5)
    assert stage.avatar.volume == 0.5
