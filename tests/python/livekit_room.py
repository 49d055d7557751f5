"""A LiveKit server on this machine and clients of it, for tests; `running_server` skips where there is none."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import socket
import subprocess
import time
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

KEY, SECRET = "devkey", "secret-of-the-tests-which-is-long-enough"


def server_program() -> str | None:
    """Return the program: that of HOSTMODE_LIVEKIT_SERVER, or one in the PATH."""
    return os.environ.get("HOSTMODE_LIVEKIT_SERVER") or shutil.which("livekit-server")


@contextmanager
def running_server(
    port: int | None = None, udp_port: int | None = None, *, data_tracks: bool = True, **rtc: object
) -> Iterator[str]:
    """Run a server and yield its address; skips the test where there is no program.

    In the end it dies without a word to its clients. `rtc` is added to what the configuration says of RTC.
    """
    program = server_program()
    if program is None:
        pytest.skip("no livekit-server in the PATH; name one in HOSTMODE_LIVEKIT_SERVER")
    port = port or free_port()
    config = {
        "port": port,
        "bind_addresses": ["127.0.0.1"],
        "keys": {KEY: SECRET},
        "rtc": {
            "udp_port": udp_port or free_port(datagram=True),
            "tcp_port": free_port(),
            "node_ip": "127.0.0.1",
            "use_external_ip": False,
            **rtc,
        },
        "logging": {"level": "error"},
        "enable_data_tracks": data_tracks,
    }
    process = subprocess.Popen(
        [program, "--config-body", json.dumps(config), "--node-ip", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 20.0
        while True:
            if process.poll() is not None:
                raise RuntimeError(f"livekit-server ended: {process.stderr.read()[-2000:]}")  # type: ignore[union-attr]
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield f"ws://127.0.0.1:{port}"
    finally:
        # Asked to end, it would wait until everybody has left.
        process.kill()
        process.communicate(timeout=20)


def token(identity: str, room: str = "test", **more: Any) -> str:
    """Return a token that lets `identity` into the room to publish and subscribe."""
    grant = {"roomJoin": True, "room": room, "canPublish": True, "canSubscribe": True, "canPublishData": True}
    now = int(time.time())
    claims = {"iss": KEY, "sub": identity, "nbf": now - 10, "exp": now + 3600, "video": grant, **more}
    parts = [_encoded(json.dumps(one).encode()) for one in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = ".".join(parts)
    return f"{signed}.{_encoded(hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest())}"


@asynccontextmanager
async def joined(url: str, identity: str) -> AsyncIterator[Any]:
    """Join the room; yields a `livekit.rtc.Room`."""
    from livekit import rtc

    room = rtc.Room()
    await room.connect(url, token(identity))
    try:
        yield room
    finally:
        await room.disconnect()


def free_port(*, datagram: bool = False) -> int:
    """Return a port that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if datagram else socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
