"""Utterances cut into the frames of an RTC stream: 40 ms of sound, and the packet with the motion of it."""

from __future__ import annotations

import itertools
from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode._core import KEYFRAME_RATE, LoudnessMeter, decode_message, encode_message
from hostmode.rtc.packet import Frame, Packet

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from typing_extensions import Buffer

FRAME_S: Final = 1.0 / KEYFRAME_RATE
# As `memoryview` names bytes and int16.
_PCM_FORMATS: Final = ("B", "b", "c", "h", "<h")
# Earlier messages that a packet repeats.
_REPEATED: Final = 2
# The tag of a field behind all others of a message, 2042 as a varint, which others skip: a number of the utterance.
# Without it one that is said again at once would be taken for copies of the packets of the first.
_UTTERANCE_TAG: Final = b"\xd0\x7f"
_numbers = itertools.cycle(range(128))


class _Utterance:
    def __init__(self, sample_rate: int) -> None:
        self.meter = LoudnessMeter(sample_rate)
        self.mark = _UTTERANCE_TAG + bytes([next(_numbers)])
        self.pcm = bytearray()
        self.messages: list[bytes] = []
        self.complete = False
        self.frames = 0
        self.samples = 0
        self.opened_s: float | None = None


class OutgoingSpeech:
    """Takes sound and motion of utterances as they come, and gives out frame after frame.

    It reads no clock. Sound without motion goes out once it has waited for `motion_wait` seconds, and motion of a
    frame that went out without is passed over.
    """

    def __init__(self, sample_rate: int, motion_wait: float) -> None:
        self._rate = sample_rate
        self._motion_wait = motion_wait
        self._utterances: deque[_Utterance] = deque()
        self.position = 0.0
        self.bare = 0

    @property
    def empty(self) -> bool:
        """Whether there is no utterance that goes on."""
        return not self._utterances

    def audio(self, pcm: Buffer | npt.NDArray[np.int16]) -> None:
        """Add mono 16-bit sound to the utterance that is not complete; opens one where there is none."""
        view = memoryview(pcm)  # type: ignore[arg-type]
        if view.format not in _PCM_FORMATS or not view.c_contiguous:
            raise TypeError(f"pcm is a buffer of {view.format!r}; give bytes or an int16 array in one piece")
        self._current().pcm += view.cast("B")

    def motion(self, messages: Sequence[Buffer]) -> None:
        """Add the keyframes of encoded messages; raises `hostmode.DecodeError` where one is none."""
        decoded = [motion for message in messages if (motion := decode_message(message)) is not None]
        singles = [encode_message(frame[np.newaxis], req_id=one.req_id) for one in decoded for frame in one.keyframes]
        if singles:
            speech = self._current()
            speech.messages += [single + speech.mark for single in singles]

    def end(self) -> None:
        """Complete the utterance, if there is one."""
        if self._utterances:
            self._utterances[-1].complete = True

    def leave_complete(self) -> bool:
        """Leave utterances of which nothing is to come; return whether there were any."""
        left = False
        while self._utterances and self._utterances[0].complete and len(self._utterances[0].pcm) < 2:
            self._utterances.popleft()
            left = True
        return left

    def take(self, now: float) -> tuple[npt.NDArray[np.int16], Packet | None] | None:
        """Return the next 40 ms of sound and the packet that belongs to them, if there is motion for them.

        ``None`` while too little is there. The last frame of an utterance is filled up with silence.
        """
        self.leave_complete()
        if not self._utterances:
            return None
        speech = self._utterances[0]
        # Cut at what 40 ms are in whole samples, not by adding up rounded lengths: 22050 Hz has 882 exactly.
        wanted = round((speech.frames + 1) * FRAME_S * self._rate) - speech.samples
        if len(speech.pcm) // 2 < wanted and not speech.complete:
            return None
        if speech.opened_s is None:
            speech.opened_s = now
        missing = not speech.complete and len(speech.messages) <= speech.frames
        if missing and speech.frames == 0 and now - speech.opened_s < self._motion_wait:
            return None
        return self._cut(speech, wanted)

    def _cut(self, speech: _Utterance, wanted: int) -> tuple[npt.NDArray[np.int16], Packet | None]:
        piece = bytes(speech.pcm[: 2 * wanted])
        del speech.pcm[: 2 * wanted]
        samples = np.zeros(wanted, np.int16)
        samples[: len(piece) // 2] = np.frombuffer(piece[: len(piece) // 2 * 2], "<i2")
        if speech.frames == 0:
            self.position = 0.0
        number, speech.frames = speech.frames, speech.frames + 1
        speech.samples += wanted
        self.position += len(piece) // 2 / self._rate
        bare = number >= len(speech.messages)
        said = speech.meter.say(b"" if bare else speech.messages[number], samples)
        if bare:
            self.bare += 1
            return samples, None
        speech.messages[number] = said
        repeated = range(number, max(-1, number - 1 - _REPEATED), -1)
        frames = tuple(Frame(seq, speech.messages[seq]) for seq in repeated)
        last = speech.complete and len(speech.pcm) < 2
        return samples, Packet("speech", frames, start=number == 0, end=last)

    def _current(self) -> _Utterance:
        if not self._utterances:
            self.position = 0.0
        if not self._utterances or self._utterances[-1].complete:
            self._utterances.append(_Utterance(self._rate))
        return self._utterances[-1]
