"""Be the avatar of whoever speaks in a LiveKit room: its sound on this machine's loudspeaker, and a face to draw.

LIVEKIT_URL=ws://... LIVEKIT_TOKEN=... python examples/livekit_subscriber.py
"""

from __future__ import annotations

import asyncio
import os

from livekit import rtc

import hostmode
from hostmode.rtc.livekit import subscribe


async def main() -> None:
    room = rtc.Room()
    await room.connect(os.environ["LIVEKIT_URL"], os.environ["LIVEKIT_TOKEN"])
    # The room holds sound back as its network demands: nothing more is needed here.
    config = hostmode.PlayerConfig(max_prebuffer=0.1)
    async with hostmode.Controller(sample_rate=48000, config=config) as avatar, await subscribe(room, avatar) as them:
        print("listening", flush=True)
        async for event in avatar.events():  # a window meanwhile draws avatar.sample()
            print(f"{event.kind:20} {event.state or '':10} {event.reason or ''}", flush=True)
            if event.kind == "conversation_end":
                print(f"heard {event.value:.1f} s of {them.identity}", them.stats)
                break
    await room.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
