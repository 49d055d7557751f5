"""Motion by a model of your own: a `MotionSource`, played here, and served to the SDKs.

The model is a stand-in: a few weights that open the jaw with the loudness. Yours may be an ONNX file: make an
``onnxruntime.InferenceSession`` once, outside the class, and call it in `_keyframes`.

    python examples/own_motion.py [recording.json]

From this directory, ``hostmode emulate --source own_motion:OwnMotion`` is a motion service that uses it.
"""

from __future__ import annotations

import sys

import numpy as np

import hostmode
from hostmode.motion import MotionSource
from hostmode.pose import as_poses

WEIGHTS = np.array([0.9, 0.4, 0.2])  # of the loudness now, 40 ms ago, and 80 ms ago
WIDEST_JAW = 0.22  # radians
NODDING = 0.05  # radians


class OwnMotion:
    """Motion of one utterance: a keyframe for every 40 ms of sound."""

    def __init__(self, sample_rate: int) -> None:
        self._size = sample_rate // 25
        self._samples = np.empty(0, np.int16)
        self._loudness = [0.0, 0.0]

    def push(self, samples: np.ndarray) -> np.ndarray:
        """Return a keyframe for each 40 ms that are complete; what is left waits, so chunks may have any length."""
        self._samples = np.concatenate([self._samples, samples])
        count = len(self._samples) // self._size
        windows, self._samples = np.split(self._samples, [count * self._size])
        return self._keyframes(windows.reshape(count, self._size))

    def finish(self) -> np.ndarray:
        """Return a keyframe for the rest."""
        rest, self._samples = self._samples, self._samples[:0]
        return self._keyframes(np.pad(rest, (0, self._size - len(rest)))[None] if len(rest) else rest.reshape(0, 1))

    def _keyframes(self, windows: np.ndarray) -> np.ndarray:
        keyframes = np.zeros((len(windows), 120), np.float32)
        for pose, window in zip(as_poses(keyframes), windows, strict=True):
            self._loudness.append(float(np.sqrt(np.mean((window / 32768.0) ** 2))))
            opening = float(np.tanh(4.0 * WEIGHTS @ self._loudness[:-4:-1]))
            pose["jaw_pose"][0] = WIDEST_JAW * opening
            pose["neck_pose"][0] = NODDING * opening
        return keyframes


def main() -> None:
    recording = hostmode.load_recording(sys.argv[1]) if sys.argv[1:] else hostmode.Recording.embedded()
    rate, size = recording.sample_rate, recording.sample_rate // 10
    source = OwnMotion(rate)
    print(f"a motion source: {isinstance(source, MotionSource)}")
    with hostmode.Controller(rate, output="silent") as avatar:
        turn, widest = avatar.open_turn(), 0.0
        for start in range(0, len(recording.audio), size):
            chunk = recording.audio[start : start + size]
            turn.audio(chunk)
            turn.motion([hostmode.encode_message(source.push(chunk))])
        turn.end()
        turn.motion([hostmode.encode_message(source.finish(), end=True)])
        while not avatar.wait_until_idle(timeout=0.04):
            widest = max(widest, float(avatar.sample().jaw_pose[0]))
        print(f"{avatar.stats()['keyframes']} keyframes, {turn.heard:.1f} s heard, the jaw at most {widest:.2f} rad")


if __name__ == "__main__":
    main()
