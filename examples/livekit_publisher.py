"""Speak in a LiveKit room: sound on a track, and the motion that belongs to it beside it.

LIVEKIT_URL=ws://... LIVEKIT_TOKEN=... python examples/livekit_publisher.py [recording.json]
"""

from __future__ import annotations

import asyncio
import os
import sys

from livekit import rtc

import hostmode
from hostmode.rtc.livekit import publish


async def main() -> None:
    recording = hostmode.load_recording(sys.argv[1]) if sys.argv[1:] else hostmode.Recording.embedded()
    room = rtc.Room()
    await room.connect(os.environ["LIVEKIT_URL"], os.environ["LIVEKIT_TOKEN"])
    async with await publish(room, recording.sample_rate) as speaker:
        await asyncio.sleep(1.0)  # whoever is in the room subscribes to the track
        speaker.audio(recording.audio)
        speaker.motion(recording.messages)
        speaker.end()
        await speaker.finished()  # or, when the user speaks: heard_s = speaker.interrupt()
        await asyncio.sleep(1.0)
        print(f"said {recording.duration:.1f} s", speaker.stats)
    await room.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
