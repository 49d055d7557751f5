"""What a relay keeps at the most, without a network."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

pytest.importorskip("aiohttp")

from typing import TYPE_CHECKING

from relay_line import Line, scene, settled
from relay_rig import until

from hostmode import BufferFullError
from hostmode.relay.bus import Bus
from hostmode.relay.in_order import InOrder
from hostmode.relay.items import Audio, Frames, Ready, Start, TurnMark
from hostmode.relay.relay_turn import split_audio

if TYPE_CHECKING:
    from hostmode.relay import Relay

pytestmark = pytest.mark.outer

HEADERS = {"upgrade": "websocket"}
UP = Ready(16000)


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
