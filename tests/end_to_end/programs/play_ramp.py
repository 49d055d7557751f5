"""Play a ramp of so many seconds while another thread holds the interpreter lock.

Usage: play_ramp.py native|python none|call|json|regex SECONDS
"""

from __future__ import annotations

import ctypes
import json
import re
import sys
import threading
import time

import numpy as np
import sounddevice

from hostmode import Controller, PlayerConfig

RATE = 48000
HOLD_S = 0.15


def hold_in_a_call() -> None:
    # PyDLL keeps the lock for the whole of the call, as many an extension module does.
    ctypes.PyDLL(None).usleep(int(HOLD_S * 1e6))
    time.sleep(0.05)


def hold_in_json(document=json.dumps([{"key": list(range(100))}] * 4000)) -> None:  # noqa: B008
    json.loads(document)


def hold_in_regex(text="a" * 22, pattern=re.compile(r"(a+)+b")) -> None:
    pattern.match(text)


LOADS = {"call": hold_in_a_call, "json": hold_in_json, "regex": hold_in_regex}


def ramp(first: int, count: int) -> np.ndarray:
    return (np.arange(first, first + count) % 30000 + 1000).astype(np.int16)


def play_natively(seconds: float) -> dict:
    with Controller(RATE, config=PlayerConfig(motion_wait=0.0)) as avatar:
        avatar.yield_audio_data(ramp(0, round(seconds * RATE)), end=True)
        avatar.wait_until_idle(seconds + 10)
        return avatar.stats()


def play_by_python(seconds: float) -> dict:
    played = 0
    late = 0

    def callback(out, frames, times, status):
        nonlocal played, late
        late += bool(status)
        out[:, 0] = ramp(played, frames)
        played += frames

    with sounddevice.OutputStream(RATE, channels=1, dtype="int16", latency=0.1, callback=callback):
        time.sleep(seconds)
    return {"underflow_flags": late}


def main() -> None:
    kind, load, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    done = threading.Event()

    def hold() -> None:
        while not done.is_set():
            LOADS[load]()

    holder = threading.Thread(target=hold if load in LOADS else done.wait)
    holder.start()
    try:
        stats = (play_natively if kind == "native" else play_by_python)(seconds)
    finally:
        done.set()
        holder.join()
    print(json.dumps(stats))


if __name__ == "__main__":
    main()
