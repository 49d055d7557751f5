"""Rounds out of RTC packets, on each weakness of a player that renders whatever comes by a timer of 40 ms."""

from __future__ import annotations

import random

import pytest

from hostmode.rtc.packet import Frame, Packet, encode_packet
from hostmode.rtc.rounds import PacketRounds, RoundAction

FRAME_S = 0.04
IDLE = Packet("idle")


def speech(seq: int, *, clip: bytes = b"a", repeats: int = 0, **flags: bool) -> Packet:
    """Return a packet of frame `seq` with the `repeats` frames before it."""
    frames = tuple(Frame(seq - back, clip + (seq - back).to_bytes(4, "little")) for back in range(repeats + 1))
    return Packet("speech", frames, **flags)


class Line:
    """Rounds that are given packets as they would come."""

    def __init__(self, profile: str = "data", **settings: float) -> None:
        self.profile = profile
        self.rounds = PacketRounds(profile, **settings)
        self.actions: list[RoundAction] = []

    def push(self, packet: Packet, now: float) -> None:
        self.actions += self.rounds.push(encode_packet(packet, self.profile), now)

    def positions(self) -> list[int]:
        return [action.position for action in self.actions if action.step == "frame"]

    def steps(self) -> list[str]:
        return [action.reason or action.step for action in self.actions if action.step != "frame"]


def test_newest_is_the_position_of_each_packets_own_frame_also_of_a_copy() -> None:
    line = Line()
    line.push(speech(400, start=True), 0.0)
    line.push(speech(402, repeats=2), 0.04)
    assert line.rounds.newest == 2
    line.push(speech(402, repeats=2), 0.06)
    assert line.rounds.newest == 2
    line.push(speech(401), 0.07)
    assert line.rounds.newest == 1
    line.push(IDLE, 0.08)
    assert line.rounds.newest is None
    line.push(speech(403), 0.09)
    line.rounds.push(b"no packet", 0.1)
    assert line.rounds.newest is None


@pytest.mark.parametrize("profile", ["sei", "data"])
def test_round_from_start_to_end_is_returned_as_it_comes(profile: str) -> None:
    line = Line(profile)
    for seq in range(10):
        line.push(speech(seq, start=seq == 0, end=seq == 9), seq * FRAME_S)

    assert line.positions() == list(range(10))
    assert line.steps() == ["open", "end"]
    assert line.actions[1].message == b"a\x00\x00\x00\x00"


def test_one_lost_frame_holds_the_others_up_for_the_patience_alone() -> None:
    line = Line()
    came_at: dict[int, float] = {}
    for tick in range(200):
        now = tick * 0.01
        seq, rest = divmod(tick, 4)
        if rest == 0 and seq != 20:
            line.push(speech(seq, start=seq == 0), now)
        line.actions += line.rounds.advance(now)
        for position in line.positions():
            came_at.setdefault(position, now)

    assert sorted(came_at) == [seq for seq in range(50) if seq != 20]
    assert max(now - seq * FRAME_S for seq, now in came_at.items()) <= 0.0801
    assert line.rounds.counts["lost"] == 1


def test_burst_of_fifty_packets_loses_nothing_in_any_order() -> None:
    order = list(range(1, 50))
    random.Random(3).shuffle(order)
    line = Line()
    for seq in [0, *order]:
        line.push(speech(seq, start=seq == 0), 1.0)

    assert line.positions() == list(range(50))


def test_lone_frame_shows() -> None:
    line = Line()
    line.push(speech(0, start=True), 0.0)
    line.push(IDLE, FRAME_S)
    line.actions += line.rounds.advance(0.2)

    assert line.positions() == [0]
    assert line.steps() == ["open", "idle"]


def test_late_copy_of_a_start_opens_nothing() -> None:
    line = Line()
    line.push(speech(0, start=True), 0.0)
    line.push(speech(1, end=True), 0.04)
    line.push(speech(0, start=True), 0.06)

    assert line.steps() == ["open", "end"]
    assert not line.rounds.is_open
    assert line.rounds.counts["duplicates"] == 1


def test_new_round_during_the_end_of_the_last_begins_at_once() -> None:
    line = Line()
    line.push(speech(0, start=True), 0.0)
    line.push(Packet("transition_to_idle"), 0.04)
    line.push(speech(0, clip=b"b", start=True), 0.06)

    assert line.steps() == ["open", "idle", "open"]
    assert line.positions() == [0, 0]


def test_new_round_without_word_of_the_last_ones_end_replaces_it() -> None:
    line = Line()
    line.push(speech(0, start=True), 0.0)
    line.push(speech(0, clip=b"b", start=True), 0.06)

    assert line.steps() == ["open", "replaced", "open"]


def test_redundant_packets_lose_nothing_while_no_three_in_a_row_are_lost() -> None:
    line = Line()
    for seq in range(300):
        if seq % 3 == 0:
            line.push(speech(seq, repeats=min(seq, 2), start=seq == 0), seq * FRAME_S)

    assert line.positions() == list(range(298))
    assert line.rounds.counts["lost"] == 0


def test_interrupt_shuts_the_gate_until_a_start_with_frames() -> None:
    line = Line()
    line.push(speech(0, start=True), 0.0)
    line.rounds.interrupt()
    line.push(speech(1), 0.04)
    line.push(Packet("transition_to_speech"), 0.05)
    line.push(speech(2), 0.08)
    assert line.steps() == ["open"]
    line.push(speech(0, clip=b"b", start=True), 0.12)

    assert line.steps() == ["open", "open"]
    assert line.rounds.counts["gated"] == 2


def test_packets_that_stop_coming_end_the_round_once() -> None:
    line = Line()
    line.push(speech(0, start=True), 0.0)
    for tick in range(100):
        line.actions += line.rounds.advance(tick * 0.1)

    assert line.steps() == ["open", "stalled"]


def test_what_is_no_packet_is_counted_and_changes_nothing() -> None:
    line = Line()
    line.push(speech(0, start=True), 0.0)
    for junk in (b"", b"\x00\x05", b"\x08\x03\x00\x00\x00abc", b"\x02\xff\x00\x00\x00"):
        assert line.rounds.push(junk, 0.01) == []
    line.push(speech(1), 0.04)

    assert line.positions() == [0, 1]
    assert line.rounds.counts["malformed"] == 4


def test_patience_is_bounded() -> None:
    with pytest.raises(ValueError, match=r"patience is 2\.0"):
        PacketRounds("data", patience=2.0)
    with pytest.raises(ValueError, match="'sei' or 'data'"):
        PacketRounds("other")  # type: ignore[arg-type]
