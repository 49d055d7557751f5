"""A recording as a live source: published at the pace of its sound."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from hostmode._core import KEYFRAME_RATE, decode_message

if TYPE_CHECKING:
    from hostmode.recording import Recording
    from hostmode.relay.relay import Relay

_CHUNK_S: Final = 0.1
# Sound and motion are sent so much ahead of when they are due, as a service does that is faster than real time.
_AHEAD_S: Final = 0.5


async def publish_recording(relay: Relay, recording: Recording) -> None:
    """Publish `recording` as one turn; return when all of it has been sent."""
    loop = asyncio.get_running_loop()
    turn = relay.open_turn()
    chunk = round(_CHUNK_S * recording.sample_rate)
    begun_s, keyframes = loop.time(), 0
    messages = list(recording.messages)
    for number, start in enumerate(range(0, len(recording.audio), chunk)):
        media_s = number * _CHUNK_S
        await asyncio.sleep(max(0.0, begun_s + media_s - _AHEAD_S - loop.time()))
        turn.audio(recording.audio[start : start + chunk].tobytes())
        while messages and keyframes / KEYFRAME_RATE <= media_s + _CHUNK_S:
            motion = decode_message(messages[0])
            keyframes += 0 if motion is None else len(motion.keyframes)
            turn.motion([messages.pop(0)])
    turn.motion(messages, last=True)
    turn.end()
