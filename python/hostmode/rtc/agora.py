"""Motion that comes in the video stream of Agora, as SEI, whoever takes the stream apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hostmode.rtc.packet import extract_sei

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from hostmode.rtc.packet import Profile

__all__ = ["SeiReceiver"]


class TakesPackets(Protocol):
    """A `hostmode.Controller`, or what takes packets as it does."""

    def push_packet(self, payload: Buffer, *, profile: Profile, media_time: float | None = None) -> bool:
        """Take one packet."""
        ...


class SeiReceiver:
    """Hands what an Agora SDK delivers to an avatar.

    Agora's SDKs fetch their native parts when they are installed and are no dependency: this class takes what their
    callbacks get, encoded video frames or the payloads of SEI, on any thread. It is tested with packets, not with
    Agora.

    Parameters
    ----------
    avatar : Controller
        Its sound is the room's: the SDK plays it, and the application says what is heard with
        `Controller.advance_clock`, where it knows; else it gives the track's sound to `Controller.listen`.
    """

    def __init__(self, avatar: TakesPackets) -> None:
        self._avatar = avatar

    def video(self, frame: Buffer, media_time: float | None = None) -> int:
        """Take an encoded video frame, H.264 in the byte stream format (Annex B).

        Parameters
        ----------
        frame : bytes-like
            Whole NAL units with start codes.
        media_time : float, optional
            Seconds of the sound that is heard with it, as `Controller.advance_clock` speaks of it.

        Returns
        -------
        int
            How many packets in it were taken.
        """
        return sum(self.sei(payload, media_time) for payload in extract_sei(frame))

    def sei(self, payload: Buffer, media_time: float | None = None) -> bool:
        """Take the payload of one SEI of type 101, or one piece of metadata, in full.

        Parameters
        ----------
        payload : bytes-like
            Without the type and the size before it, and without emulation prevention.
        media_time : float, optional
            As `video` takes it.

        Returns
        -------
        bool
            Whether it was taken; a malformed one is counted and changes nothing.
        """
        return self._avatar.push_packet(payload, profile="sei", media_time=media_time)
