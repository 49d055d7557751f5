"""Speech and its motion in a LiveKit room: a sound track, and packets of motion beside it (extra ``livekit``)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from hostmode._core import PCM_RATES
from hostmode.errors import ClosedError, MissingExtraError
from hostmode.rtc.end_markers import EndMarkers
from hostmode.rtc.motion_sender import CARRIERS, DATA_TRACK, TOPIC, Carrier, MotionSender
from hostmode.rtc.outgoing import FRAME_S, OutgoingSpeech
from hostmode.rtc.packet import Packet
from hostmode.rtc.room_subscriber import AUDIO_TRACK, RoomSubscriber
from hostmode.rtc.track_position import TrackPosition

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt
    from typing_extensions import Buffer

    from hostmode.controller import Controller

__all__ = ["AUDIO_TRACK", "DATA_TRACK", "TOPIC", "RoomPublisher", "RoomSubscriber", "publish", "subscribe"]

# What the sound source holds ahead: it is heard that much later than it is given.
_QUEUE_MS: Final = 80
# That long the last word of who leaves may take in a room that is gone.
_LEAVING_S: Final = 0.5


async def publish(
    room: Any, sample_rate: int = 16000, *, motion_wait: float = 0.3, carrier: Carrier = "both"
) -> RoomPublisher:
    """Publish a sound track in a room that is connected, and return what speaks on it.

    Parameters
    ----------
    room : livekit.rtc.Room
        Connected, with the right to publish tracks and data.
    sample_rate : int
        Of the sound that will be given, hertz; one of `hostmode.PCM_RATES`.
    motion_wait : float
        Seconds that the sound of an utterance waits for its first motion, 0 to 5.
    carrier : str
        Of the motion. ``"track"``: a data track `DATA_TRACK`, which says where in the sound each keyframe is due and
        goes to those alone who subscribe to it, as `subscribe` does. ``"packets"``: data packets of topic `TOPIC`,
        which everybody in the room gets; AvatarKit's clients read these. ``"both"``: twice the bytes, for rooms with
        viewers of either kind. Where there can be no data track, motion goes as packets.

    Raises
    ------
    MissingExtraError
        The package `livekit` is not installed.
    ValueError
        The rate or the wait is out of range, or the carrier is none of these.
    """
    if carrier not in CARRIERS:
        raise ValueError(f"carrier is {carrier!r}; it must be one of {CARRIERS}")
    if sample_rate not in PCM_RATES:
        raise ValueError(f"sample_rate is {sample_rate}; it must be one of {PCM_RATES} Hz")
    if not 0.0 <= motion_wait <= 5.0:
        raise ValueError(f"motion_wait is {motion_wait}; it must be 0 to 5 seconds")
    rtc = _load_rtc()
    source = rtc.AudioSource(sample_rate, 1, queue_size_ms=_QUEUE_MS)
    track = rtc.LocalAudioTrack.create_audio_track(AUDIO_TRACK, source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    publication = await room.local_participant.publish_track(track, options)
    return RoomPublisher(room, source, publication.sid, sample_rate, motion_wait, MotionSender(room, carrier))


async def subscribe(
    room: Any, controller: Controller, *, identity: str | None = None, listen: bool = True
) -> RoomSubscriber:
    """Let a controller speak what a publisher in a room does, `publish` or an egress of AvatarKit's.

    Parameters
    ----------
    room : livekit.rtc.Room
        Connected, with the right to subscribe.
    controller : Controller
        In real time. Its sample rate is to stay as it is.
    identity : str, optional
        Of the publisher; by default the first participant with a track `AUDIO_TRACK`.
    listen : bool
        Whether the sound that comes is compared with what packets say of it, so that the face is where that is heard:
        LiveKit tells no position with the sound it receives. Otherwise motion is put where sound usually is.

    Raises
    ------
    MissingExtraError
        The package `livekit` is not installed.
    ValueError
        The room is not connected.
    ClosedError
        The controller is closed.
    """
    rtc = _load_rtc()
    if not room.isconnected():
        raise ValueError("the room is not connected: await room.connect(url, token) first")
    return RoomSubscriber(rtc, room, controller, identity, listens=listen)


class RoomPublisher:
    """Speaks in a room, one utterance after the other; `publish` makes it::

        async with await hostmode.rtc.livekit.publish(room, 24000) as speaker:
            speaker.audio(pcm)          # as often as sound comes, faster than it is heard
            speaker.motion(messages)    # likewise
            speaker.end()
            await speaker.finished()    # or: heard_s = speaker.interrupt()

    Every 40 ms a frame of sound goes out, and with it the keyframe that belongs to it and the two before, for those
    that were lost. To be used by the loop's thread.
    """

    def __init__(
        self, room: Any, source: Any, sid: str, sample_rate: int, motion_wait: float, sender: MotionSender
    ) -> None:
        self._room = room
        self._source = source
        self._sid = sid
        self._rate = sample_rate
        self._motion_wait = motion_wait
        self._sender = sender
        self._position = TrackPosition()
        self._ends = EndMarkers()
        self._said_at = 0  # the position of the latest packet of speech
        self._speech = OutgoingSpeech(sample_rate, motion_wait)
        self._idle = asyncio.Event()
        self._idle.set()
        self._more = asyncio.Event()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._closed = False
        self._task = asyncio.ensure_future(self._run())

    async def __aenter__(self) -> RoomPublisher:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def audio(self, pcm: Buffer | npt.NDArray[np.int16]) -> None:
        """Add sound, mono signed 16-bit little-endian, to the utterance; the first opens it.

        Raises
        ------
        TypeError
            It is an array of something else than bytes or int16, or not in one piece.
        """
        self._require_open()
        self._speech.audio(pcm)
        self._stir()

    def motion(self, messages: Sequence[Buffer]) -> None:
        """Add encoded motion messages to the utterance, in order.

        Raises
        ------
        DecodeError
            One of them is none; none of them is taken.
        """
        self._require_open()
        self._speech.motion(messages)
        self._stir()

    def end(self) -> None:
        """Take note that the utterance is complete. What comes next belongs to another one."""
        self._require_open()
        self._speech.end()
        self._stir()

    def interrupt(self) -> float:
        """Fall silent at once, and return how many seconds of the utterance had left for the room."""
        self._require_open()
        heard_s = self.heard_s
        self._source.clear_queue()
        self._position.clear(asyncio.get_running_loop().time())
        self._speech = OutgoingSpeech(self._rate, self._motion_wait)
        self.resume()
        self._stir()
        return heard_s

    def pause(self) -> float:
        """Send nothing more until `resume` or `interrupt`, and return how many seconds will have left for the room.

        What the source holds, at most 0.12 s, is still heard.
        """
        self._require_open()
        self._flowing.clear()
        return self._speech.position

    def resume(self) -> None:
        """Go on where `pause` stopped."""
        self._require_open()
        self._flowing.set()

    @property
    def heard_s(self) -> float:
        """Seconds of the latest utterance that have left for the room."""
        # What waits in the source has been taken from the speech already.
        queued_s: float = self._source.queued_duration
        return max(0.0, self._speech.position - queued_s)

    @property
    def silent(self) -> bool:
        """Whether all that was given has left for the room."""
        return self._speech.empty and self._source.queued_duration == 0.0

    async def finished(self) -> None:
        """Wait until all that was given has left for the room."""
        await self._idle.wait()
        await self._source.wait_for_playout()

    async def close(self) -> None:
        """Stop, and take the track out of the room."""
        if self._closed:
            return
        self._closed = True
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._idle.set()
        # The room may be gone already.
        with suppress(Exception):
            await asyncio.wait_for(self._say_last_word(), _LEAVING_S)
        await self._sender.close()
        with suppress(Exception):
            await self._room.local_participant.unpublish_track(self._sid)
        await self._source.aclose()

    @property
    def stats(self) -> dict[str, int]:
        """Frames of 40 ms that went ``bare``, without their motion, and packets that were ``undelivered``."""
        return {"bare": self._speech.bare, "undelivered": self._sender.undelivered}

    def _require_open(self) -> None:
        if self._closed:
            raise ClosedError("this RoomPublisher is closed; publish anew")
        if self._task.done():
            self._task.result()

    def _stir(self) -> None:
        self._idle.clear()
        self._more.set()

    async def _run(self) -> None:
        spoken = self._speech
        try:
            while True:
                now, speech = asyncio.get_running_loop().time(), self._speech
                interrupted, spoken = speech is not spoken, speech
                if not interrupted and speech.leave_complete():
                    self._ends.complete()
                if interrupted or speech.empty:
                    self._ends.stop()
                marker, due_s = self._ends.take(now), self._ends.next_s
                if marker is not None:
                    await self._sender.send(marker, self._said_at if marker.frames else None)
                elif due_s is not None and self._ends.owed:
                    await asyncio.sleep(due_s - now)
                elif speech.empty:
                    self._idle.set()
                    await self._wait_for_more(None if due_s is None else due_s - now)
                elif not self._flowing.is_set():
                    await self._flowing.wait()
                else:
                    await self._speak(speech, now)
        finally:
            self._idle.set()

    async def _speak(self, speech: OutgoingSpeech, now: float) -> None:
        frame = speech.take(now)
        if frame is None:
            await asyncio.sleep(FRAME_S / 4)
            return
        samples, packet = frame
        position = self._position.give(len(samples) / self._rate, now)
        await self._source.capture_frame(_load_rtc().AudioFrame(samples.tobytes(), self._rate, 1, len(samples)))
        # Interrupted while the source was full: the packet belongs to what nobody hears any more.
        if packet is not None and speech is self._speech:
            self._ends.speak(packet, asyncio.get_running_loop().time())
            self._said_at = position
            await self._sender.send(packet, position)

    async def _wait_for_more(self, seconds: float | None) -> None:
        self._more.clear()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._more.wait(), seconds)

    async def _say_last_word(self) -> None:
        if not self._ends.untold:
            return
        await self._sender.send(Packet("transition_to_idle"))
        # Nothing follows that it could be taken for the end of, however late it comes.
        await self._sender.send(Packet("idle"), reliable=True)


def _load_rtc() -> Any:
    try:
        from livekit import rtc
    except ModuleNotFoundError as error:
        raise MissingExtraError('rooms of LiveKit need livekit: pip install "hostmode[livekit]"') from error
    return rtc
