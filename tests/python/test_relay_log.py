"""Turns of a relay, without a network: kept apart, resumed by number, bounded; and who is let in."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("aiohttp")

from relay_rig import avatar, until

from hostmode import BufferFullError, HostModeError
from hostmode.relay import Relay, RelaySettings, binary_frames, bus_messages
from hostmode.relay import tokens as session_tokens
from hostmode.relay.bus import Bus
from hostmode.relay.bus_messages import Interrupted
from hostmode.relay.client import RelayClient
from hostmode.relay.in_order import InOrder
from hostmode.relay.items import Audio, Failure, Frames, Interrupt, Item, Ready, Start, TurnMark
from hostmode.relay.relay_turn import split_audio
from hostmode.relay.settings import Visit
from hostmode.relay.tokens import SessionTokens
from hostmode.relay.turn_log import TurnLog

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

HEADERS = {"upgrade": "websocket"}
UP = Ready(16000)


class Line:
    """A client's socket: what the relay sends is kept, in the order of sending."""

    def __init__(self, relay: Relay, start: Item | None = None) -> None:
        self.items: list[Item | None] = []
        self.closed: tuple[int, str] | None = None
        self.takes = asyncio.Event()
        self.takes.set()
        self._frames: asyncio.Queue[bytes | str | None] = asyncio.Queue()
        self.say(start or Start())
        self._attending = asyncio.ensure_future(relay.attend(self, "binary"))

    def say(self, item: Item) -> None:
        self._frames.put_nowait(binary_frames.encode(item))

    async def leave(self) -> None:
        self._frames.put_nowait(None)
        await self._attending

    async def receive(self) -> bytes | str | None:
        return await self._frames.get()

    def write_now(self, _frames: bytes) -> bool:
        return False

    async def send_bytes(self, data: bytes) -> None:
        await self.takes.wait()
        self.items.append(binary_frames.decode(data))

    async def send_str(self, data: str) -> None:
        raise AssertionError(data)

    async def close(self, code: int, reason: str) -> None:
        self.closed = code, reason


def scene(main: Callable[[Relay], Coroutine[Any, Any, None]], **settings: Any) -> None:
    asyncio.run(main(Relay(RelaySettings(**settings))))


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def log_of(*turns: tuple[str, int]) -> TurnLog:
    """Return a log of turns that have so many items."""
    log = TurnLog()
    for name, count in turns:
        turn = log.open(name, log.next_number)
        for number in range(count):
            turn.append(Audio(bytes([number])))
    return log


def missed(log: TurnLog, turn: str, sequence: int) -> list[tuple[str, int]]:
    return [(one.id, first) for one, first in log.missed(turn, sequence)]


# ---- who is let in


@pytest.mark.parametrize(
    ("peer", "headers", "query", "token", "status"),
    [
        ("127.0.0.1", {}, {}, None, None),
        ("::1", {}, {}, None, None),
        ("", {}, {}, None, None),
        ("192.0.2.7", {}, {}, None, 403),
        ("192.0.2.7", {}, {"token": "right"}, "right", None),
        ("192.0.2.7", {"authorization": "Bearer right"}, {}, "right", None),
        ("127.0.0.1", {}, {}, "right", 401),
        ("127.0.0.1", {}, {"token": "righ"}, "right", 401),
        ("127.0.0.1", {"authorization": "Bearer wrong"}, {"token": "right"}, "right", 401),
        ("127.0.0.1", {"origin": "https://ours.example"}, {}, None, None),
        ("127.0.0.1", {"origin": "https://elsewhere.example"}, {}, None, 403),
        ("127.0.0.1", {}, {"protocol": "json"}, None, None),
        ("127.0.0.1", {}, {"protocol": "xml"}, None, 400),
        ("127.0.0.1", {"upgrade": "h2c"}, {}, None, 426),
    ],
)
def test_relay_entry_is_for_whom_it_should(
    peer: str, headers: dict[str, str], query: dict[str, str], token: str | None, status: int | None
) -> None:
    settings = RelaySettings(token=token, origins=frozenset({"https://ours.example"}))
    refused = Visit(peer, {**HEADERS, **headers}, query).refusal(settings)
    assert (refused and refused[0]) == status


def test_relay_entry_of_others_needs_a_token() -> None:
    RelaySettings(host="0.0.0.0", token="t")
    for host in ("localhost", "127.0.0.9", "::1"):
        RelaySettings(host=host)
    for host in ("0.0.0.0", "192.0.2.7", "example.org"):
        with pytest.raises(HostModeError, match="token"):
            RelaySettings(host=host)


def test_relay_entry_ends_with_the_last_seat_and_begins_again_when_one_goes() -> None:
    async def main(relay: Relay) -> None:
        visit = Visit("", HEADERS, {})
        lines = []
        for _ in range(2):
            assert relay.refusal(visit) is None
            lines.append(Line(relay))
            await settled()
        refused = relay.refusal(visit)
        assert refused is not None
        assert refused[0] == 429
        await lines[0].leave()
        assert relay.refusal(visit) is None
        assert relay.viewers == 1

    scene(main, max_viewers=2)


def test_relay_entry_begins_with_a_start() -> None:
    async def main(relay: Relay) -> None:
        line = Line(relay, Audio(b"ab"))
        heard: list[bytes] = []
        relay.on_audio = lambda data, _last: heard.append(data)
        line.say(Audio(b"cd"))
        await settled()
        assert line.closed == (1007, "not understood")
        assert isinstance(line.items[0], Failure)
        assert heard == []

    scene(main)


def test_relay_entry_by_a_session_token_lasts_as_long_as_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(session_tokens, "time", SimpleNamespace(time=lambda: clock.now))
    tokens = SessionTokens("key")
    assert tokens.is_key("key")
    assert not tokens.is_key("ke")
    assert not tokens.is_key("")
    token = tokens.issue(1060.0)
    assert token != tokens.issue(1060.0)
    assert tokens.is_token(token)
    assert not tokens.is_token("")
    for instant in (1000.0, 1000.0 + session_tokens.LONGEST_S + 1.0):
        with pytest.raises(ValueError, match="within 24 h"):
            tokens.issue(instant)
    clock.now = 1060.0
    assert not tokens.is_token(token)


def test_relay_entry_tokens_that_nobody_fetches_are_bounded_and_the_oldest_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session_tokens, "_MOST", 3)
    tokens = SessionTokens(None)
    assert tokens.is_key("anything")
    assert not tokens.is_key("")
    issued = [tokens.issue(time.time() + 60.0) for _ in range(5)]
    assert [tokens.is_token(token) for token in issued] == [False, False, True, True, True]


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


# ---- bounds


def test_relay_bound_of_a_turn_refuses_what_is_too_much_and_keeps_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hostmode.relay.turn_log.MAX_TURN_BYTES", 100)

    async def main(relay: Relay) -> None:
        turn = relay.open_turn("a")
        turn.audio(bytes(60))
        turn.motion([bytes(15), bytes(15)])
        with pytest.raises(BufferFullError, match="100"):
            turn.audio(bytes(11))
        turn.audio(bytes(10))
        with pytest.raises(BufferFullError):
            turn.motion([b"x"])
        relay.open_turn("b").audio(bytes(100))
        line = Line(relay, Start(turn="a", sequence=2))
        await settled()
        assert line.items == [UP, TurnMark("a", 2), Audio(bytes(10)), Audio(b"", last=True), *line.items[4:]]

    scene(main)


def test_relay_bound_of_who_is_behind_counts_from_where_he_came_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hostmode.relay.viewer.MAX_BEHIND", 10)

    async def main(relay: Relay) -> None:
        turn = relay.open_turn("a")
        for number in range(50):
            turn.audio(bytes([number]))
        late = Line(relay)
        await settled()
        assert late.items[-1] == Audio(bytes([49]))
        late.takes.clear()
        for number in range(62):
            turn.audio(bytes([number]))
            await asyncio.sleep(0)
        assert late.closed is None
        late.takes.set()
        await settled()
        assert late.closed == (1013, "too slow")

    scene(main)


def test_relay_bound_of_who_takes_nothing_is_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hostmode.relay.viewer.STUCK_S", 0.05)

    async def main(relay: Relay) -> None:
        stuck, good = Line(relay), Line(relay)
        await settled()
        stuck.takes.clear()
        relay.open_turn("a").audio(b"1")
        await until(lambda: stuck.closed is not None)
        assert stuck.closed == (1013, "too slow")
        assert good.items == [UP, TurnMark("a"), Audio(b"1")]
        assert good.closed is None

    scene(main)


def test_relay_bound_of_a_part_is_what_a_frame_carries() -> None:
    part = 256 * 1024
    for size in (0, 1, part, part + 1, 3 * part):
        parts = list(split_audio(Audio(bytes(size), last=True)))
        assert sum(len(one.data) for one in parts) == size
        assert max(len(one.data) for one in parts) <= part
        assert [one.last for one in parts] == [False] * (len(parts) - 1) + [True]
        assert len(parts) == max(1, -(-size // part))


def test_relay_bound_of_motion_is_a_message_and_a_part() -> None:
    async def main(relay: Relay) -> None:
        turn = relay.open_turn("a")
        with pytest.raises(ValueError, match="524289"):
            turn.motion([b"small", bytes(512 * 1024 + 1)])
        messages = [bytes(200 * 1024)] * 5
        turn.motion(messages, last=True)
        line = Line(relay)
        await settled()
        parts = [item for item in line.items if isinstance(item, Frames)]
        assert [len(part.messages) for part in parts] == [2, 2, 1]
        assert [part.last for part in parts] == [False, False, True]

    scene(main)


def test_relay_bound_of_frames_a_second_is_for_each_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hostmode.relay.relay._MOST_FRAMES_A_SECOND", 30)

    async def main(relay: Relay) -> None:
        loop = asyncio.get_running_loop()
        clock = SimpleNamespace(now=100.0)
        loop.time = lambda: clock.now  # type: ignore[method-assign]
        heard: list[bytes] = []
        relay.on_audio = lambda data, _last: heard.append(data)
        line = Line(relay)
        for second in range(3):
            clock.now = 100.0 + second
            for _ in range(30):
                line.say(Audio(b"x"))
            for _ in range(40):
                await asyncio.sleep(0)
        assert len(heard) == 90
        assert line.closed is None
        line.say(Audio(b"x"))
        await settled()
        assert len(heard) == 90
        assert line.closed == (1007, "not understood")

    scene(main)


def test_relay_bound_of_what_waits_for_the_bus() -> None:
    async def main() -> None:
        bus = Bus("nats://127.0.0.1:1", "avatar", lambda _payload, _live: None)
        piece = bytes(10 * 1024 * 1024)
        for _ in range(8):
            bus.publish(piece)
        with pytest.raises(BufferFullError, match="cannot be reached"):
            bus.publish(b"x")
        await bus._on_acknowledged(SimpleNamespace(headers=None, data=b'{"seq": 1}', subject="inbox.0"))
        bus.publish(piece)
        with pytest.raises(BufferFullError):
            bus.publish(b"x")

    asyncio.run(main())


def test_relay_bound_of_what_waits_for_a_lost_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hostmode.relay.in_order._MOST_HELD", 3)
    monkeypatch.setattr("hostmode.relay.in_order._SENDERS", 2)
    order = InOrder()
    for number in range(1, 9):
        assert list(order.take(b"one", number, b"%d" % number)) == []
    assert order.skip() == (1, [b"1", b"2", b"3"])
    # Of more senders than are kept, the one that was heard longest ago begins anew.
    assert list(order.take(b"two", 0, b"0")) == [b"0"]
    assert list(order.take(b"one", 4, b"4")) == [b"4"]
    assert list(order.take(b"three", 0, b"0")) == [b"0"]
    assert list(order.take(b"one", 5, b"5")) == [b"5"]
    assert list(order.take(b"two", 1, b"1")) == []
