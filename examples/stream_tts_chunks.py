"""Play speech that arrives in chunks, as it does from a text-to-speech service, with its motion.

Audio may come faster or slower than real time, in pieces of any size; nothing has to be paced. The turn ties
the motion to the sound, and may pause for as long as a tool takes.

    python examples/stream_tts_chunks.py [recording.json]
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import hostmode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHUNK_S = 0.1
FASTER_THAN_REAL_TIME = 4.0


async def chunks_from_service(recording: hostmode.Recording) -> AsyncIterator[bytes]:
    """Stand in for the service: deliver the sound as it would arrive."""
    size = round(CHUNK_S * recording.sample_rate)
    for start in range(0, len(recording.audio), size):
        yield recording.audio[start : start + size].tobytes()
        await asyncio.sleep(CHUNK_S / FASTER_THAN_REAL_TIME)


async def feed_motion(turn: hostmode.Turn, recording: hostmode.Recording) -> None:
    """Hand over each message when it comes; it covers the seconds after the previous one."""
    for message, motion in zip(recording.messages, recording.motions, strict=True):
        complete = turn.motion(message)
        print(f"motion: {len(motion.keyframes)} keyframes{', complete' if complete else ''}")
        await asyncio.sleep(len(motion.keyframes) / recording.keyframe_rate / FASTER_THAN_REAL_TIME)


async def main() -> None:
    recording = hostmode.load_recording(sys.argv[1]) if sys.argv[1:] else hostmode.Recording.embedded()
    async with hostmode.Controller(sample_rate=recording.sample_rate) as avatar:
        avatar.on_conversation_state = lambda state, reason: print(f"{state} ({reason})")
        turn = avatar.open_turn()
        motion = asyncio.create_task(feed_motion(turn, recording))
        async for chunk in chunks_from_service(recording):
            turn.audio(chunk)
        turn.end()
        await motion
        heard_s = await asyncio.wait_for(turn.finished(), timeout=recording.duration + 10)
        await avatar.idle()  # the callbacks have run, too
        print(f"heard: {heard_s:.2f} s, underruns: {avatar.stats()['underruns']}")


if __name__ == "__main__":
    asyncio.run(main())
