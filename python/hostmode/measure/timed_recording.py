"""What a virtual sound card plays, and when each sample of it is heard."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Final

import numpy as np

import hostmode
from hostmode.errors import AudioOutputError

if TYPE_CHECKING:
    from types import TracebackType

    import numpy.typing as npt

    from hostmode.measure.virtual_sound_card import VirtualSoundCard

# Long enough for many punctual arrivals on a machine with time to spare.
_WINDOW_S: Final = 2.0
# Of arrivals that are on time.
_JITTER_S: Final = 0.0003
# Not the very earliest: now and then a hiccup between the pieces of a block makes the second look like a first.
_EARLY_PERCENT: Final = 10.0
_READ_BYTES: Final = 1 << 16
_PATIENCE_S: Final = 10.0


class TimedRecording:
    """Record a virtual card and stamp every piece with the time of its arrival.

    The card plays in blocks. When the first sample of a block is due, on the schedule that the card also
    reports to its players as its latency, it makes the block and hands all of it to whoever records. So a block
    arrives when its *first* sample is heard: never earlier, and later by what the machine takes to pass it on.
    Some blocks come in two pieces at once; only the first of them says something. Where the arrivals of first
    samples, less their place in the recording, are earliest, there the recording lies in time. A card has one
    pace (a virtual one runs up to 30 ppm fast: it rounds its blocks to microseconds), and makes up for blocks
    that it was kept from making, so its line can bend only where a sample is lost. Hence the line is taken as
    the lower convex hull of the early arrivals: where the machine was too busy for any arrival to be punctual,
    it goes straight from the quiet before to the quiet after.

    How exact is it? Arrivals are late by 0.1 to 0.3 ms on an idle machine, most of them by nearly the same;
    `lateness` returns how far they lie above the earliest, and what all have in common makes the sound seem
    later than it is by about as much. That the rule itself is right shows in that measurements agree whatever
    `block_s` is: with any sample of the block but the first they would differ by as much as the blocks do.

    Parameters
    ----------
    card : VirtualSoundCard
        What to record.
    block_s : float
        Length of a block, seconds.
    """

    def __init__(self, card: VirtualSoundCard, block_s: float) -> None:
        self.rate = card.rate
        self._pieces: list[bytes] = []
        self._arrivals_s: list[float] = []
        self._process = subprocess.Popen(
            card.record_command(block_s), env=card.environment, stdout=subprocess.PIPE, bufsize=0
        )
        self._recording = threading.Event()
        self._thread = threading.Thread(target=self._read, name="hostmode-recording", daemon=True)
        self._thread.start()
        if not self._recording.wait(_PATIENCE_S):
            self._stop()
            raise AudioOutputError("the virtual sound card could not be recorded")

    def __enter__(self) -> TimedRecording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def samples(self) -> npt.NDArray[np.int16]:
        """Return everything recorded so far."""
        return np.frombuffer(b"".join(self._pieces), "<i2")

    def wait(self, duration_s: float) -> npt.NDArray[np.int16]:
        """Record until `duration_s` more seconds of sound have come in, then return everything."""
        frames = len(self.samples()) + round(duration_s * self.rate)
        deadline = time.monotonic() + duration_s + _PATIENCE_S
        while (recorded := self.samples()).size < frames and time.monotonic() < deadline:
            time.sleep(0.02)
        return recorded

    def heard_at(self, frames: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return when these frames of the recording were heard, seconds on the clock of `hostmode.now`."""
        first, offset_s = self._offsets()
        places, offsets_s = arrival_line(first / self.rate, offset_s)
        return frames / self.rate + np.interp(frames / self.rate, places, offsets_s)

    def lateness(self) -> npt.NDArray[np.float64]:
        """Return how much later than the earliest of its neighbours each block arrived, seconds."""
        first, offset_s = self._offsets()
        return offset_s - (self.heard_at(first) - first / self.rate)

    def _offsets(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the first frame of each block, and its arrival less its place in the recording, seconds."""
        lengths = np.array([len(piece) // 2 for piece in self._pieces])
        arrivals_s = np.array(self._arrivals_s[: len(lengths)])
        first = np.cumsum(lengths) - lengths
        # A piece that comes sooner than the one before it lasts is of the same block, or was held up with it.
        punctual = np.diff(arrivals_s) > lengths[:-1] / self.rate - _JITTER_S
        return first[1:][punctual].astype(np.float64), (arrivals_s - first / self.rate)[1:][punctual]

    def _read(self) -> None:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while piece := os.read(descriptor, _READ_BYTES):
            # The time before the piece: who looks at both in between finds no piece without a time.
            self._arrivals_s.append(hostmode.now())
            self._pieces.append(piece)
            self._recording.set()

    def _stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._thread.join()
        if self._process.stdout is not None:
            self._process.stdout.close()


def arrival_line(
    places_s: npt.NDArray[np.float64], offsets_s: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the corners of the line of punctual arrivals: the lower convex hull of the early ones.

    Parameters
    ----------
    places_s : array of float64, shape (n,)
        Where in the recording the blocks begin, seconds, in order.
    offsets_s : array of float64, shape (n,)
        By how much they arrived later than that, on whatever clock, seconds.

    Returns
    -------
    places_s, offsets_s : arrays of float64, shape (corners,)
    """
    hull: list[tuple[float, float]] = []
    window = np.floor(places_s / _WINDOW_S)
    for number in np.unique(window):
        place_s, offset_s = _early(places_s[window == number], offsets_s[window == number])
        while len(hull) > 1:
            (place0_s, offset0_s), (place1_s, offset1_s) = hull[-2:]
            if (offset1_s - offset0_s) * (place_s - place0_s) < (offset_s - offset0_s) * (place1_s - place0_s):
                break
            hull.pop()
        hull.append((place_s, offset_s))
    corners = np.array(hull)
    return corners[:, 0], corners[:, 1]


def _early(places_s: npt.NDArray[np.float64], offsets_s: npt.NDArray[np.float64]) -> tuple[float, float]:
    nth = int(len(offsets_s) * _EARLY_PERCENT / 100)
    at = np.argsort(offsets_s)[nth]
    return float(places_s[at]), float(offsets_s[at])
