"""One session of the motion service: audio in, motion out, one request after the other."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode._core import KEYFRAME_FLOATS, KEYFRAME_RATE, encode_message
from hostmode.relay import envelope as wire
from hostmode.relay.egress import RoomPlayback
from hostmode.relay.envelope import INTERNAL
from hostmode.relay.listening import until_one_ends
from hostmode.relay.playback import Playback
from hostmode.relay.service_request import ServiceRequest
from hostmode.relay.session_outbox import SessionOutbox, error_message

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from hostmode.motion import MotionSource
    from hostmode.relay.egress import RoomEgress
    from hostmode.relay.faults import Faults
    from hostmode.relay.session_configuration import SessionConfiguration
    from hostmode.relay.session_outbox import Channel

# Messages of audio that wait for their motion.
_MAX_WAITING: Final = 40
_REMEMBERED: Final = 16
# A request that is paused for so long is given up.
_PAUSE_TIMEOUT_S: Final = 300.0


class ServiceSession:
    """A session after its handshake. `receive` takes what comes; `run` works until it is cancelled."""

    def __init__(
        self,
        channel: Channel,
        connection_id: str,
        avatar_id: str,
        wanted: SessionConfiguration,
        make_source: Callable[[int], MotionSource],
        faults: Faults,
        egress: RoomEgress | None = None,
    ) -> None:
        self.connection_id = connection_id
        self._avatar_id = avatar_id
        self._wanted = wanted
        self._make_source = make_source
        self._faults = faults
        self._egress = egress
        self._audio: asyncio.Queue[Any] = asyncio.Queue(_MAX_WAITING)
        self._outbox = SessionOutbox(channel, connection_id, faults)
        self._request: ServiceRequest | None = None
        # Interrupted before anything was made of them.
        self._unwanted: deque[str] = deque(maxlen=_REMEMBERED)

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
        await until_one_ends(self._make_motion(), self._outbox.run(), self._watch_playback())

    # ---- audio to motion

    async def _make_motion(self) -> None:
        while True:
            audio = await self._audio.get()
            request = self._request_of(audio.req_id)
            if request is None:
                continue
            samples = request.samples(audio.audio, audio.end)
            keyframes = await asyncio.to_thread(request.keyframes, samples, audio.end)
            if request.over:
                continue
            playback = request.playback
            if isinstance(playback, RoomPlayback):
                if not self._strike(request, request.messages):
                    request.messages += 1
                    playback.speak(request.req_id, samples, keyframes, audio.end)
                continue
            parts = request.cut(keyframes, audio.end)
            for i, part in enumerate(parts):
                self._post_motion(request, playback, part, audio.end and i == len(parts) - 1)
            if audio.end:
                playback.complete()

    def _request_of(self, req_id: str) -> ServiceRequest | None:
        request = self._request
        if request is not None and request.req_id == req_id:
            return None if request.over else request
        if req_id in self._unwanted:
            return None
        if request is not None and not request.over:
            self._end(request, "preempted")
        rate = self._wanted.sample_rate
        playback = Playback() if self._egress is None else self._egress.playback()
        decoder = None
        if self._wanted.audio_format == wire.OGG_OPUS_FORMAT:
            from hostmode.audio.opus import OggOpusDecoder

            decoder = OggOpusDecoder(rate)
        self._request = ServiceRequest(req_id, self._make_source(rate), playback, decoder)
        return self._request

    def _post_motion(
        self, request: ServiceRequest, playback: Playback, keyframes: npt.NDArray[np.float32], last: bool
    ) -> None:
        number, request.messages = request.messages, request.messages + 1
        data = self._motion(request, keyframes, end=last and "no-end" not in self._faults.names)
        if "malformed" in self._faults.names and number == 2:
            data = data[: len(data) - 7]
        if self._strike(request, number):
            return
        if playback.extend(len(keyframes) / KEYFRAME_RATE, time.monotonic()):
            self._post_state(request)
        self._outbox.post(data, of=request)
        if self._faults.strikes("twice", number):
            self._outbox.post(data, of=request)

    def _strike(self, request: ServiceRequest, number: int) -> bool:
        """Fail as was asked for; return whether the request is over with that."""
        if self._faults.strikes("close", number):
            self._outbox.hang_up()
        if not self._faults.strikes("error", number):
            return False
        request.playback.interrupt("explicit", time.monotonic())
        request.over = True
        self._outbox.post(error_message(INTERNAL, "the model failed", self.connection_id, request.req_id))
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

    def _end(self, request: ServiceRequest, reason: str) -> None:
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
            self._outbox.post(self._state(Playback(), asked))

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
            elif now_s - paused_since > _PAUSE_TIMEOUT_S:
                self._end(request, "pause_timeout")

    # ---- out

    def _post_state(self, request: ServiceRequest, asked: str = "", even_over: bool = False) -> None:
        if self._egress is not None and request.playback.state != request.told:
            self._post_progress(request)
        request.told = request.playback.state
        state = self._state(request.playback, asked or request.req_id)
        self._outbox.post(state, of=None if even_over else request)

    def _post_progress(self, request: ServiceRequest) -> None:
        """Tell a client whose motion goes to a room that it is heard there, or has been to its end."""
        if request.playback.state in (wire.PLAYING, wire.ENDED):
            end = request.playback.state == wire.ENDED
            empty = self._motion(request, np.zeros((0, KEYFRAME_FLOATS), np.float32), end)
            self._outbox.post(empty, of=None if end else request)

    def _motion(self, request: ServiceRequest, keyframes: npt.NDArray[np.float32], end: bool) -> bytes:
        return encode_message(
            keyframes, connection_id=self.connection_id, req_id=request.req_id, end=end, avatar_id=self._avatar_id
        )

    def _state(self, playback: Playback | RoomPlayback, req_id: str) -> bytes:
        message = wire.new_envelope(wire.PLAYBACK)
        message.playback.connection_id = self.connection_id
        message.playback.req_id = req_id
        message.playback.state = playback.state or wire.ENDED
        message.playback.played_ms = playback.played_ms
        message.playback.reason = playback.reason
        data: bytes = message.SerializeToString()
        return data
