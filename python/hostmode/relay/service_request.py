"""One request of a session of the motion service: its sound, as it comes, and the motion made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode._core import KEYFRAME_FLOATS

if TYPE_CHECKING:
    import numpy.typing as npt

    from hostmode.audio.opus import OggOpusDecoder
    from hostmode.motion import MotionSource
    from hostmode.relay.egress import RoomPlayback
    from hostmode.relay.playback import Playback

_SAMPLE_BYTES: Final = 2
# Keyframes of one message: the first ones come soon, later ones in few messages.
_FIRST_KEYFRAMES: Final = 5
_KEYFRAMES: Final = 25


class ServiceRequest:
    """What is known of a request. `decoder` is for sound that comes as Ogg Opus; without, it is PCM."""

    def __init__(
        self,
        req_id: str,
        source: MotionSource,
        playback: Playback | RoomPlayback,
        decoder: OggOpusDecoder | None = None,
    ) -> None:
        self.req_id = req_id
        self.playback = playback
        #: The state of the playback that the client was told of last.
        self.told = 0
        #: It was interrupted, has failed or has been played.
        self.over = False
        #: Motion messages so far.
        self.messages = 0
        self._source = source
        self._decoder = decoder
        self._dangling = b""
        self._waiting = np.zeros((0, KEYFRAME_FLOATS), np.float32)

    def samples(self, data: bytes, end: bool) -> npt.NDArray[np.int16]:
        """Return the samples that are whole with `data`."""
        if self._decoder is not None:
            decoded: npt.NDArray[np.int16] = self._decoder.push(data)
            return np.concatenate([decoded, self._decoder.finish()]) if end else decoded
        data = self._dangling + data
        whole = len(data) // _SAMPLE_BYTES * _SAMPLE_BYTES
        self._dangling = data[whole:]
        return np.frombuffer(data[:whole], "<i2")

    def keyframes(self, samples: npt.NDArray[np.int16], end: bool) -> npt.NDArray[np.float32]:
        """Return the motion that is ready with these samples; takes its time."""
        made = self._source.push(samples)
        return np.concatenate([made, self._source.finish()]) if end else made

    def cut(self, keyframes: npt.NDArray[np.float32], end: bool) -> list[npt.NDArray[np.float32]]:
        """Return the keyframes of each message that is full with these, with `end` of the last one as well."""
        ready = np.concatenate([self._waiting, keyframes])
        parts: list[npt.NDArray[np.float32]] = []
        while True:
            wanted = _KEYFRAMES if self.messages + len(parts) else _FIRST_KEYFRAMES
            last = end and len(ready) <= wanted
            if len(ready) < wanted and not last:
                break
            parts.append(ready[:wanted])
            ready = ready[wanted:]
            if last:
                break
        self._waiting = ready
        return parts
