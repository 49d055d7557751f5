"""A network in front of a LiveKit server that loses and delays what goes over UDP, for tests."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"


@contextmanager
def lossy_network(
    signal_port: int, udp_port: int, way_in: tuple[int, int], *, loss: float, jitter_s: float
) -> Iterator[Network]:
    """Run it, and yield it: `url` is the address for those whom it shall trouble.

    Parameters
    ----------
    signal_port, udp_port : int
        Of the server, which has to be an ICE-lite one: others look for ways past this.
    way_in : tuple of two ints
        The ports to be used instead; that for UDP with as many digits as the server's.
    loss : float
        Share of the datagrams that is lost, either way.
    jitter_s : float
        Each is late by between nothing and this, seconds.
    """
    loop = asyncio.new_event_loop()
    network = Network(loop, udp_port, loss, jitter_s)
    thread = threading.Thread(target=loop.run_forever, name="lossy-network", daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(network.open(signal_port, way_in), loop).result(10)
    try:
        yield network
    finally:
        asyncio.run_coroutine_threadsafe(network.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def own_address() -> str:
    """Return the address of this machine that the server takes datagrams at: not that of the loop."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


class Network:
    """What goes over UDP is lost by a share of `loss`, which may be changed, and late by up to `jitter_s`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, udp_port: int, loss: float, jitter_s: float) -> None:
        self.loop, self.udp_port, self.loss, self.jitter_s = loop, udp_port, loss, jitter_s
        self.chance = random.Random(5)
        self.ways: dict[tuple[str, int], asyncio.DatagramTransport] = {}

    async def open(self, signal_port: int, way_in: tuple[int, int]) -> None:
        self.signal_port, self.url = signal_port, f"ws://{HOST}:{way_in[0]}"
        # Candidates come as text over WebSocket, unmasked: a port of the same length can take the place of another.
        self.named, self.instead = f" {self.udp_port} typ".encode(), f" {way_in[1]} typ".encode()
        assert len(self.named) == len(self.instead)
        self.front, _ = await self.loop.create_datagram_endpoint(lambda: _Front(self), (HOST, way_in[1]))
        self.signals = await asyncio.start_server(self.signal, HOST, way_in[0])

    async def close(self) -> None:
        self.signals.close()
        self.front.close()
        for way in self.ways.values():
            way.close()
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task():
                task.cancel()

    async def signal(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection(HOST, self.signal_port)
        await asyncio.gather(self.pipe(reader, ours), self.pipe(theirs, writer), return_exceptions=True)

    async def pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                writer.write(data.replace(self.named, self.instead))
                await writer.drain()
        finally:
            with suppress(OSError):
                writer.close()

    async def to_server(self, data: bytes, client: tuple[str, int]) -> None:
        if client not in self.ways:
            way, _ = await self.loop.create_datagram_endpoint(
                lambda: _Back(self, client), remote_addr=(own_address(), self.udp_port)
            )
            self.ways.setdefault(client, way)
        self.late(lambda: self.ways[client].sendto(data))

    def late(self, send: object) -> None:
        if self.chance.random() >= self.loss:
            self.loop.call_later(self.chance.uniform(0.0, self.jitter_s), send)  # type: ignore[arg-type]


class _Front(asyncio.DatagramProtocol):
    def __init__(self, network: Network) -> None:
        self.network = network

    def datagram_received(self, data: bytes, client: tuple[str, int]) -> None:
        self.network.loop.create_task(self.network.to_server(data, client))


class _Back(asyncio.DatagramProtocol):
    def __init__(self, network: Network, client: tuple[str, int]) -> None:
        self.network, self.client = network, client

    def datagram_received(self, data: bytes, _: tuple[str, int]) -> None:
        self.network.late(lambda: self.network.front.sendto(data, self.client))
