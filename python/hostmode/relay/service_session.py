"""One session of the motion service: audio in, motion out, one request after the other."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from hostmode._core import KEYFRAME_FLOATS, KEYFRAME_RATE, PCM_RATES, encode_message
from hostmode.relay import envelope as wire
from hostmode.relay.egress import RoomPlayback
from hostmode.relay.egress_target import EgressTarget, egress_target
from hostmode.relay.envelope import INTERNAL, INVALID_ARGUMENT, UNAVAILABLE
from hostmode.relay.listening import until_one_ends
from hostmode.relay.playback import Playback

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from hostmode.motion import MotionSource
    from hostmode.relay.egress import RoomEgress
    from hostmode.relay.faults import Faults

_DEFAULT_RATE: Final = 16000
# Of the audio of one session that waits for its motion: 40 messages and this many bytes.
MAX_WAITING: Final = 40
_SAMPLE_BYTES: Final = 2
# Keyframes of one message: the first ones come soon, later ones in few messages.
_FIRST_KEYFRAMES: Final = 5
_KEYFRAMES: Final = 25
_REMEMBERED: Final = 16
# A request that is paused for so long is given up.
PAUSE_TIMEOUT_S: Final = 300.0

UPSTREAM_CLOSED: Final = 4503


class Channel(Protocol):
    """The other end of a session."""

    async def send(self, data: bytes) -> None: ...

    async def close(self, code: int, reason: str) -> None: ...


class SessionRefusedError(Exception):
    """The client asked for what is not offered."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class _Request:
    def __init__(self, req_id: str, source: MotionSource, playback: Playback | RoomPlayback) -> None:
        self.req_id = req_id
        self.source = source
        self.playback = playback
        self.told = 0
        self.over = False
        self.messages = 0
        self.dangling = b""
        self.waiting: list[npt.NDArray[np.float32]] = []


class ServiceSession:
    """A session after its handshake. `receive` takes what comes; `run` works until it is cancelled."""

    def __init__(
        self,
        channel: Channel,
        connection_id: str,
        avatar_id: str,
        sample_rate: int,
        audio_format: int,
        make_source: Callable[[int], MotionSource],
        faults: Faults,
        egress: RoomEgress | None = None,
    ) -> None:
        self._channel = channel
        self.connection_id = connection_id
        self._avatar_id = avatar_id
        self._rate = sample_rate
        self._opus = audio_format == wire.OGG_OPUS_FORMAT
        self._decoder: Any = None
        self._make_source = make_source
        self._faults = faults
        self._egress = egress
        self._audio: asyncio.Queue[Any] = asyncio.Queue(MAX_WAITING)
        self._outgoing: asyncio.Queue[tuple[float, _Request | None, bytes]] = asyncio.Queue()
        self._request: _Request | None = None
        # Interrupted before anything was made of them.
        self._unwanted: deque[str] = deque(maxlen=_REMEMBERED)
        self._sent_at = 0.0

    async def receive(self, data: bytes) -> None:
        """Take a message of the client; waits while too much audio waits for its motion.

        Raises
        ------
        ValueError
            It is no message.
        """
        message = wire.parse_envelope(data)
        if message.type == wire.AUDIO:
            await self._audio.put(message.audio)
        elif message.type == wire.INTERRUPT:
            self._interrupt(message.interrupt.req_id)
        elif message.type in (wire.PAUSE, wire.RESUME):
            self._pause_or_resume(message)

    async def run(self) -> None:
        """Make and send motion, until it is cancelled or something fails."""
        await until_one_ends(self._make_motion(), self._send(), self._watch_playback())

    # ---- audio to motion

    async def _make_motion(self) -> None:
        while True:
            audio = await self._audio.get()
            request = self._request_of(audio.req_id)
            if request is None:
                continue
            samples = self._samples(request, audio)
            keyframes = await asyncio.to_thread(self._keyframes, request, samples, audio.end)
            if request.over:
                continue
            if isinstance(request.playback, RoomPlayback):
                if not self._strike(request, request.messages):
                    request.messages += 1
                    request.playback.speak(request.req_id, samples, keyframes, audio.end)
            else:
                self._collect(request, request.playback, keyframes, audio.end)

    def _request_of(self, req_id: str) -> _Request | None:
        request = self._request
        if request is not None and request.req_id == req_id:
            return None if request.over else request
        if req_id in self._unwanted:
            return None
        if request is not None and not request.over:
            self._end(request, "preempted")
        self._decoder = None
        playback = Playback() if self._egress is None else self._egress.playback()
        self._request = _Request(req_id, self._make_source(self._rate), playback)
        return self._request

    def _samples(self, request: _Request, audio: Any) -> npt.NDArray[np.int16]:
        if self._opus:
            if self._decoder is None:
                from hostmode.audio.opus import OggOpusDecoder

                self._decoder = OggOpusDecoder(self._rate)
            decoded: npt.NDArray[np.int16] = self._decoder.push(audio.audio)
            return np.concatenate([decoded, self._decoder.finish()]) if audio.end else decoded
        data = request.dangling + audio.audio
        whole = len(data) // _SAMPLE_BYTES * _SAMPLE_BYTES
        request.dangling = data[whole:]
        return np.frombuffer(data[:whole], "<i2")

    @staticmethod
    def _keyframes(request: _Request, samples: npt.NDArray[np.int16], end: bool) -> npt.NDArray[np.float32]:
        made = request.source.push(samples)
        return np.concatenate([made, request.source.finish()]) if end else made

    def _collect(self, request: _Request, playback: Playback, keyframes: npt.NDArray[np.float32], end: bool) -> None:
        request.waiting.append(keyframes)
        ready = np.concatenate(request.waiting)
        while True:
            wanted = _FIRST_KEYFRAMES if request.messages == 0 else _KEYFRAMES
            last = end and len(ready) <= wanted
            if len(ready) < wanted and not last:
                break
            self._post_motion(request, playback, ready[:wanted], last)
            ready = ready[wanted:]
            if last:
                break
        request.waiting = [ready]
        if end:
            playback.complete()

    def _post_motion(
        self, request: _Request, playback: Playback, keyframes: npt.NDArray[np.float32], last: bool
    ) -> None:
        number, request.messages = request.messages, request.messages + 1
        data = encode_message(
            keyframes,
            connection_id=self.connection_id,
            req_id=request.req_id,
            end=last and "no-end" not in self._faults.names,
            avatar_id=self._avatar_id,
        )
        if "malformed" in self._faults.names and number == 2:
            data = data[: len(data) - 7]
        if self._strike(request, number):
            return
        if playback.extend(len(keyframes) / KEYFRAME_RATE, time.monotonic()):
            self._post_state(request)
        self._post(request, data)
        if self._faults.strikes("twice", number):
            self._post(request, data)

    def _strike(self, request: _Request, number: int) -> bool:
        """Fail as was asked for; return whether the request is over with that."""
        if self._faults.strikes("close", number):
            self._post(None, b"")
        if not self._faults.strikes("error", number):
            return False
        request.playback.interrupt("explicit", time.monotonic())
        request.over = True
        self._post(request, self._error(request.req_id, INTERNAL, "the model failed"), even_over=True)
        return True

    # ---- control

    def _interrupt(self, req_id: str) -> None:
        request = self._request
        if request is not None and req_id in ("", request.req_id):
            if not request.over:
                self._end(request, "explicit")
        elif req_id:
            self._unwanted.append(req_id)
            if self._egress is not None:
                self._egress.tell_unheard()

    def _end(self, request: _Request, reason: str) -> None:
        request.over = True
        if request.playback.interrupt(reason, time.monotonic()):
            self._post_state(request, even_over=True)

    def _pause_or_resume(self, message: Any) -> None:
        asked = (message.pause if message.type == wire.PAUSE else message.resume).req_id
        now_s = time.monotonic()
        request = self._request
        if request is not None and asked in ("", request.req_id):
            request.playback.advance(now_s)
            if message.type == wire.PAUSE:
                request.playback.pause(now_s)
            else:
                request.playback.resume(now_s)
        if request is not None:
            self._post_state(request, asked or request.req_id, even_over=True)
        else:
            self._post(None, self._state(Playback(), asked), even_over=True)

    async def _watch_playback(self) -> None:
        paused_since: float | None = None
        while True:
            await asyncio.sleep(0.02)
            request, now_s = self._request, time.monotonic()
            if request is None:
                continue
            request.over = request.playback.advance(now_s) or request.over
            if request.playback.state != request.told:
                self._post_state(request, even_over=request.over)
            if request.playback.state != wire.PAUSED:
                paused_since = None
            elif paused_since is None:
                paused_since = now_s
            elif now_s - paused_since > PAUSE_TIMEOUT_S:
                self._end(request, "pause_timeout")

    # ---- out

    def _post(self, request: _Request | None, data: bytes, even_over: bool = False) -> None:
        due = max(time.monotonic() + self._faults.delay(), self._sent_at)
        self._sent_at = due
        self._outgoing.put_nowait((due, None if even_over else request, data))

    def _post_state(self, request: _Request, asked: str = "", even_over: bool = False) -> None:
        if self._egress is not None and request.playback.state != request.told:
            self._post_progress(request)
        request.told = request.playback.state
        self._post(request, self._state(request.playback, asked or request.req_id), even_over)

    def _post_progress(self, request: _Request) -> None:
        """Tell a client whose motion goes to a room that it is heard there, or has been to its end."""
        if request.playback.state in (wire.PLAYING, wire.ENDED):
            end = request.playback.state == wire.ENDED
            empty = encode_message(
                np.zeros((0, KEYFRAME_FLOATS), np.float32),
                connection_id=self.connection_id,
                req_id=request.req_id,
                end=end,
                avatar_id=self._avatar_id,
            )
            self._post(request, empty, even_over=end)

    def _state(self, playback: Playback | RoomPlayback, req_id: str) -> bytes:
        message = wire.new_envelope(wire.PLAYBACK)
        message.playback.connection_id = self.connection_id
        message.playback.req_id = req_id
        message.playback.state = playback.state or wire.ENDED
        message.playback.played_ms = playback.played_ms
        message.playback.reason = playback.reason
        data: bytes = message.SerializeToString()
        return data

    def _error(self, req_id: str, code: int, text: str) -> bytes:
        return error_message(code, text, self.connection_id, req_id)

    async def _send(self) -> None:
        while True:
            due, request, data = await self._outgoing.get()
            if (wait_s := due - time.monotonic()) > 0.0:
                await asyncio.sleep(wait_s)
            if not data:
                await self._channel.send(self._error("", UPSTREAM_CLOSED, "the upstream is gone"))
                await self._channel.close(UPSTREAM_CLOSED, "upstream")
                return
            # What was made for a request that has been interrupted since goes nowhere.
            if request is None or not request.over or request.playback.state == wire.ENDED:
                await self._channel.send(data)


@dataclass(frozen=True)
class Configuration:
    """What a client wants of its session: sample rate, audio format, and the room to speak in, if any."""

    sample_rate: int
    audio_format: int
    egress: EgressTarget | None


def configured(data: bytes) -> Configuration:
    """Return what a client's first message asks for.

    Raises
    ------
    SessionRefusedError
        Another message, or a configuration that is not offered.
    """
    try:
        message = wire.parse_envelope(data)
    except ValueError as error:
        raise SessionRefusedError(INVALID_ARGUMENT, str(error)) from error
    if message.type != wire.CONFIGURE:
        raise SessionRefusedError(
            INVALID_ARGUMENT, f"the first message has type {message.type}; it must configure (1)"
        )
    wanted = message.configure
    rate = wanted.sample_rate or _DEFAULT_RATE
    if rate not in PCM_RATES:
        raise SessionRefusedError(INVALID_ARGUMENT, f"unsupported sample rate {rate}: it must be one of {PCM_RATES}")
    if wanted.audio_format not in (wire.PCM_FORMAT, wire.OGG_OPUS_FORMAT):
        raise SessionRefusedError(INVALID_ARGUMENT, f"audio_format is {wanted.audio_format}; it must be 0 or 1")
    if wanted.transport_compression:
        raise SessionRefusedError(INVALID_ARGUMENT, "compression of the transport is not offered; leave it out")
    if wanted.egress_type not in (wire.NO_EGRESS, wire.LIVEKIT_EGRESS):
        raise SessionRefusedError(
            UNAVAILABLE, f"egress of type {wanted.egress_type} is not offered; there is LiveKit's (1)"
        )
    target = None
    if wanted.egress_type == wire.LIVEKIT_EGRESS:
        try:
            target = egress_target(wanted.livekit)
        except ValueError as error:
            raise SessionRefusedError(INVALID_ARGUMENT, str(error)) from error
    return Configuration(rate, wanted.audio_format, target)


def error_message(code: int, text: str, connection_id: str = "", req_id: str = "") -> bytes:
    """Return an encoded SERVER_ERROR."""
    message = wire.new_envelope(wire.ERROR)
    message.error.connection_id = connection_id
    message.error.req_id = req_id
    message.error.code = code
    message.error.message = text
    data: bytes = message.SerializeToString()
    return data
