"""Packets of an RTC stream, one a frame of 40 ms: in an H.264 SEI (Agora) or on a data channel (LiveKit)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, cast

from hostmode import _core
from hostmode._core import LoudnessMeter

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = [
    "Frame",
    "LoudnessMeter",
    "Packet",
    "Profile",
    "decode_packet",
    "encode_packet",
    "extract_sei",
    "insert_sei",
]

Profile = Literal["sei", "data"]
Kind = Literal["idle", "speech", "transition_to_speech", "transition_to_idle"]

# What zlib calls the two formats.
_WINDOW_BITS: Final = {"zlib": zlib.MAX_WBITS, "gzip": zlib.MAX_WBITS | 16}


@dataclass(frozen=True)
class Frame:
    """One encoded motion message, and the number of its frame.

    Attributes
    ----------
    seq : int
        0 at the beginning of a round, one more every 40 ms, modulo 2**32.
    message : bytes
        An envelope, for `hostmode.decode_message`.
    """

    seq: int
    message: bytes


@dataclass(frozen=True)
class Packet:
    """What one packet carries.

    Attributes
    ----------
    kind : str
        ``"idle"``, ``"speech"``, ``"transition_to_speech"`` or ``"transition_to_idle"``.
    frames : tuple of Frame
        Of speech: the newest first, on a data channel with up to two before it.
    start, end : bool
        Whether it is the first or the last of a round. Nothing promises that either is sent.
    transition : bytes
        The message that comes with a transition in an SEI.
    """

    kind: Kind
    frames: tuple[Frame, ...] = field(default=())
    start: bool = False
    end: bool = False
    transition: bytes = b""


def decode_packet(data: Buffer, profile: Profile) -> Packet:
    """Take one packet apart; its messages are not looked into.

    Parameters
    ----------
    data : bytes-like
        At most 16 MiB, and no more once inflated.
    profile : str
        ``"sei"``: the payload is escaped, may be padded with zeros, and is zlib where compressed. ``"data"``: its
        length is exact, it is gzip where compressed, and earlier messages may come with it.

    Raises
    ------
    DecodeError
        Where the bytes are no packet, or cannot be inflated within the bound.
    """
    kind, start, end, frames, transition = _core.decode_packet(data, profile, inflate)
    return Packet(cast("Kind", kind), tuple(Frame(*frame) for frame in frames), start, end, transition)


def encode_packet(packet: Packet, profile: Profile, *, compress: bool = False) -> bytes:
    """Write one packet as a sender would.

    Parameters
    ----------
    packet : Packet
        More than one frame only for ``"data"``: a packet that repeats what may have been lost.
    profile : str
        As in `decode_packet`.
    compress : bool
        Whether to compress what is not empty.

    Raises
    ------
    ValueError
        Where the packet has frames that it cannot have, or too many bytes.
    """
    frames = [(frame.seq, frame.message) for frame in packet.frames]
    deflater = _deflate if compress else None
    return _core.encode_packet(profile, packet.kind, packet.start, packet.end, frames, packet.transition, deflater)


def extract_sei(stream: Buffer) -> list[bytes]:
    """Return the packets in a piece of an H.264 stream.

    Parameters
    ----------
    stream : bytes-like
        Whole NAL units in the byte stream format (Annex B), with start codes.

    Returns
    -------
    list of bytes
        The payloads of type 101, and those of type 5 that may be packets, for `decode_packet` as ``"sei"``.
    """
    return _core.extract_sei(stream)


def insert_sei(stream: Buffer, payload: Buffer) -> bytes:
    """Return `stream` with a payload of type 101 before its first slice, or at its end where it has none."""
    return _core.insert_sei(stream, payload)


def inflate(form: str, data: bytes, at_most: int) -> bytes | None:
    """Return what `data` inflates to, or ``None`` where it is broken or inflates to more than `at_most` bytes."""
    inflater = zlib.decompressobj(_WINDOW_BITS[form])
    try:
        plain = inflater.decompress(data, at_most + 1)
    except zlib.error:
        return None
    return plain if inflater.eof and len(plain) <= at_most else None


def _deflate(form: str, data: bytes, at_most: int) -> bytes | None:
    deflater = zlib.compressobj(wbits=_WINDOW_BITS[form])
    packed = deflater.compress(data) + deflater.flush()
    return packed if len(packed) <= at_most else None
