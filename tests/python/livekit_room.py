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

# To find ports that nobody takes before the server does.
_ATTEMPTS = 3
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
    process, port = _started(program, port, udp_port, data_tracks, rtc)
    try:
        yield f"ws://127.0.0.1:{port}"
    finally:
        # Asked to end, it would wait until everybody has left.
        process.kill()
        process.communicate(timeout=20)


def _started(
    program: str, port: int | None, udp_port: int | None, data_tracks: bool, rtc: dict[str, object]
) -> tuple[subprocess.Popen[str], int]:
    """Return a server that takes connections, and its port; others, where somebody else took one meanwhile."""
    said = ""
    for _ in range(_ATTEMPTS):
        taken = port or free_port()
        config = {
            "port": taken,
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
        if _serves(process, taken):
            return process, taken
        said = process.communicate()[1][-2000:]
    raise RuntimeError(f"livekit-server ended: {said}")


def _serves(process: subprocess.Popen[str], port: int) -> bool:
    """Wait until the server takes connections, and return whether it does; not where it has ended."""
    deadline = time.monotonic() + 20.0
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            if time.monotonic() > deadline:
                process.kill()
                raise
            time.sleep(0.05)
        else:
            return True
    return False


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
