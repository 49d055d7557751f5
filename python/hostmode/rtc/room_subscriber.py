"""An avatar that speaks what a publisher in a LiveKit room does; `hostmode.rtc.livekit.subscribe` makes it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.errors import ClosedError
from hostmode.rtc.incoming import IncomingSpeech
from hostmode.rtc.motion_sender import DATA_TRACK, TOPIC
from hostmode.rtc.track_position import POSITION_HZ

if TYPE_CHECKING:
    from hostmode.controller import Controller

#: The sound track.
AUDIO_TRACK: Final = "egress-audio"
# Where AvatarKit's services put motion for browsers, beside the packets.
_VIDEO_TRACK: Final = "egress-animation"
_PACKETS_WITHIN_S: Final = 5.0
_PARTIAL_FRAMES: Final = 8

_log = logging.getLogger(__name__)


class RoomSubscriber:
    """Feeds a controller with what one publisher says; `close`, or the end of the block, stops it.

    Sound is played by the controller's own output, and each utterance is a conversation of it: what was said of
    pausing, interrupting and events holds. An utterance that the application interrupts is passed over to its end.
    """

    def __init__(
        self, rtc: Any, room: Any, avatar: Controller, identity: str | None, *, listens: bool = True
    ) -> None:
        self._rtc = rtc
        self._room = room
        self._avatar = avatar
        self._identity = identity
        self._speech = IncomingSpeech(avatar, avatar.sample_rate, listens=listens)
        self._listening: asyncio.Task[None] | None = None
        self._track_sid: str | None = None
        self._packets = 0
        self._track_frames = 0
        self._reading: dict[str, asyncio.Task[None]] = {}  # data tracks, by their publisher
        self._warning: asyncio.TimerHandle | None = None
        self._ended = asyncio.Event()
        self._handlers = {
            "data_received": self._packet,
            "data_track_published": self._offered,
            "track_subscribed": self._subscribed,
            "track_unsubscribed": self._unsubscribed,
            "participant_disconnected": self._left,
            "disconnected": self._disconnected,
        }
        for event, handler in self._handlers.items():
            room.on(event, handler)
        for participant in room.remote_participants.values():
            for publication in participant.track_publications.values():
                if publication.track is not None:
                    self._subscribed(publication.track, publication, participant)

    async def __aenter__(self) -> RoomSubscriber:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def identity(self) -> str | None:
        """Of the participant that is listened to; ``None`` until there is one."""
        return self._identity

    @property
    def stats(self) -> dict[str, float]:
        """Data packets and frames of the data track that came (``packets``, ``track_frames``), and of the keyframes
        in them what `hostmode.rtc.rounds.PacketRounds` counts: what comes on both is there twice.

        Of the utterance that goes on, or was last: how alike the sound heard last is to what packets say of it
        (``listening_confidence``, 0 to 1; 0 where nothing was told), and the seconds by which the face is later for
        what was heard (``listening_correction``).
        """
        return {
            "packets": self._packets,
            "track_frames": self._track_frames,
            **self._speech.counts,
            "listening_confidence": self._speech.confidence,
            "listening_correction": self._speech.correction_s,
        }

    async def ended(self) -> None:
        """Wait until nothing more can come: the room is left, or the controller or this is closed."""
        await self._ended.wait()

    async def close(self) -> None:
        """Stop. A conversation that goes on ends as one whose publisher left."""
        for event, handler in self._handlers.items():
            self._room.off(event, handler)
        self._handlers = {}
        if self._warning is not None:
            self._warning.cancel()
        tasks = [*self._reading.values(), *([self._listening] if self._listening else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._fed(lambda: self._speech.fail("the subscription was closed"))
        self._ended.set()

    # ---- what the room tells

    def _packet(self, packet: Any) -> None:
        if packet.topic != TOPIC or packet.participant is None or not self._is_chosen(packet.participant):
            return
        self._packets += 1
        self._fed(lambda: self._speech.packet(packet.data, self._now()))

    def _offered(self, track: Any) -> None:
        identity = track.publisher_identity
        if track.info.name != DATA_TRACK or self._identity not in (None, identity):
            return
        # After the room has reconnected it comes again.
        if identity in self._reading:
            self._reading[identity].cancel()
        self._reading[identity] = asyncio.ensure_future(self._read(track))

    async def _read(self, track: Any) -> None:
        # By default a frame is given up as soon as a later one begins.
        track.set_pipeline_options(max_partial_frames=_PARTIAL_FRAMES)
        stream = track.subscribe()
        try:
            async for frame in stream:
                participant = self._room.remote_participants.get(track.publisher_identity)
                if participant is not None and self._is_chosen(participant):
                    self._track_frames += 1
                    at_s = None if frame.user_timestamp is None else frame.user_timestamp / POSITION_HZ
                    self._fed(lambda frame=frame, at_s=at_s: self._speech.packet(frame.payload, self._now(), at_s))
        except self._rtc.data_track.SubscribeDataTrackError as error:
            _log.warning("motion is taken from data packets alone: %s", error.message)
        finally:
            stream.close()

    def _subscribed(self, track: Any, publication: Any, participant: Any) -> None:
        if publication.name == _VIDEO_TRACK and self._identity in (None, participant.identity):
            # Idle ones come all the time.
            self._warning = asyncio.get_running_loop().call_later(
                _PACKETS_WITHIN_S, self._refuse_video, participant.identity
            )
        if publication.name != AUDIO_TRACK or track.kind != self._rtc.TrackKind.KIND_AUDIO:
            return
        if not self._is_chosen(participant):
            return
        self._identity = participant.identity
        if self._listening is not None:
            self._listening.cancel()
            self._speech.restart()
        self._track_sid = publication.sid
        self._listening = asyncio.ensure_future(self._listen(track))

    def _refuse_video(self, identity: str) -> None:
        if self._packets + self._track_frames == 0:
            text = (
                f"{identity!r} sends its motion in the VP8 track {_VIDEO_TRACK!r} alone, whose layout is not public: "
                f"hostmode reads data packets of topic {TOPIC!r}. Have the service send these; until then the avatar "
                "speaks without moving"
            )
            self._fed(lambda: self._avatar.report_failure("unsupported_motion", text))

    def _unsubscribed(self, _: Any, publication: Any, participant: Any) -> None:
        # While the room reconnects it comes again, under another name or the same.
        reconnects = self._room.connection_state == self._rtc.ConnectionState.CONN_RECONNECTING
        if participant.identity == self._identity and publication.sid == self._track_sid and not reconnects:
            self._fed(lambda: self._speech.fail(f"{self._identity} has taken its sound track out of the room"))

    def _left(self, participant: Any) -> None:
        if participant.identity == self._identity:
            self._fed(lambda: self._speech.fail(f"{self._identity} has left the room"))

    def _disconnected(self, _: Any) -> None:
        if self._listening is not None:
            self._listening.cancel()
        self._fed(lambda: self._speech.fail("the room was disconnected"))
        self._ended.set()

    # ---- within

    def _is_chosen(self, participant: Any) -> bool:
        if self._identity is not None:
            return bool(participant.identity == self._identity)
        return any(one.name == AUDIO_TRACK for one in participant.track_publications.values())

    async def _listen(self, track: Any) -> None:
        rate = self._avatar.sample_rate
        stream = self._rtc.AudioStream(track, sample_rate=rate, num_channels=1)
        try:
            async for event in stream:
                samples = np.frombuffer(event.frame.data, np.int16)
                self._fed(lambda samples=samples: self._speech.sound(samples, self._now()))
        finally:
            await stream.aclose()

    def _fed(self, feed: Any) -> None:
        try:
            feed()
        except ClosedError:
            self._ended.set()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
