"""Who breaks a relay's rules is refused with the reason, which is logged once, and nobody else notices."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import struct
import zlib
from typing import TYPE_CHECKING, Any

import pytest

aiohttp = pytest.importorskip("aiohttp")

from relay_rig import Record, avatar, until  # noqa: E402

from hostmode.relay import Relay, RelaySettings, binary_frames, connect, serve  # noqa: E402
from hostmode.relay.items import Failure, Start  # noqa: E402
from hostmode.relay.json_frames import JsonFrames  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = pytest.mark.outer

TOKEN = {"Authorization": "Bearer right"}
START = binary_frames.encode(Start())
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}


async def get(url: str, headers: dict[str, str]) -> str:
    async with aiohttp.ClientSession() as http:
        answer = await http.get(url.replace("ws", "http", 1), headers=headers)
        return f"{answer.status} {await answer.text()}"


async def handshake(url: str, headers: dict[str, str]) -> str:
    return await get(url, {**UPGRADE, "Sec-WebSocket-Version": "13", **headers})


async def send(url: str, *frames: bytes | str, protocol: str = "binary") -> str:
    """Connect as is right, send, and return what the relay says of it."""
    said = []
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{url}?protocol={protocol}", headers=TOKEN) as socket,
    ):
        for frame in frames:
            try:
                await (socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_str(frame))
            except ConnectionError:
                break
        async for answer in socket:
            item = (JsonFrames() if protocol == "json" else binary_frames).decode(answer.data)
            if isinstance(item, Failure):
                said.append(item.text)
        return f"{' '.join(said)} closed {socket.close_code}"


async def raw(url: str, *pieces: bytes, pause_s: float = 0.0) -> bytes:
    """Send bytes and return all that is answered, until the relay closes."""
    port = int(url.rstrip("/").rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)
        answer = await asyncio.wait_for(reader.read(), 5)
    except ConnectionError:
        answer += b" reset"
    finally:
        writer.transport.abort()
    return answer


async def compressed(url: str) -> str:
    """Send 100 MB as a compressed frame of 100 kB."""
    packer = zlib.compressobj(9, wbits=-15)
    bomb = packer.compress(bytes(100_000_000)) + packer.flush(zlib.Z_SYNC_FLUSH)
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer right\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    )

    def frame(first: int, data: bytes) -> bytes:
        return struct.pack(">BBQ", first, 0xFF, len(data)) + bytes(4) + data  # a mask of zeros

    start = START.encode() if isinstance(START, str) else START
    answer = await raw(url, head.encode(), frame(0x81, start), frame(0xC2, bomb))
    assert b"permessage-deflate" not in answer
    return f"closed {struct.unpack('>H', answer[answer.rindex(bytes((0x88,))) + 2 :][:2])[0]}"


async def slow_head(url: str) -> str:
    """Send the head of a request a byte at a time."""
    answer = await raw(url, *(bytes((byte,)) for byte in b"GET / HTTP/1.1\r\nHost: somewhere"), pause_s=0.05)
    return f"disconnected {answer!r}"


ATTACKS: dict[str, tuple[Callable[[str], Awaitable[str]], str, str]] = {
    # what is done, what is answered, what is logged
    "wrong token": (lambda url: handshake(url, {"Authorization": "Bearer wrong"}), "401 the token", "refused"),
    "no token": (lambda url: handshake(url, {}), "401 the token", "refused"),
    "cross-origin browser": (
        lambda url: handshake(url, {**TOKEN, "Origin": "https://elsewhere.example"}),
        "403 pages of https://elsewhere.example may not connect",
        "refused",
    ),
    "plain HTTP": (lambda url: get(url, TOKEN), "426 this is a relay: connect with a WebSocket", "refused"),
    "wrong version of WebSocket": (
        lambda url: handshake(url, {**TOKEN, "Sec-WebSocket-Version": "5"}),
        "400 Unsupported version",
        "refused",
    ),
    "unknown protocol": (lambda url: handshake(url + "?protocol=xml", TOKEN), "400 protocol is 'xml'", "refused"),
    "oversize frame": (lambda url: send(url, START, bytes(2**21)), "closed 1009", "disconnected"),
    "billion-message count": (
        lambda url: send(url, START, b"\x02\x00" + struct.pack(">I", 10**9)),
        "1000000000 messages in one frame; at most 10000 are taken closed 1007",
        "disconnected",
    ),
    "compression bomb": (compressed, "closed 1002", "disconnected"),
    "slow loris before the request's end": (slow_head, "disconnected", "no request within"),
    "slow loris before the start": (lambda url: send(url), "no start within 0.3 s closed 1007", "disconnected"),
    "no start": (lambda url: send(url, b"\x01\x00\x00\x00"), "must start the session closed 1007", "disconnected"),
    "unknown type": (lambda url: send(url, START, b"\x07\x00"), "type 7", "disconnected"),
    "deep JSON": (lambda url: send(url, START, "[" * 100_000), "no JSON", "disconnected"),
    "text that is no JSON": (lambda url: send(url, "{", protocol="json"), "no JSON", "disconnected"),
    "flood": (lambda url: send(url, START, *[b"\x01\x00"] * 500), "more than 200 frames a second", "disconnected"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_who_breaks_the_rules_is_refused_once_in_the_log_and_nobody_else_notices(
    attack: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("hostmode.relay.relay._HANDSHAKE_S", 0.3)
    monkeypatch.setattr("hostmode.relay.listening._REQUEST_S", 0.3)
    act, answered, logged = ATTACKS[attack]

    async def speak(relay: Relay, said: list[bytes], done: asyncio.Event) -> None:
        turn = relay.open_turn()
        while not done.is_set():
            said.append(struct.pack("<I", len(said)) * 80)
            turn.audio(said[-1])
            await asyncio.sleep(0.01)

    async def main() -> str:
        async with serve(RelaySettings(token="right")) as relay, connect(relay.url, avatar(), token="right") as link:
            record = Record(link.avatar)
            said: list[bytes] = []
            done = asyncio.Event()
            speaking = asyncio.ensure_future(speak(relay, said, done))
            answer = await act(relay.url)
            done.set()
            await speaking
            await until(lambda: record.audio == said)
            assert link.connected
            assert relay.viewers == 1
            link.avatar.close()
            return answer

    with caplog.at_level(logging.WARNING, "hostmode"):
        answer = asyncio.run(main())
    assert answered in answer
    lines = [record.getMessage() for record in caplog.records if record.name == "hostmode"]
    assert len(lines) == 1, lines
    assert logged in lines[0]


def test_clients_that_have_not_started_count_too() -> None:
    async def main() -> None:
        async with serve(RelaySettings(max_viewers=2)) as relay, aiohttp.ClientSession() as http:
            sockets: list[Any] = [await http.ws_connect(relay.url) for _ in range(2)]
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await http.ws_connect(relay.url)
            assert refused.value.status == 429
            for socket in sockets:
                await socket.close()

    asyncio.run(main())
