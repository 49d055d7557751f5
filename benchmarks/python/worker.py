"""An avatar for an agent: `AvatarWorker` beside the `AvatarRunner` of livekit-agents, on the same speech.

Both speak in the same virtual room, whose sound source knows what is heard when; time is simulated. The runner is
given hostmode's own generator, so both make the same pictures of the same motion.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import statistics
from bisect import bisect_right
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from livekit.agents.voice.avatar import AvatarOptions, AvatarRunner

from hostmode.measure.virtual_room import (
    TimedMotion,
    TimedStage,
    VirtualAudioSource,
    VirtualRoom,
    counted_speech,
    enter_virtual_rooms,
    pieces,
)
from hostmode.measure.virtual_time import VirtualTimeLoop
from hostmode.rtc.agents import AvatarVideo, AvatarWorker, avatar_output
from hostmode.rtc.agents.package import audio_frame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

RATE = 24000
INTERRUPTS = 50
CONTENDERS = ("AvatarWorker", "AvatarRunner")


class Talk:
    """A room, an agent's voice, and what the agent was told."""

    def __init__(self) -> None:
        self.room = VirtualRoom()
        self.voice = avatar_output(RATE)
        self.started = 0
        self.finished: list[Any] = []
        self.voice.on("playback_started", self._start)
        self.voice.on("playback_finished", self.finished.append)

    def _start(self, _: object) -> None:
        self.started += 1

    async def say(self, samples: Any, *, end: bool = True) -> None:
        for piece in pieces(samples, RATE // 10):
            await self.voice.capture_frame(audio_frame(piece, RATE))
        if end:
            self.voice.flush()


@asynccontextmanager
async def talking(contender: str) -> AsyncIterator[Talk]:
    talk = Talk()
    if contender == "AvatarWorker":
        worker = AvatarWorker(talk.room, talk.voice, RATE, stage=TimedStage, motion=TimedMotion)
        await worker.start()
        yield talk
        await worker.aclose()
    else:
        video = AvatarVideo(RATE, stage=TimedStage, motion=TimedMotion)
        options = AvatarOptions(16, 16, 25, RATE, 1)
        runner = AvatarRunner(talk.room, audio_recv=talk.voice, video_gen=video, options=options)
        await runner.start()
        yield talk
        await runner.aclose()
        await video.aclose()


async def interrupts(contender: str) -> dict[str, float]:
    """Interrupt utterances of 5 s anywhere in them."""
    draw = random.Random(1)
    speech = counted_speech(5.0, RATE)
    errors, late, after = [], [], []
    async with talking(contender) as talk:
        await asyncio.sleep(1.0)
        for _ in range(INTERRUPTS):
            begun = len(talk.room.audio.heard) if talk.room.audio else 0
            told = len(talk.finished)
            await talk.say(speech)
            await asyncio.sleep(draw.uniform(0.3, 4.5))
            cleared = asyncio.get_running_loop().time()
            talk.voice.clear_buffer()
            await asyncio.sleep(draw.uniform(1.0, 1.1))
            heard = [(time, number) for time, number in talk.room.audio.heard[begun:] if number]
            told_s = talk.finished[told].playback_position
            errors.append(1000 * abs(told_s - heard[-1][1] / 100))
            began, tick = [one for one in heard if one[0] <= cleared][-1]
            late.append(1000 * abs(told_s - (tick - 1) / 100 - (cleared - began)))
            after.append(1000 * max(0.0, heard[-1][0] + 0.01 - cleared))
        phantoms = talk.started + len(talk.finished) - 2 * INTERRUPTS
        return {
            "heard_error_ms": statistics.median(errors),
            "heard_error_max_ms": max(errors),
            "error_at_clear_ms": statistics.median(late),
            "error_at_clear_max_ms": max(late),
            "after_clear_ms": statistics.median(after),
            "after_clear_max_ms": max(after),
            "phantoms": phantoms,
        }


async def half_an_hour(contender: str) -> dict[str, float]:
    """Speak for 30 minutes, and compare what pictures show with what is heard when they do."""
    seconds = 1800
    async with talking(contender) as talk:
        await asyncio.sleep(1.0)
        speech = counted_speech(seconds, RATE)
        for number, piece in enumerate(pieces(speech, RATE)):
            await talk.say(piece, end=number == seconds - 1)
            if number >= 5:
                await asyncio.sleep(1.0)
        await asyncio.sleep(4.0)
        heard, turns, last = [], 0, 0
        for time, tick in talk.room.audio.heard:
            if tick:
                turns += tick < last
                last = tick
                heard.append((time, (tick - 1 + 30000 * turns) / 100))
        times = [time for time, _ in heard]
        offsets = []
        for time, shown in talk.room.video.seen:
            at = bisect_right(times, time) - 1
            if 0 <= at < len(heard) - 10:
                media = heard[at][1] + min(0.01, time - heard[at][0])
                offsets.append((media, 1000 * (shown - media)))
        first = [offset for media, offset in offsets if 5 < media < 60]
        final = [offset for media, offset in offsets if seconds - 60 < media < seconds - 1]
        gaps = sum(later - time > 0.0101 for time, later in itertools.pairwise(times))
        return {
            "first_ms": statistics.mean(first),
            "last_ms": statistics.mean(final),
            "widest_ms": max(abs(offset) for media, offset in offsets if media > 5),
            "gaps": gaps,
        }


def simulated(play: Callable[[], Coroutine[Any, Any, dict[str, float]]], slow_ppm: float = 0.0) -> dict[str, float]:
    VirtualAudioSource.slow_ppm = slow_ppm
    with ExitStack() as stack:
        enter_virtual_rooms(stack)
        return stack.enter_context(asyncio.Runner(loop_factory=VirtualTimeLoop)).run(play())


def main() -> None:
    found: dict[str, Any] = {}
    for contender in CONTENDERS:
        found[contender] = {"interrupts": simulated(lambda name=contender: interrupts(name))}
        for ppm in (-100, 100):
            found[contender][f"{ppm}"] = simulated(lambda name=contender: half_an_hour(name), ppm)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
