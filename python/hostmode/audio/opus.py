"""Opus to samples: Ogg Opus in chunks of any size (RFC 7845), or bare packets."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.audio.ogg import OggReader
from hostmode.errors import MissingExtraError

if TYPE_CHECKING:
    import numpy.typing as npt

_DECODED_RATE: Final = 48000
# 60 ms are the longest that one frame of Opus lasts, 120 ms the longest packet.
_HEAD: Final = b"OpusHead"
_TAGS: Final = b"OpusTags"


class OpusDecoder:
    """Decode bare Opus packets to mono samples.

    Parameters
    ----------
    sample_rate : int
        Of the samples that come out, hertz.
    pre_skip : int
        So many samples at 48 kHz are the encoder's start-up and are left out.

    Raises
    ------
    MissingExtraError
        PyAV is not installed.
    """

    def __init__(self, sample_rate: int, pre_skip: int = 0) -> None:
        av = load_av()
        self._error: type[Exception] = av.FFmpegError
        self._packet = av.Packet
        self._codec: Any = av.CodecContext.create("opus", "r")
        self._codec.sample_rate = _DECODED_RATE
        self._codec.layout = "mono"
        self._mono: Any = av.AudioResampler(format="s16", layout="mono", rate=_DECODED_RATE)
        self._to_rate: Any = av.AudioResampler(format="s16", layout="mono", rate=sample_rate)
        self._skip = pre_skip
        self._decoded = 0

    def push(self, packet: bytes, end: int | None = None) -> npt.NDArray[np.int16]:
        """Decode one packet; samples of shape (n,).

        What lies beyond `end`, in samples at 48 kHz from the start of the stream, is padding and left out.

        Raises
        ------
        ValueError
            It is no Opus.
        """
        try:
            decoded = self._codec.decode(self._packet(packet))
        except self._error as error:
            raise ValueError(f"{len(packet)} bytes are no packet of Opus: {error}") from error
        return self._converted([same for frame in decoded for same in self._mono.resample(frame)], end)

    def finish(self) -> npt.NDArray[np.int16]:
        """Return what is held back."""
        return _samples(self._to_rate.resample(None))

    def _converted(self, frames: list[Any], end: int | None) -> npt.NDArray[np.int16]:
        import av

        ready = []
        for frame in frames:
            samples = frame.to_ndarray().reshape(-1)
            begin, self._decoded = self._decoded, self._decoded + len(samples)
            if end is not None:
                samples = samples[: max(0, end - begin)]
            left_out = min(self._skip, len(samples))
            self._skip -= left_out
            if left_out == len(samples):
                continue
            kept = av.AudioFrame.from_ndarray(samples[None, left_out:].copy(), format="s16", layout="mono")
            kept.sample_rate = _DECODED_RATE
            ready += self._to_rate.resample(kept)
        return _samples(ready)


class OggOpusDecoder:
    """Decode Ogg Opus, in chunks of any size, to mono samples.

    Parameters
    ----------
    sample_rate : int
        Of the samples that come out, hertz.
    """

    def __init__(self, sample_rate: int) -> None:
        load_av()
        self._rate = sample_rate
        self._pages = OggReader()
        self._decoder: OpusDecoder | None = None

    def push(self, data: bytes) -> npt.NDArray[np.int16]:
        """Take in the next bytes and return the samples they complete, shape (n,).

        Raises
        ------
        ValueError
            They are no Ogg Opus.
        """
        packets = self._pages.push(data)
        granule, ended = self._pages.ending or (0, 0)
        body = len(packets) - ended
        # A stream whose last page has no position above 0 says nothing about its end.
        end = granule if granule > 0 else None
        made = [self._decode(packet, None if number < body else end) for number, packet in enumerate(packets)]
        return np.concatenate(made) if made else np.empty(0, np.int16)

    def finish(self) -> npt.NDArray[np.int16]:
        """Return what is held back."""
        return np.empty(0, np.int16) if self._decoder is None else self._decoder.finish()

    def _decode(self, packet: bytes, end: int | None) -> npt.NDArray[np.int16]:
        nothing = np.empty(0, np.int16)
        if packet.startswith(_HEAD):
            if len(packet) < 19:
                raise ValueError(f"the head of the Opus stream has {len(packet)} bytes; it must have 19 or more")
            (pre_skip,) = struct.unpack_from("<H", packet, 10)
            self._decoder = OpusDecoder(self._rate, pre_skip)
            return nothing
        if self._decoder is None:
            raise ValueError(f"the Ogg stream is not Opus: it begins with {packet[:8]!r}")
        return nothing if packet.startswith(_TAGS) else self._decoder.push(packet, end)


def _samples(frames: list[Any]) -> npt.NDArray[np.int16]:
    parts = [frame.to_ndarray().reshape(-1) for frame in frames if frame is not None]
    return np.concatenate(parts).astype(np.int16, copy=False) if parts else np.empty(0, np.int16)


def load_av() -> Any:
    """Return the module `av`."""
    try:
        import av
    except ModuleNotFoundError as error:
        raise MissingExtraError('Opus needs PyAV: pip install "hostmode[opus]"') from error
    return av
