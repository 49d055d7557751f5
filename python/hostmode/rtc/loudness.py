"""How loud sound is from moment to moment, and how a message says it of the sound that it was made for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

#: Values a second: one every 2.5 ms, 16 for a frame.
LOUDNESS_RATE: Final = 400
#: Of a message.
VALUES_A_FRAME: Final = 16

# Of what AvatarKit's messages know the field is none, so that its clients skip it.
_FIELD: Final = 2040
_LENGTH_DELIMITED: Final = 2
_STEPS_A_DB: Final = 2
_SILENCE_DB: Final = -96.0


def loudness(samples: npt.NDArray[np.int16], count: int) -> npt.NDArray[np.uint8]:
    """Return `count` values, each of an equal share of `samples`: half decibels above -96 dB of full scale."""
    edges = np.round(np.linspace(0, len(samples), count + 1)).astype(np.int64)
    sums = np.concatenate(([0.0], np.cumsum(samples.astype(np.float64) ** 2)))
    power = np.diff(sums[edges]) / np.maximum(np.diff(edges), 1) / 32768.0**2
    decibels = 10.0 * np.log10(np.maximum(power, 10.0 ** (_SILENCE_DB / 10.0)))
    values: npt.NDArray[np.uint8] = np.round(_STEPS_A_DB * (decibels - _SILENCE_DB)).astype(np.uint8)
    return values


def with_loudness(message: bytes, values: npt.NDArray[np.uint8]) -> bytes:
    """Return an encoded motion message that says how loud the sound of its keyframe is.

    Parameters
    ----------
    message : bytes
        An envelope, as `hostmode.encode_message` makes it; whoever decodes it skips what is added.
    values : ndarray of uint8, shape (16,)
        As `loudness` returns them.
    """
    return message + _varint(_FIELD << 3 | _LENGTH_DELIMITED) + _varint(len(values)) + values.tobytes()


def loudness_of(message: bytes) -> npt.NDArray[np.uint8] | None:
    """Return what `with_loudness` added, or ``None`` where a message says nothing of it."""
    end = len(message)
    begin = end - VALUES_A_FRAME
    head = _varint(_FIELD << 3 | _LENGTH_DELIMITED) + _varint(VALUES_A_FRAME)
    if begin < len(head) or message[begin - len(head) : begin] != head:
        return None
    return np.frombuffer(message, np.uint8, VALUES_A_FRAME, begin)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
