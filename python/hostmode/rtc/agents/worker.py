"""An avatar that speaks an agent's voice in a room, and tells the agent what was heard of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.motion import LocalMotion
from hostmode.rtc.agents.package import audio_frame, load_avatar, load_rtc, mono, video_frame
from hostmode.rtc.spoken_face import Report, SpokenFace
from hostmode.rtc.stage import DrawingThread, Stage, head_on_stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostmode.motion import MotionSource

AUDIO_TRACK: Final = "avatar_audio"
VIDEO_TRACK: Final = "avatar_video"
# What the sound source holds ahead, and what it is given at a time. `capture_frame` returns when the source holds
# no more than that: its pace is the clock.
_QUEUE_MS: Final = 60
_BLOCK_MS: Final = 20
# What the source hands on at a time: when a capture returns, the newest piece begins to be heard.
_PIECE_MS: Final = 10


class AvatarWorker:
    """Speaks an agent's voice in a room, with a face to it.

    In the agent's process::

        voice = hostmode.rtc.agents.avatar_output(24000)
        worker = AvatarWorker(room, voice, 24000)
        await worker.start()
        session.output.audio = voice

    or in one of its own, with a connection of its own, where the agent has a `DataStreamAudioOutput`::

        worker = AvatarWorker(room, DataStreamAudioReceiver(room), 24000)

    The sound source's pace is the only clock: pictures show what is heard, and the positions that are reported are
    those that were. While nobody speaks, silence and pictures go on. To be used by the loop's thread.

    Parameters
    ----------
    room : livekit.rtc.Room
        Connected, with the right to publish.
    voice : livekit.agents.voice.avatar.AudioReceiver
        Where the agent's voice comes from.
    sample_rate : int
        Of the voice, hertz; one of `hostmode.PCM_RATES`, of those that are whole in 10 ms.
    fps : int
        Pictures a second, 1 to 50.
    stage : callable, optional
        Makes what draws, in a thread of its own: `hostmode.view.Offscreen`, `Sketch` or the like.
    motion : callable, optional
        Makes the `hostmode.motion.MotionSource` of an utterance from the rate.
    patience : float
        Seconds after which an utterance that gets no more sound counts as complete: the word that it is may be lost.

    Raises
    ------
    MissingExtraError
        The package `livekit-agents` is not installed.
    ValueError
        The rate or the pictures a second are out of range.
    """

    def __init__(
        self,
        room: Any,
        voice: Any,
        sample_rate: int = 24000,
        *,
        fps: int = 25,
        stage: Callable[[], Stage] = head_on_stage,
        motion: Callable[[int], MotionSource] = LocalMotion,
        patience: float = 5.0,
    ) -> None:
        if not 1 <= fps <= 50:
            raise ValueError(f"fps is {fps}; it must be 1 to 50")
        if sample_rate % 100:
            raise ValueError(f"sample_rate is {sample_rate}; LiveKit takes rates that are whole in 10 ms")
        self._segment_end = load_avatar().AudioSegmentEnd
        self._room = room
        self._voice = voice
        self._fps = fps
        self._face = SpokenFace(sample_rate, ahead=(_QUEUE_MS + _PIECE_MS) / 1000, motion=motion, patience=patience)
        self._drawing = DrawingThread(stage)
        self._block = sample_rate * _BLOCK_MS // 1000
        self._source: Any = None
        self._video: Any = None
        self._publications: list[str] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._notices: set[asyncio.Task[Any]] = set()
        self._finishes = 0
        # Instants of the face's time and of the loop's at which the block that plays was taken.
        self._taken_s = 0.0
        self._taken_at = 0.0
        self._silence = 0
        self._picture_due = asyncio.Event()

    async def start(self) -> None:
        """Wait for the agent, publish the tracks and begin.

        Raises
        ------
        ValueError
            The room is not connected.
        """
        if not self._room.isconnected():
            raise ValueError("the room is not connected: await room.connect(url, token) first")
        rtc = load_rtc()
        width, height = await self._drawing.size()
        self._source = rtc.AudioSource(self._face.sample_rate, 1, queue_size_ms=_QUEUE_MS)
        self._video = rtc.VideoSource(width, height)
        # First: an agent that waits for a track begins to speak when there is one.
        await self._voice.start()
        for name, handler in self._handlers():
            self._voice.on(name, handler)
        sound = rtc.LocalAudioTrack.create_audio_track(AUDIO_TRACK, self._source)
        pictures = rtc.LocalVideoTrack.create_video_track(VIDEO_TRACK, self._video)
        for track, kind in (
            (sound, rtc.TrackSource.SOURCE_MICROPHONE),
            (pictures, rtc.TrackSource.SOURCE_CAMERA),
        ):
            publication = await self._room.local_participant.publish_track(
                track, rtc.TrackPublishOptions(source=kind)
            )
            self._publications.append(publication.sid)
        self._taken_at = asyncio.get_running_loop().time()
        self._tasks = [asyncio.ensure_future(one) for one in (self._listen(), self._speak(), self._show())]

    async def finished(self) -> None:
        """Wait until the voice has ended; raises what went wrong."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def aclose(self) -> None:
        """Stop, and take the tracks out of the room."""
        for name, handler in self._handlers():
            self._voice.off(name, handler)
        for task in (*self._tasks, *self._notices):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._notices, return_exceptions=True)
        await self._voice.aclose()
        for sid in self._publications:
            # The room may be gone already.
            with suppress(Exception):
                await self._room.local_participant.unpublish_track(sid)
        self._drawing.close()
        for source in (self._source, self._video):
            if source is not None:
                await source.aclose()

    def pause(self) -> None:
        """Stand still; nothing is lost. An agent's session does that through `avatar_output`."""
        self._face.pause(self._now())

    def resume(self) -> None:
        """Go on where it stood still."""
        self._face.resume(self._now())

    @property
    def heard_s(self) -> float:
        """Seconds of the current utterance that have been heard; 0 while nobody speaks."""
        return self._face.heard_s(self._now())

    def _handlers(self) -> list[tuple[str, Callable[[], None]]]:
        return [("clear_buffer", self._clear), ("pause", self.pause), ("resume", self.resume)]

    def _now(self) -> float:
        """Return the face's time: that of the block that plays, and what the loop's clock says since."""
        since_s = asyncio.get_running_loop().time() - self._taken_at
        return self._taken_s + min(since_s, self._face.taken_s - self._taken_s)

    def _clear(self) -> None:
        now = self._now()
        reports = self._face.interrupt(now)
        self._source.clear_queue()
        # Silence takes the place of what is thrown away, so that the source waits for the next capture where it did:
        # in whole pieces, or it would go on at another point between two of them.
        lost_pieces = int((self._face.taken_s + self._face.ahead - now) * 1000 / _PIECE_MS) - 1
        self._silence = lost_pieces * self._face.sample_rate * _PIECE_MS // 1000
        # Those that the agent took back before they came here count as well.
        unseen = getattr(self._voice, "captured_playout_segments", 0) - self._finishes - len(reports)
        self._tell([*reports, *[Report("finished", 0.0, True)] * unseen])

    def _tell(self, reports: list[Report]) -> None:
        for report in reports:
            if report.kind == "started":
                told = self._voice.notify_playback_started()
            else:
                self._finishes += 1
                told = self._voice.notify_playback_finished(report.position, report.interrupted)
            if asyncio.iscoroutine(told):
                notice = asyncio.ensure_future(told)
                self._notices.add(notice)
                notice.add_done_callback(self._notices.discard)

    async def _listen(self) -> None:
        async for frame in self._voice:
            if isinstance(frame, self._segment_end):
                self._face.end(self._now())
            else:
                self._face.audio(mono(frame, self._face.sample_rate), self._now())

    async def _speak(self) -> None:
        next_picture_s = 0.0
        while True:
            if self._silence:
                samples = np.zeros(min(self._silence, self._block), np.int16)
                self._silence -= len(samples)
            else:
                now = self._face.taken_s
                samples = self._face.take(self._block, now)
                self._taken_s, self._taken_at = now, asyncio.get_running_loop().time()
                self._tell(self._face.reports(now))
                if now >= next_picture_s:
                    next_picture_s = max(next_picture_s + 1.0 / self._fps, now)
                    self._picture_due.set()
            await self._source.capture_frame(audio_frame(samples, self._face.sample_rate))

    async def _show(self) -> None:
        loop = asyncio.get_running_loop()
        drawn_s = 0.0
        while True:
            await self._picture_due.wait()
            self._picture_due.clear()
            began = loop.time()
            seen_s = self._now() + drawn_s
            picture = await self._drawing.draw(self._face.pose(seen_s), seen_s)
            self._video.capture_frame(video_frame(picture))
            # Of the next picture: what it shows is what is heard once it is drawn.
            drawn_s += 0.1 * (loop.time() - began - drawn_s)
