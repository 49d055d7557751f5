"""A Controller on the sound card that does what it reads, line by line, and prints every event as JSON.

Commands: ``ramp SECONDS``, ``tone SECONDS``, ``interrupt``, ``idle``, ``stats``, ``close``.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
import warnings

import numpy as np

from hostmode import Controller, PlayerConfig

RATE = 48000

# Callbacks speak from a thread of their own, and print() writes a line and its end one after the other.
speaking = threading.Lock()


def say(kind: str, **values: object) -> None:
    with speaking:
        print(json.dumps({"kind": kind, **values}), flush=True)


def main() -> None:
    rate = int(sys.argv[1]) if len(sys.argv) > 1 else RATE
    warnings.simplefilter("ignore")
    avatar = Controller(rate, config=PlayerConfig(motion_wait=0.0))
    avatar.on_event = lambda event: say(**dataclasses.asdict(event))
    say("ready", output=avatar.stats()["audio_output"])
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "ramp":
            frames = round(float(arguments[0]) * rate)
            avatar.yield_audio_data((np.arange(frames) % 30000 + 1000).astype(np.int16), end=True)
        elif command == "tone":
            t = np.arange(round(float(arguments[0]) * rate)) / rate
            avatar.yield_audio_data((12000 * np.sin(2 * np.pi * 1000 * t)).astype(np.int16), end=True)
        elif command == "interrupt":
            heard = avatar.get_audio_time()
            avatar.interrupt()
            say("interrupted", heard=heard)
        elif command == "idle":
            say("waited", idle=avatar.wait_until_idle(30))
        elif command == "stats":
            say("stats", **avatar.stats())
        elif command == "close":
            break
    avatar.close()
    say("closed")


if __name__ == "__main__":
    main()
