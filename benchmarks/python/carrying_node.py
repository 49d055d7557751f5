"""A server of the benchmark of carrying, in a process of its own: ``carrying_node.py relay|broadcast [BUS]``.

Prints where clients connect. For each line ``COUNT``, ``COUNT run`` on its input it publishes so many messages,
one every 40 ms, and prints what that cost.
"""

from __future__ import annotations

import asyncio
import json
import resource
import struct
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

INTERVAL_S = 0.04
#: 40 ms of sound at 24 kHz, and the motion of one keyframe.
SOUND_BYTES = 1920
MOTION_BYTES = 500
HEAD = struct.Struct(">IQ")


def payload(number: int, size: int) -> bytes:
    """Return the bytes of a message: its number, when it is said, and a filling that only this number has."""
    filling = struct.pack(">I", number * 2654435761 & 0xFFFFFFFF) * (size // 4)
    return (HEAD.pack(number, time.monotonic_ns()) + filling)[:size]


def is_intact(data: bytes) -> bool:
    """Return whether every byte is what it should be, the instant apart."""
    number, _ = HEAD.unpack_from(data)
    filling = struct.pack(">I", number * 2654435761 & 0xFFFFFFFF) * (len(data) // 4)
    return data[HEAD.size :] == filling[: len(data) - HEAD.size]


def used() -> dict[str, float]:
    """Return the processor's seconds and the memory of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    return {"cpu_s": usage.ru_utime + usage.ru_stime, "resident_mb": resident / 2**20}


async def obey(say: Callable[[int], Any], end: Callable[[], Any]) -> None:
    """Publish as the lines of the input ask for."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()
    loop.add_reader(sys.stdin, lambda: lines.put_nowait(sys.stdin.readline()))
    number = 0
    while line := (await lines.get()).strip():
        before, begun_s = used(), loop.time()
        for k in range(int(line)):
            await asyncio.sleep(max(0.0, begun_s + k * INTERVAL_S - loop.time()))
            say(number)
            number += 1
        await asyncio.sleep(INTERVAL_S)
        after = used()
        end()
        share = (after["cpu_s"] - before["cpu_s"]) / (loop.time() - begun_s)
        print(json.dumps({"share": share, **after}), flush=True)


async def relay(bus: str | None) -> None:
    from hostmode.relay import RelaySettings, RelayTurn, serve

    async with serve(RelaySettings(sample_rate=24000), bus=bus) as node:
        print(node.url, flush=True)
        turn: RelayTurn | None = None

        def say(number: int) -> None:
            nonlocal turn
            if turn is None or turn.over:
                turn = node.open_turn()
            turn.audio(payload(number, SOUND_BYTES))
            turn.motion([payload(number, MOTION_BYTES)])

        await obey(say, lambda: turn is not None and turn.end())


async def broadcast() -> None:
    import websockets.asyncio.server

    async def keep(connection: Any) -> None:
        await connection.wait_closed()

    async with websockets.asyncio.server.serve(keep, "127.0.0.1", 0, compression=None) as server:
        print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)

        def say(number: int) -> None:
            both = payload(number, SOUND_BYTES) + payload(number, MOTION_BYTES)
            websockets.asyncio.server.broadcast(server.connections, both)

        await obey(say, lambda: None)


if __name__ == "__main__":
    asyncio.run(broadcast() if sys.argv[1] == "broadcast" else relay(sys.argv[2] if sys.argv[2:] else None))
