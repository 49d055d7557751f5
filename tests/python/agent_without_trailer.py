"""An agent whose word that an utterance is complete gets lost, and that speaks again: prints what it is told.

Usage: ``python agent_without_trailer.py URL TOKEN AVATAR``. Prints a JSON line for each utterance: how much of it was
heard, and seconds from its first sound until that was told.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents.voice.avatar import DataStreamAudioOutput

RATE = 24000


async def speak(url: str, token: str, avatar: str) -> None:
    """Say 1 s without its end, then 0.5 s with it."""
    room = rtc.Room()
    await room.connect(url, token)
    output = DataStreamAudioOutput(room, destination_identity=avatar, wait_remote_track=rtc.TrackKind.KIND_VIDEO)
    for seconds, ends in ((1.0, False), (0.5, True)):
        said = time.monotonic()
        tone = 8000 * np.sin(2 * np.pi * 440 * np.arange(round(RATE * seconds)) / RATE)
        for piece in np.split(tone.astype(np.int16), round(10 * seconds)):
            await output.capture_frame(rtc.AudioFrame(piece.tobytes(), RATE, 1, len(piece)))
        if ends:
            output.flush()
        else:
            forget_end(output)
        event = await asyncio.wait_for(output.wait_for_playout(), 20.0)
        told = {"position": event.playback_position, "interrupted": event.interrupted}
        print(json.dumps({**told, "after": time.monotonic() - said}), flush=True)
    await room.disconnect()


def forget_end(output: Any) -> None:
    """Let the stream be as one whose trailer the network lost."""
    assert output._stream_writer is not None
    output._stream_writer = None
    # An agent that flushes counts the segment, whether the trailer comes or not.
    output.flush()


if __name__ == "__main__":
    asyncio.run(speak(*sys.argv[1:]))
