"""Packets of motion into a room: on a data track, which ties them to the sound, and as data packets."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any, Final, Literal, get_args

from hostmode.rtc.packet import Packet, encode_packet

#: The topic of the data packets.
TOPIC: Final = "spatialreal-animation"
#: The data track. The `user_timestamp` of a frame is where on the sound track its newest keyframe is due, in samples
#: at `hostmode.rtc.track_position.POSITION_HZ` from the first that was sent; its payload is a data packet's.
DATA_TRACK: Final = "hostmode-motion"

Carrier = Literal["both", "track", "packets"]
CARRIERS: Final = get_args(Carrier)

_log = logging.getLogger(__name__)


class MotionSender:
    """Sends packets into a room that is connected; a data track is published in the background.

    Until there is one, and where the server, the room or the package has none, packets go as data packets.
    """

    def __init__(self, room: Any, carrier: Carrier) -> None:
        self._participant = room.local_participant
        self._carrier = carrier
        self._track: Any = None
        self._publishing: asyncio.Future[None] | None = None
        # Packages of LiveKit before 1.1 have no data tracks.
        if carrier != "packets" and hasattr(self._participant, "publish_data_track"):
            self._publishing = asyncio.ensure_future(self._publish())
        self.undelivered = 0

    async def send(self, packet: Packet, position: int | None = None, *, reliable: bool = False) -> None:
        """Send a packet; `position` is where on the track the keyframe of its newest frame is due.

        `reliable`: as a data packet that is sent again where it is lost, however late it comes.
        """
        # Compressed it is one datagram instead of two, of which either may be lost.
        payload = encode_packet(packet, "data", compress=True)
        pushed = self._push(payload, position)
        if pushed and self._carrier == "track":
            return
        try:
            await self._participant.publish_data(payload, reliable=reliable, topic=TOPIC)
        except Exception as error:  # livekit's, while the room reconnects: the next packet repeats it
            if type(error).__name__ != "PublishDataError":
                raise
            self.undelivered += not pushed

    async def close(self) -> None:
        """Take the data track out of the room."""
        if self._publishing is not None:
            self._publishing.cancel()
            await asyncio.gather(self._publishing, return_exceptions=True)
        if self._track is not None:
            # The room may be gone already.
            with suppress(Exception):
                await self._track.unpublish()

    async def _publish(self) -> None:
        try:
            self._track = await self._participant.publish_data_track(name=DATA_TRACK)
        except Exception as error:
            if type(error).__name__ != "PublishDataTrackError":
                raise
            _log.info("the room takes no data track, motion goes as data packets: %s", error)

    def _push(self, payload: bytes, position: int | None) -> bool:
        if self._track is None:
            return False
        from livekit.rtc.data_track import DataTrackFrame, PushFrameError

        try:
            self._track.try_push(DataTrackFrame(payload, position))
        except PushFrameError:  # while the room reconnects
            return False
        return True
