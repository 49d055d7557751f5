"""A process that plays the ramp while its interpreter lock is held.

Usage: ``python -m hostmode.measure.ramp_player native|python LOAD SECONDS``. Prints one JSON object: what the
player says about itself.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

from hostmode import Controller, PlayerConfig
from hostmode.audio.portaudio import load_sounddevice
from hostmode.measure.interpreter_load import InterpreterLoad
from hostmode.measure.ramp import ramp

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

RATE = 48000
LATENCY_S = 0.1
# Added to the length of the sound: opening a device and noticing the end under load.
_PATIENCE_S = 30.0


def play_natively(seconds: float) -> dict[str, Any]:
    """Play through a `Controller`."""
    with Controller(RATE, config=PlayerConfig(motion_wait=0.0)) as avatar:
        # Opening a device calls Python, and is as slow as the load lets it be; what plays is measured after that.
        deadline = time.monotonic() + _PATIENCE_S
        while avatar.stats()["audio_output"] != "sounddevice" and time.monotonic() < deadline:
            time.sleep(0.05)
        avatar.yield_audio_data(ramp(0, round(seconds * RATE)), end=True)
        ended = avatar.wait_until_idle(seconds + _PATIENCE_S)
        return {**avatar.stats(), "ended": ended}


def play_by_python(seconds: float) -> dict[str, Any]:
    """Play through sounddevice's ordinary stream, whose callback is a Python function."""
    played = 0
    flagged = 0

    def callback(out: npt.NDArray[np.int16], frames: int, times: object, status: object) -> None:
        nonlocal played, flagged
        flagged += bool(status)
        out[:, 0] = ramp(played, frames)
        played += frames

    stream = load_sounddevice().OutputStream(RATE, channels=1, dtype="int16", latency=LATENCY_S, callback=callback)
    with stream:
        time.sleep(seconds)
    return {"underflow_flags": flagged, "played_frames": played}


def main() -> None:
    """Run the program."""
    kind, load, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    with InterpreterLoad(load):
        told = {"native": play_natively, "python": play_by_python}[kind](seconds)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
