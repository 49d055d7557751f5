"""Turns of a relay, without a network: kept apart, and resumed by number."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("aiohttp")

from relay_line import Line, log_of, missed, scene, settled
from relay_rig import avatar

from hostmode.relay import Relay, binary_frames, bus_messages
from hostmode.relay.bus_messages import Interrupted
from hostmode.relay.client import RelayClient
from hostmode.relay.items import Audio, Frames, Interrupt, Item, Ready, Start, TurnMark
from hostmode.relay.turn_log import TurnLog

pytestmark = pytest.mark.outer

HEADERS = {"upgrade": "websocket"}
UP = Ready(16000)


# ---- turns are apart


def test_relay_turn_that_is_followed_by_another_is_said_to_be_complete() -> None:
    async def main(relay: Relay) -> None:
        line = Line(relay)
        await settled()
        first = relay.open_turn("a")
        first.audio(b"1")
        relay.open_turn("b").audio(b"2")
        first.audio(b"late")
        await settled()
        marks = [TurnMark("a"), Audio(b"1"), Audio(b"", last=True), TurnMark("b"), Audio(b"2")]
        assert line.items == [UP, *marks]
        assert first.over
        again = Line(relay, Start(turn="a", sequence=1))
        await settled()
        assert again.items == [UP, TurnMark("a", 1), *marks[2:]]

    scene(main)


@pytest.mark.parametrize("by_client", [False, True])
def test_relay_turn_that_is_interrupted_says_nothing_more_and_the_next_one_all(by_client: bool) -> None:
    async def main(relay: Relay) -> None:
        reasons: list[str] = []
        relay.on_interrupt = reasons.append
        line = Line(relay)
        await settled()
        line.takes.clear()
        turn = relay.open_turn("a")
        for number in range(5):
            turn.audio(bytes([number]) * 40_000)
        await settled()
        if by_client:
            line.say(Interrupt("enough"))
            await settled()
        else:
            turn.interrupt("enough")
            turn.interrupt("enough")
        line.takes.set()
        turn.audio(b"late")
        turn.motion([b"late"])
        await settled()
        told = [item for item in line.items if isinstance(item, Interrupt)]
        assert told == [Interrupt("enough")]
        assert reasons == ["enough"] * by_client
        assert [item.data[0] for item in line.items if isinstance(item, Audio)] in ([0], [0, 1])
        assert turn.over
        logged = relay._log.find("a")
        assert logged is not None
        assert len(logged.items) == 5
        # Another node's client was as quick.
        relay._on_bus(bus_messages.encode(Interrupted("a", "enough", by_client=True)), True)
        await settled()
        assert sum(isinstance(item, Interrupt) for item in line.items) == 1
        relay.open_turn("b").audio(b"new")
        turn.interrupt()
        await settled()
        assert line.items[-2:] == [TurnMark("b"), Audio(b"new")]
        assert reasons == ["enough"] * by_client

    scene(main)


def test_relay_turn_that_is_over_cannot_be_interrupted_in_the_place_of_the_next() -> None:
    async def main(relay: Relay) -> None:
        line = Line(relay)
        await settled()
        first = relay.open_turn("a")
        first.audio(b"1")
        second = relay.open_turn("b")
        second.audio(b"2")
        first.interrupt()
        second.audio(b"3")
        await settled()
        assert not any(isinstance(item, Interrupt) for item in line.items)
        assert line.items[-2:] == [Audio(b"2"), Audio(b"3")]

    scene(main)


def test_relay_turn_is_interrupted_once_and_everybody_who_asks_is_answered() -> None:
    async def main(relay: Relay) -> None:
        reasons: list[str] = []
        relay.on_interrupt = reasons.append
        one, other = Line(relay), Line(relay)
        await settled()
        one.say(Interrupt("nothing yet"))
        await settled()
        assert one.items == [UP, Interrupt("nothing yet")]
        assert other.items == [UP]
        relay.open_turn("a").audio(b"1")
        await settled()
        one.say(Interrupt("first"))
        await settled()
        other.say(Interrupt("second"))
        await settled()
        assert reasons == ["first"]
        assert [item for item in one.items if isinstance(item, Interrupt)][1:] == [Interrupt("first")]
        assert [item for item in other.items if isinstance(item, Interrupt)] == [
            Interrupt("first"),
            Interrupt("second"),
        ]

    scene(main)


def test_relay_turn_of_two_nodes_at_once_is_the_same_one_everywhere() -> None:
    for order in ([("a", 3), ("b", 3), ("c", 2)], [("c", 2), ("b", 3), ("a", 3)], [("b", 3), ("a", 3), ("c", 2)]):
        log = TurnLog()
        for name, number in order:
            log.open(name, number)
        assert log.newest is log.find("b")
        assert [name for name in "abc" if not log.find(name).over] == ["b"]  # type: ignore[union-attr]
        assert log.next_number == 4
    for number in (4, 5):
        log.open(str(number), number)
    # One that is told of later than four that came after it.
    assert log.open("old", 1).over
    assert log.find("old") is None


# ---- resumed


def test_relay_resume_gives_what_is_missing_and_nothing_else() -> None:
    log = log_of(("a", 3), ("b", 2), ("c", 4))
    assert missed(log, "b", 1) == [("b", 1), ("c", 0)]
    assert missed(log, "b", 2) == [("c", 0)]
    assert missed(log, "c", 3) == [("c", 3)]
    assert missed(log, "c", 9) == [("c", 4)]
    assert missed(log, "unknown", 2) == [("c", 0)]
    assert missed(log, "", 0) == [("c", 0)]
    interrupted = log.find("b")
    assert interrupted is not None
    interrupted.interrupted = True
    assert missed(log, "a", 1) == [("a", 1), ("c", 0)]
    running = log.newest
    assert running is not None
    running.ended = True
    assert missed(log, "c", 4) == []
    assert missed(log, "c", 3) == [("c", 3)]
    assert missed(log, "unknown", 0) == []


def test_relay_resume_goes_back_by_four_turns() -> None:
    log = log_of(*((name, 1) for name in "abcde"))
    assert log.find("a") is None
    assert missed(log, "b", 0) == [(name, 0) for name in "bcde"]


def test_relay_resume_says_from_where_on_and_tells_of_an_interrupt() -> None:
    async def main(relay: Relay) -> None:
        turn = relay.open_turn("a")
        for number in range(4):
            turn.audio(bytes([number]))
        line = Line(relay, Start(turn="a", sequence=2))
        await settled()
        assert line.items == [UP, TurnMark("a", 2), Audio(b"\2"), Audio(b"\3")]
        turn.interrupt("meanwhile")
        relay.open_turn("b").audio(b"new")
        again = Line(relay, Start(turn="a", sequence=3))
        await settled()
        assert again.items == [UP, Interrupt("user"), TurnMark("b"), Audio(b"new")]

    scene(main)


def test_relay_resume_takes_each_item_once_and_none_of_a_turn_that_is_past() -> None:
    async def main() -> None:
        with avatar() as driven:
            client = RelayClient(["ws://x"], driven, None, Start(), 1.0)
            taken: list[bytes] = []
            opened = driven.open_turn

            def open_turn() -> Any:
                turn = opened()
                turn.audio = lambda data: taken.append(bytes(data))  # type: ignore[method-assign]
                return turn

            driven.open_turn = open_turn  # type: ignore[method-assign]

            def come(*items: Item) -> list[bytes]:
                taken.clear()
                for item in items:
                    client._take(item)
                return list(taken)

            assert come(TurnMark("a"), Audio(b"0"), Frames(()), Audio(b"2")) == [b"0", b"2"]
            # Sent anew from its beginning, from the last item, and from the next one.
            assert come(TurnMark("a"), Audio(b"0"), Frames(()), Audio(b"2"), Audio(b"3")) == [b"3"]
            assert come(TurnMark("a", 3), Audio(b"3"), Audio(b"4")) == [b"4"]
            assert come(TurnMark("a", 5), Audio(b"5")) == [b"5"]
            assert come(TurnMark("b", 7), Audio(b"7")) == [b"7"]
            assert come(TurnMark("b", 6), Audio(b"6"), Audio(b"7"), Audio(b"8")) == [b"8"]
            # A node that has not heard of b yet.
            assert come(TurnMark("a", 2), Audio(b"2"), Audio(b"9"), TurnMark("b", 9), Audio(b"9")) == [b"9"]
            # Of a new turn nothing was taken yet, whatever was still to be skipped of the one before.
            assert come(TurnMark("a", 3), Audio(b"3"), TurnMark("c"), Audio(b"0")) == [b"0"]
            assert come(TurnMark("c"), TurnMark("d"), Audio(b"0")) == [b"0"]

    asyncio.run(main())


def test_relay_resume_leaves_the_echo_of_an_interrupt_to_the_turn_it_was_meant_for() -> None:
    async def main() -> None:
        with avatar() as driven:
            client = RelayClient(["ws://x"], driven, None, Start(), 1.0)
            sent: list[bytes] = []

            async def send_bytes(data: bytes) -> None:
                sent.append(data)

            client._socket = SimpleNamespace(send_bytes=send_bytes)
            client._take(TurnMark("a"))
            await client.interrupt()
            assert binary_frames.decode(sent[0]) == Interrupt("user")
            client._take(TurnMark("b"))
            turn = client._turn
            assert turn is not None
            client._take(Interrupt("user"))
            assert turn.state != "ended"
            client._take(Interrupt("server"))
            assert turn.state == "ended"

    asyncio.run(main())
