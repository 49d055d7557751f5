"""Egress: the motion service speaks in a LiveKit room itself, and tells an agent there what has been heard."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from hostmode._core import KEYFRAME_RATE, encode_message
from hostmode.errors import HostModeError, MissingExtraError
from hostmode.relay.envelope import (
    DEADLINE_EXCEEDED,
    ENDED,
    INTERRUPTED,
    PAUSED,
    PLAYING,
    UNAUTHENTICATED,
    UNAVAILABLE,
)
from hostmode.relay.listening import until_one_ends
from hostmode.rtc.livekit import RoomPublisher, publish

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hostmode.relay.egress_target import EgressTarget

_log = logging.getLogger("hostmode")

# LiveKit Agents waits for the avatar's track of video. The motion travels in packets, so nothing is shown on it.
_VIDEO_TRACK: Final = "egress-animation"
_VIDEO_PIXELS: Final = 16
_STARTED: Final = "lk.playback_started"
_FINISHED: Final = "lk.playback_finished"
# An agent waits 2 s for word of an interrupt.
_CALL_S: Final = 1.5
_CALLS: Final = 3
_MAX_WAITING_CALLS: Final = 32
_JOIN_S: Final = 8.0
_LOOK_S: Final = 0.5
#: Seconds of sound of one request that may wait to be heard.
MAX_WAITING_S: Final = 600.0


class EgressError(Exception):
    """The room cannot be joined, or is gone; `code` is what the client is told."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


async def join_room(target: EgressTarget, sample_rate: int) -> RoomEgress:
    """Join the room and publish the tracks.

    Raises
    ------
    EgressError
        The server is not there, or lets nobody in with that token.
    """
    try:
        from livekit import rtc
    except ModuleNotFoundError as error:
        raise EgressError(
            UNAVAILABLE, 'egress client is not configured on server: pip install "hostmode[livekit]"'
        ) from error
    room = rtc.Room()
    try:
        return await asyncio.wait_for(_enter(rtc, room, target, sample_rate), _JOIN_S)
    except asyncio.TimeoutError as error:
        await _leave(room)
        raise EgressError(
            UNAVAILABLE, f"failed to create egress connection: {target.url} did not answer within {_JOIN_S:g} s"
        ) from error
    except (rtc.ConnectError, rtc.participant.PublishTrackError, MissingExtraError) as error:
        await _leave(room)
        raise _refused(target, str(getattr(error, "message", error))) from error
    except BaseException:
        await _leave(room)
        raise


async def _enter(rtc: Any, room: Any, target: EgressTarget, sample_rate: int) -> RoomEgress:
    await room.connect(target.url, target.token, rtc.RoomOptions(auto_subscribe=False))
    publisher = await publish(room, sample_rate)
    if target.video:
        video = rtc.LocalVideoTrack.create_video_track(_VIDEO_TRACK, rtc.VideoSource(_VIDEO_PIXELS, _VIDEO_PIXELS))
        camera = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA)
        await room.local_participant.publish_track(video, camera)
    return RoomEgress(rtc, room, publisher, target, sample_rate)


def _refused(target: EgressTarget, reason: str) -> EgressError:
    # Two of the SDKs take any text with this word in it for another fault.
    plain = re.sub("unauthorized", "not let in", reason, flags=re.IGNORECASE)
    if plain != reason or re.search(r"\b40[13]\b", reason):
        return EgressError(UNAUTHENTICATED, f"the LiveKit server refuses the token for room {target.room!r}: {plain}")
    return EgressError(UNAVAILABLE, f"failed to create egress connection: {target.url}: {plain}")


async def _leave(room: Any) -> None:
    with suppress(Exception):  # it is left because something failed already
        await room.disconnect()


class RoomEgress:
    """A room that was joined; `join_room` makes it. `run` works until the room is gone."""

    def __init__(self, rtc: Any, room: Any, publisher: RoomPublisher, target: EgressTarget, sample_rate: int) -> None:
        self._rtc = rtc
        self._room = room
        self._target = target
        self._gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._calls: asyncio.Queue[tuple[str, str]] = asyncio.Queue(_MAX_WAITING_CALLS)
        self._deaf = not target.agent
        self._active_s = asyncio.get_running_loop().time()
        self.publisher = publisher
        self.sample_rate = sample_rate
        room.on("disconnected", self._note_gone)

    def playback(self) -> RoomPlayback:
        """Return what plays the next request; the one before is over."""
        return RoomPlayback(self)

    def tell(self, method: str, payload: str = "") -> None:
        """Call the agent, in order with the other calls, soon."""
        self._active_s = asyncio.get_running_loop().time()
        if self._deaf:
            return
        if self._calls.full():
            self._calls.get_nowait()
            _log.warning("%s has not been answering: a call is left out", self._target.agent)
        self._calls.put_nowait((method, payload))

    def tell_unheard(self) -> None:
        """Tell the agent that a request ended before any of it was heard."""
        self.tell_finished(0.0, interrupted=True)

    def tell_finished(self, heard_s: float, *, interrupted: bool) -> None:
        """Tell the agent how many seconds of a request were heard."""
        self.tell(_FINISHED, json.dumps({"playback_position": heard_s, "interrupted": interrupted}))

    async def run(self) -> None:
        """Call the agent, and watch the room.

        Raises
        ------
        EgressError
            The room is gone, or its idle timeout has passed.
        """
        await until_one_ends(self._call(), self._watch())

    async def close(self) -> None:
        """Leave the room."""
        await self.publisher.close()
        await _leave(self._room)

    def _note_gone(self, reason: int) -> None:
        if not self._gone.done():
            self._gone.set_result(self._rtc.DisconnectReason.Name(reason).lower().replace("_", " "))

    async def _watch(self) -> None:
        while not self._gone.done():
            await asyncio.wait([self._gone], timeout=_LOOK_S)
            self._check_idle()
        raise EgressError(UNAVAILABLE, f"the LiveKit room {self._target.room!r} is gone: {self._gone.result()}")

    def _check_idle(self) -> None:
        now = asyncio.get_running_loop().time()
        if not self.publisher.silent:
            self._active_s = now
        if self._target.idle_timeout and now - self._active_s > self._target.idle_timeout:
            raise EgressError(DEADLINE_EXCEEDED, f"no audio input for {self._target.idle_timeout} s")

    async def _call(self) -> None:
        while True:
            method, payload = await self._calls.get()
            for number in range(_CALLS):
                try:
                    answer = await self._room.local_participant.perform_rpc(
                        destination_identity=self._target.agent,
                        method=method,
                        payload=payload,
                        response_timeout=_CALL_S,
                    )
                except self._rtc.RpcError as error:
                    if error.code == self._rtc.RpcError.ErrorCode.UNSUPPORTED_METHOD:
                        _log.info("%s takes no calls of playback: none are made", self._target.agent)
                        self._deaf = True
                        break
                    if number == _CALLS - 1:
                        _log.warning("%s could not be called: %s: %s", self._target.agent, method, error)
                else:
                    if answer == "reject":
                        _log.warning("%s rejects %s %s", self._target.agent, method, payload)
                    break


class RoomPlayback:
    """How far one request has been heard in the room, by the clock of the sound that goes there."""

    def __init__(self, egress: RoomEgress) -> None:
        self.state = 0
        self.reason = ""
        self._egress = egress
        self._pcm = bytearray()
        self._keyframes = 0
        self._samples = 0
        self._given = 0
        self._complete = False
        self._heard_s = 0.0

    @property
    def played_ms(self) -> int:
        """How much has been heard by the latest call, pauses left out."""
        return round(1000 * self._heard_s)

    def speak(
        self, req_id: str, samples: npt.NDArray[np.int16], keyframes: npt.NDArray[np.float32], end: bool
    ) -> None:
        """Add sound and motion; sound leaves for the room no earlier than its motion.

        Raises
        ------
        HostModeError
            More than `MAX_WAITING_S` wait to be heard.
        """
        publisher, rate = self._egress.publisher, self._egress.sample_rate
        self._pcm += samples.tobytes()
        self._samples += len(samples)
        self._keyframes += len(keyframes)
        if self._samples / rate - self._heard_s > MAX_WAITING_S:
            raise HostModeError(
                f"more than {MAX_WAITING_S:g} s of sound wait to be heard; send it in several requests"
            )
        if len(keyframes):
            publisher.motion([encode_message(keyframes, req_id=req_id)])
        covered = self._samples if end else min(self._samples, int(self._keyframes * rate / KEYFRAME_RATE))
        if covered > self._given:
            count = 2 * (covered - self._given)
            publisher.audio(bytes(self._pcm[:count]))
            del self._pcm[:count]
            self._given = covered
        if end:
            self._complete = True
            publisher.end()

    def advance(self, _now_s: float = 0.0) -> bool:
        """Look how far it is; return whether the end was reached with that."""
        if self.state not in (0, PLAYING) or not self._given:
            return False
        self._heard_s = min(self._egress.publisher.heard_s, self._samples / self._egress.sample_rate)
        if self.state == 0 and self._heard_s > 0.0:
            self.state = PLAYING
            self._egress.tell(_STARTED)
        if not (self.state == PLAYING and self._complete and self._egress.publisher.silent):
            return False
        self.state = ENDED
        self._egress.tell_finished(self._heard_s, interrupted=False)
        return True

    def pause(self, _now_s: float = 0.0) -> None:
        self.advance()
        if self.state == PLAYING:
            self._heard_s = min(self._egress.publisher.pause(), self._samples / self._egress.sample_rate)
            self.state = PAUSED

    def resume(self, _now_s: float = 0.0) -> None:
        if self.state == PAUSED:
            self._egress.publisher.resume()
            self.state = PLAYING

    def interrupt(self, reason: str, _now_s: float = 0.0) -> bool:
        """End it; return whether there was anything to end."""
        self.advance()
        if self.state not in (0, PLAYING, PAUSED):
            return False
        sounded = self.state != 0
        heard_s = self._egress.publisher.interrupt()
        if self._given:
            self._heard_s = min(heard_s, self._samples / self._egress.sample_rate)
        self.state, self.reason = INTERRUPTED, reason
        if self._samples:
            self._egress.tell_finished(self._heard_s, interrupted=True)
        return sounded
