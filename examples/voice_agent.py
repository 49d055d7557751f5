"""The skeleton of a voice agent: it hears, answers with voice and face, and can be interrupted in mid-sentence.

`hear` and `answer` stand for your speech recognition, language model and speech synthesis. What matters is the rest:
each answer is a turn of its own, and what comes late to a turn that is over goes nowhere.

    python examples/voice_agent.py [recording.json]
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import hostmode
from hostmode.motion import LocalMotion

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHUNK_S = 0.1
recording = hostmode.load_recording(sys.argv[1]) if sys.argv[1:] else hostmode.Recording.embedded()
RATE = recording.sample_rate


async def hear() -> AsyncIterator[str]:
    """Yield what the user says, at the moment that it is understood."""
    yield "Tell me a story."
    await asyncio.sleep(1.2)  # the avatar is in the middle of it
    yield "Wait. A shorter one."


async def answer(question: str) -> AsyncIterator[tuple[bytes, list[bytes]]]:
    """Yield the answer as it is made: chunks of sound, and the motion that is ready by then."""
    sound = recording.audio[: 2 * RATE] if "shorter" in question else recording.audio
    source, size = LocalMotion(RATE), round(CHUNK_S * RATE)
    for start in range(0, len(sound), size):
        chunk, last = sound[start : start + size], start + size >= len(sound)
        keyframes = [source.push(chunk), *([source.finish()] if last else [])]
        messages = [hostmode.encode_message(made, req_id=question) for made in keyframes if len(made)]
        yield chunk.tobytes(), messages
        await asyncio.sleep(CHUNK_S / 4)  # synthesis is faster than speech


async def speak(turn: hostmode.Turn, question: str) -> None:
    async for chunk, messages in answer(question):
        turn.audio(chunk)
        turn.motion(messages)
    turn.motion([hostmode.encode_message(recording.keyframes[:0], req_id=question, end=True)])
    turn.end()
    await turn.finished()


async def main() -> None:
    async with hostmode.Controller(RATE) as avatar:
        turn, speaking = None, None
        async for question in hear():
            print(f"user: {question}")
            if turn is not None and speaking is not None and not speaking.done():
                heard_s = turn.interrupt()
                speaking.cancel()
                with suppress(asyncio.CancelledError):
                    await speaking
                # So that it knows what the user has heard of its answer.
                print(f"for the language model: cut off after {heard_s:.1f} s")
            turn = avatar.open_turn()
            speaking = asyncio.ensure_future(speak(turn, question))
        if turn is not None and speaking is not None:
            await speaking
            print(f"said in full: {turn.heard:.1f} s ({turn.reason})")


if __name__ == "__main__":
    asyncio.run(main())
