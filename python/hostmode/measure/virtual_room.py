"""A LiveKit room without a server, whose sound source knows when each sample is heard."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import numpy as np

from hostmode._core import KEYFRAME_FLOATS, KEYFRAME_RATE
from hostmode.measure.virtual_time import AtOnce

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack

    import numpy.typing as npt

_TICK_S: Final = 0.01


class VirtualAudioSource:
    """Plays 10 ms every 10 ms, as LiveKit's `AudioSource` does: a capture returns when no more than the queue waits.

    Attributes
    ----------
    heard : list of (float, int)
        Instants of the loop's clock, and the last sample of the 10 ms that began there; 0 for silence.
    """

    #: Parts per million by which its 10 ms are longer than the loop's.
    slow_ppm = 0.0

    def __init__(self, sample_rate: int, num_channels: int, queue_size_ms: int = 1000, loop: object = None) -> None:
        self._rate = sample_rate
        self._tick = sample_rate // 100
        self._most = sample_rate * queue_size_ms // 1000
        self._queue = np.zeros(0, np.int16)
        self._waiting: asyncio.Future[None] | None = None
        self.heard: list[tuple[float, int]] = []
        self.underruns = 0
        self._task = asyncio.ensure_future(self._play())

    async def capture_frame(self, frame: Any) -> None:
        """Queue a frame."""
        self._queue = np.concatenate([self._queue, np.frombuffer(frame.data, np.int16)])
        if len(self._queue) > self._most:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting

    def clear_queue(self) -> None:
        """Throw away what waits."""
        self._queue = self._queue[:0]

    @property
    def queued_duration(self) -> float:
        """Seconds that wait."""
        return len(self._queue) / self._rate

    async def wait_for_playout(self) -> None:
        """Wait until nothing waits."""
        while len(self._queue):
            await asyncio.sleep(_TICK_S)

    async def aclose(self) -> None:
        """Stop playing."""
        self._task.cancel()

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        began, ticks = loop.time(), 0
        while True:
            enough = len(self._queue) >= self._tick
            self.heard.append((loop.time(), int(self._queue[self._tick - 1]) if enough else 0))
            self.underruns += not enough
            self._queue = self._queue[self._tick :] if enough else self._queue
            if self._waiting is not None and len(self._queue) <= self._most:
                if not self._waiting.done():
                    self._waiting.set_result(None)
                self._waiting = None
            ticks += 1
            await asyncio.sleep(began + ticks * _TICK_S * (1.0 + 1e-6 * self.slow_ppm) - loop.time())


class VirtualVideoSource:
    """Keeps what it is given, of the pictures of a `TimedStage` their times alone.

    Attributes
    ----------
    seen : list of (float, float)
        Instants of the loop's clock, and the media time that the picture shows, seconds.
    """

    def __init__(self, width: int, height: int) -> None:
        self.seen: list[tuple[float, float]] = []

    def capture_frame(self, frame: Any) -> None:
        """Show a picture."""
        shown = float(np.frombuffer(bytes(frame.data)[:4], np.float32)[0])
        self.seen.append((asyncio.get_running_loop().time(), shown))

    async def aclose(self) -> None:
        """Do nothing."""


class TimedStage:
    """Writes the media time of a pose, as `TimedMotion` put it there, into the first pixel of its picture."""

    size = (16, 16)

    def render(self, pose: npt.NDArray[np.float32], now: float = 0.0) -> npt.NDArray[np.uint8]:
        """Return the picture."""
        picture = np.zeros((16, 16, 4), np.uint8)
        picture[0, 0] = np.frombuffer(pose[:1].tobytes(), np.uint8)
        return picture

    def close(self) -> None:
        """Do nothing."""


class TimedMotion:
    """A motion source whose keyframes carry their own time, seconds, in the first number of their translation."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._samples = 0
        self._made = 0

    def push(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
        """Take sound in."""
        self._samples += len(samples)
        end = int(self._samples * KEYFRAME_RATE / self._rate)
        keyframes = np.zeros((end - self._made, KEYFRAME_FLOATS), np.float32)
        keyframes[:, 0] = np.arange(self._made, end) / KEYFRAME_RATE
        self._made = end
        return keyframes

    def finish(self) -> npt.NDArray[np.float32]:
        """Return nothing more."""
        return np.zeros((0, KEYFRAME_FLOATS), np.float32)


class VirtualRoom:
    """A connected room in which tracks can be published.

    Attributes
    ----------
    audio, video : VirtualAudioSource, VirtualVideoSource
        Those of the tracks, once they are published.
    """

    def __init__(self) -> None:
        self.local_participant = self
        self.audio: Any = None
        self.video: Any = None

    def isconnected(self) -> bool:  # as LiveKit names it
        """Return True."""
        return True

    def on(self, *_: object) -> None:
        """Do nothing: it stays connected."""

    def off(self, *_: object) -> None:
        """Do nothing."""

    async def publish_track(self, source: Any, options: object = None) -> SimpleNamespace:
        """Publish a source, which stands for its track."""
        if isinstance(source, VirtualAudioSource):
            self.audio = source
        else:
            self.video = source
        return SimpleNamespace(sid="TR", wait_for_subscription=_at_once)

    async def unpublish_track(self, sid: str) -> None:
        """Do nothing."""


def enter_virtual_rooms(stack: ExitStack) -> None:
    """Let `livekit.rtc` make sources that play virtually, and livekit and hostmode take the loop's time."""
    rtc = "livekit.rtc"
    stack.enter_context(patch(f"{rtc}.AudioSource", VirtualAudioSource))
    stack.enter_context(patch(f"{rtc}.VideoSource", VirtualVideoSource))
    for track in ("LocalAudioTrack.create_audio_track", "LocalVideoTrack.create_video_track"):
        stack.enter_context(patch(f"{rtc}.{track}", lambda _, source: source))
    clock = SimpleNamespace(perf_counter=lambda: asyncio.get_running_loop().time())
    stack.enter_context(patch(f"{rtc}.synchronizer.time", clock))
    stack.enter_context(patch("hostmode.rtc.stage.ThreadPoolExecutor", AtOnce))


def counted_speech(seconds: float, sample_rate: int) -> npt.NDArray[np.int16]:
    """Return sound of which each 10 ms hold their own number, from 1 to 30000 and again, in every sample."""
    ticks = round(seconds * 100)
    return np.repeat((np.arange(ticks) % 30000 + 1).astype(np.int16), sample_rate // 100)


def pieces(samples: npt.NDArray[np.int16], length: int) -> Iterator[npt.NDArray[np.int16]]:
    """Cut samples into pieces of a length."""
    for begin in range(0, len(samples), length):
        yield samples[begin : begin + length]


async def _at_once() -> None: ...
