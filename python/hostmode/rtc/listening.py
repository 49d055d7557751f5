"""Where sound that was sent lies in sound that came: by how loud both are, whatever was done to it on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode.rtc.loudness import LOUDNESS_RATE, VALUES_A_FRAME, loudness

if TYPE_CHECKING:
    import numpy.typing as npt

# In values of loudness. The latest 1.2 s are compared: long enough for two words, short enough to follow a network.
_WINDOW: Final = round(1.2 * LOUDNESS_RATE)
_AT_LEAST: Final = round(0.1 * LOUDNESS_RATE)
_KEPT: Final = 10 * LOUDNESS_RATE
# Half decibels: what is softer than -60 dB of full scale is noise of the codec.
_FLOOR: Final = 2 * (96 - 60)
# A window in which loudness varies by less, in half decibels, could lie anywhere.
_LEAST_DEVIATION: Final = 4.0
# Of the correlation, and by how much it exceeds that at any place further away than `_NEAR`. A codec blurs what is
# short: a click is half like itself, but like nothing else.
_LIKE: Final = ((0.85, 0.05), (0.55, 0.25))
_NEAR: Final = round(0.03 * LOUDNESS_RATE)


class Listening:
    """Compares the loudness of sound as it comes with that which a sender says its sound has.

    Parameters
    ----------
    rate : int
        Of the sound that comes, hertz.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._heard = np.zeros(0, np.float64)
        self._first = 0  # the number of the value at [0]
        self._rest = np.zeros(0, np.int16)
        self._sent: dict[int, npt.NDArray[np.uint8]] = {}

    def hear(self, samples: npt.NDArray[np.int16]) -> None:
        """Take the sound that follows."""
        rest = np.concatenate((self._rest, samples))
        done = self._first + len(self._heard)
        # Cut at whole samples by number, so that nothing adds up at rates that are no multiple of 400.
        begin = round(done * self._rate / LOUDNESS_RATE)
        count = int((begin + len(rest)) * LOUDNESS_RATE / self._rate) - done
        if count < 1:
            self._rest = rest
            return
        used = round((done + count) * self._rate / LOUDNESS_RATE) - begin
        values = np.maximum(loudness(rest[:used], count).astype(np.float64) - _FLOOR, 0.0)
        self._rest = rest[used:]
        self._heard = np.concatenate((self._heard, values))
        if len(self._heard) > 2 * _KEPT:
            self._first += len(self._heard) - _KEPT
            self._heard = self._heard[-_KEPT:]

    def restart(self) -> None:
        """Forget what was sent: another round begins."""
        self._sent = {}

    def expect(self, position: int, values: npt.NDArray[np.uint8]) -> None:
        """Take note of what the sound of a frame of 40 ms was when it was sent."""
        self._sent[position] = values
        self._sent.pop(position - 2 * _WINDOW // VALUES_A_FRAME, None)

    def find(self, guess_s: float, reach_s: float) -> float | None:
        """Return where position 0 lies in the sound that came, seconds from its beginning.

        Parameters
        ----------
        guess_s : float
            Where it is believed to be.
        reach_s : float
            By how much that may be wrong.

        Returns
        -------
        float or None
            ``None`` where it cannot be told: too little was said, or what came is not like it.
        """
        if not self._sent:
            return None
        guess = round(guess_s * LOUDNESS_RATE)
        reach = round(reach_s * LOUDNESS_RATE)
        until = self._first + len(self._heard)  # of what came
        last = max(self._sent)
        end = min((last + 1) * VALUES_A_FRAME, until - guess + reach)
        begin = max(min(self._sent) * VALUES_A_FRAME, end - _WINDOW, self._first - guess + reach)
        if end - begin < _AT_LEAST:
            return None
        sent, known = self._sent_between(begin, end)
        likeness = np.full(2 * reach + 1, -1.0)
        for lag in range(-reach, reach + 1):
            at = begin + guess + lag - self._first
            likeness[lag + reach] = _likeness(sent, known, self._heard[at : at + len(sent)])
        best = int(likeness.argmax())
        elsewhere = np.concatenate((likeness[: max(0, best - _NEAR)], likeness[best + _NEAR + 1 :]))
        lead = likeness[best] - (elsewhere.max() if len(elsewhere) else -1.0)
        alike = any(likeness[best] >= least and lead >= ahead for least, ahead in _LIKE)
        if not alike or best in (0, 2 * reach):
            return None
        return (guess + best - reach + _vertex(*likeness[best - 1 : best + 2])) / LOUDNESS_RATE

    def _sent_between(self, begin: int, end: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Return values, and which of them are known: packets are lost."""
        first, last = begin // VALUES_A_FRAME, (end - 1) // VALUES_A_FRAME
        none = np.zeros(VALUES_A_FRAME, np.uint8)
        values = np.concatenate([self._sent.get(one, none) for one in range(first, last + 1)])
        known = np.repeat([one in self._sent for one in range(first, last + 1)], VALUES_A_FRAME)
        there = slice(begin - first * VALUES_A_FRAME, end - first * VALUES_A_FRAME)
        return np.maximum(values[there].astype(np.float64) - _FLOOR, 0.0), known[there]


def _likeness(sent: npt.NDArray[np.float64], known: npt.NDArray[np.bool_], heard: npt.NDArray[np.float64]) -> float:
    """Return the correlation of what is there of both; -1.0 where that is too little."""
    known = known[: len(heard)]
    one, other = sent[: len(heard)][known], heard[known]
    if len(one) < _AT_LEAST:
        return -1.0
    one, other = one - one.mean(), other - other.mean()
    spread = float(np.sqrt(np.dot(one, one) * np.dot(other, other)))
    if spread < _LEAST_DEVIATION**2 * len(one):
        return -1.0
    return float(np.dot(one, other)) / spread


def _vertex(before: float, at: float, after: float) -> float:
    """Return where between its neighbours a parabola through all three is highest, -0.5 to 0.5."""
    bend = before - 2.0 * at + after
    return 0.0 if bend >= 0.0 else float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))
