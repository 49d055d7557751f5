"""Render every recording of a folder, for a film or a data set: WAV and poses, faster than real time.

For each recording `NAME.json` a `NAME.wav` and a `NAME.npz` are written; in the latter `times` (n,) are
seconds of the sound and `poses` (n, 120) what the face does then. A file that is no recording is skipped.

    python examples/batch_folder.py FOLDER OUTPUT
"""

from __future__ import annotations

import sys
import time
import wave
from pathlib import Path

import numpy as np

import hostmode
from hostmode.offline import render_offline

POSES_A_SECOND = 30


def render(source: Path, target: Path) -> float:
    """Render one recording and return its length in seconds."""
    rendering = render_offline(hostmode.load_recording(source), POSES_A_SECOND)
    with wave.open(str(target.with_suffix(".wav")), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rendering.sample_rate)
        sound.writeframes(rendering.audio.astype("<i2").tobytes())
    np.savez_compressed(target.with_suffix(".npz"), times=rendering.times, poses=rendering.poses)
    return len(rendering.audio) / rendering.sample_rate


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: python examples/batch_folder.py FOLDER OUTPUT")
    folder, output = map(Path, sys.argv[1:])
    output.mkdir(parents=True, exist_ok=True)
    start, seconds = time.perf_counter(), 0.0
    for source in sorted(folder.glob("*.json")):
        try:
            seconds += render(source, output / source.name)
        except hostmode.RecordingError as error:
            print(f"skipped: {error}")
        else:
            print(source.name)
    elapsed = time.perf_counter() - start
    print(f"{seconds:.1f} s of speech in {elapsed:.1f} s: {seconds / max(elapsed, 1e-9):.0f} times real time")


if __name__ == "__main__":
    main()
