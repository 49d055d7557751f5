"""Feed and follow an avatar from asyncio: no callback, no thread of your own, nothing that blocks the loop.

python examples/asyncio_events.py [recording.json]
"""

from __future__ import annotations

import asyncio
import sys

import hostmode

CHUNK_S = 0.2


async def speak(turn: hostmode.Turn, recording: hostmode.Recording) -> None:
    """Feed sound and motion as a socket would deliver them; no call here waits for playback."""
    size = round(CHUNK_S * recording.sample_rate)
    messages = list(recording.messages)
    for start in range(0, len(recording.audio), size):
        turn.audio(recording.audio[start : start + size])
        if messages:
            turn.motion(messages.pop(0))
        await asyncio.sleep(CHUNK_S / 4)
    turn.end()


async def follow(avatar: hostmode.Controller) -> None:
    """Print what happens until the conversation has been heard to its end."""
    async for event in avatar.events():
        print(f"{event.kind:20} {event.state or '':10} {event.reason or ''}")
        if event.kind == "conversation_state" and event.reason == "playback_end":
            return


async def main() -> None:
    recording = hostmode.load_recording(sys.argv[1]) if sys.argv[1:] else hostmode.Recording.embedded()
    async with hostmode.Controller(sample_rate=recording.sample_rate) as avatar:
        following = asyncio.create_task(follow(avatar))
        await asyncio.sleep(0)  # let it subscribe before anything happens
        await speak(avatar.open_turn(), recording)
        await asyncio.wait_for(following, timeout=recording.duration + 10)


if __name__ == "__main__":
    asyncio.run(main())
