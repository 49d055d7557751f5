"""A client of a relay in memory: no network, and every frame that it was sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("aiohttp")


from hostmode.relay import Relay, RelaySettings, binary_frames
from hostmode.relay.items import Audio, Item, Ready, Start
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
