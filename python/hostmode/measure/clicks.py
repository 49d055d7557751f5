"""An utterance whose sound and motion mark the same instants: a click, and the middle of a jaw pulse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode import KEYFRAME_FLOATS, KEYFRAME_RATE, encode_message
from hostmode.pose import as_poses

if TYPE_CHECKING:
    import numpy.typing as npt

JAW: Final = int(as_poses(np.arange(KEYFRAME_FLOATS, dtype=np.float32)[None])["jaw_pose"][0, 0])
"""The channel of a keyframe that pulses."""

JAW_PEAK: Final = 0.3
"""How far it opens, radians."""

PULSE_S: Final = 0.24
"""From shut to shut."""

_CLICK_S: Final = 0.002
_CLICK_PEAK: Final = 30000.0
# Two and a half frames at 60 Hz.
_LONGEST_FRAME_S: Final = 0.042
# Past the transition from idle, which blends the pose.
_FIRST_S: Final = 1.0
# In keyframes. Uneven, so that a click is never taken for its neighbour, and far enough apart for a pulse.
_SPACINGS: Final = (12, 17, 14, 19, 13, 16)
_KEYFRAMES_A_MESSAGE: Final = 50


def click_instants(duration_s: float) -> npt.NDArray[np.float64]:
    """Return where the clicks are in an utterance of `duration_s`, seconds; each at a keyframe's instant."""
    frames = [round(_FIRST_S * KEYFRAME_RATE)]
    while (frames[-1] / KEYFRAME_RATE) < duration_s - PULSE_S:
        frames.append(frames[-1] + _SPACINGS[len(frames) % len(_SPACINGS)])
    return np.array(frames[:-1]) / KEYFRAME_RATE


def click_audio(duration_s: float, rate: int) -> npt.NDArray[np.int16]:
    """Return the sound: silence, and symmetric clicks whose middle is the instant."""
    audio = np.zeros(round(duration_s * rate), np.int16)
    half = round(_CLICK_S / 2 * rate)
    shape = _CLICK_PEAK * np.hanning(2 * half + 3)[1:-1]
    for instant in click_instants(duration_s):
        middle = round(instant * rate)
        audio[middle - half : middle + half + 1] = shape.astype(np.int16)
    return audio


def click_motion(duration_s: float) -> list[bytes]:
    """Return the motion as encoded messages: the jaw opens and shuts around each instant."""
    keyframes = np.zeros((round(duration_s * KEYFRAME_RATE), KEYFRAME_FLOATS), np.float32)
    half = round(PULSE_S / 2 * KEYFRAME_RATE)
    shape = JAW_PEAK * np.hanning(2 * half + 1)
    for instant in click_instants(duration_s):
        middle = round(instant * KEYFRAME_RATE)
        keyframes[middle - half : middle + half + 1, JAW] = shape
    starts = range(0, len(keyframes), _KEYFRAMES_A_MESSAGE)
    return [
        encode_message(keyframes[start : start + _KEYFRAMES_A_MESSAGE], req_id="clicks", end=start == starts[-1])
        for start in starts
    ]


def find_clicks(recorded: npt.NDArray[np.int16], rate: int) -> npt.NDArray[np.float64]:
    """Return the middle of each click of a recording, in frames: the centre of its energy."""
    loud = np.flatnonzero(np.abs(recorded.astype(np.int64)) > _CLICK_PEAK / 2)
    first = loud[np.flatnonzero(np.diff(loud, prepend=-rate) > 0.1 * rate)]
    reach = round(2 * _CLICK_S * rate)
    middles = []
    for frame in first:
        begin = max(0, frame - reach)
        energy = recorded[begin : frame + 2 * reach].astype(np.float64) ** 2
        middles.append(begin + float(np.dot(np.arange(len(energy)), energy) / energy.sum()))
    return np.array(middles)


def find_pulses(times_s: npt.NDArray[np.float64], jaw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the middle of each jaw pulse that was seen, on the clock of `times_s`.

    It lies half way between where the jaw, opening and shutting, passes half of `JAW_PEAK`: there the pulse is
    steepest and straightest, so that little is lost between two samples. A pulse is left out where a passing
    was not seen from nearby.
    """
    above = jaw > JAW_PEAK / 2
    edges = np.flatnonzero(above[1:] != above[:-1])
    share = (JAW_PEAK / 2 - jaw[edges]) / (jaw[edges + 1] - jaw[edges])
    frame_s = times_s[edges + 1] - times_s[edges]
    passings = times_s[edges] + share * frame_s
    rising = np.flatnonzero(above[edges + 1])
    rising = rising[rising + 1 < len(edges)]
    seen = (frame_s[rising] < _LONGEST_FRAME_S) & (frame_s[rising + 1] < _LONGEST_FRAME_S)
    middles: npt.NDArray[np.float64] = (passings[rising] + passings[rising + 1])[seen] / 2
    return middles
