"""A Controller on the sound card that does what it reads, line by line, and prints every event as JSON.

Commands: ``ramp SECONDS``, ``tone SECONDS``, ``interrupt``, ``interrupts COUNT``, ``idle``, ``stats``,
``microphone SOURCE``, ``listened``, ``close``.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
import warnings

import numpy as np

from hostmode import KEYFRAME_FLOATS, Controller, PlayerConfig, encode_message
from hostmode.audio import SounddeviceOutput
from hostmode.measure.ramp import ramp

RATE = 48000
EVENT = ("kind", "time", "conversation_id", "state", "reason", "message", "value")
# How many conversations nobody interrupts before so many seconds of them were heard: longer than the fade-in.
LEFT_ALONE = 20
HEARD_S = 0.02

# Callbacks speak from a thread of their own, and print() writes a line and its end one after the other.
speaking = threading.Lock()


def say(kind: str, **values: object) -> None:
    with speaking:
        print(json.dumps({"kind": kind, **values}), flush=True)


def interrupt_often(avatar: Controller, count: int) -> tuple[int, list[int]]:
    """Interrupt from four threads at random times, each conversation louder than the one before it.

    Return how many messages of motion were accepted for conversations that had been interrupted, and the levels of
    those that nobody interrupted before they were heard.
    """
    late = encode_message(np.zeros((5, KEYFRAME_FLOATS), np.float32), end=True)
    left = threading.Semaphore(count)
    accepted: list[str] = []
    interrupts: list[int] = []
    # Held by whoever interrupts, and while a conversation is left alone.
    alone = threading.Lock()

    def interrupt(seed: int) -> None:
        chance = random.Random(seed)
        while left.acquire(blocking=False):
            with alone:
                cid = avatar.get_current_conversation_id()
                avatar.interrupt()
                interrupts.append(seed)
            if cid is not None and avatar.yield_frames_data([late], cid):
                accepted.append(cid)
            time.sleep(chance.choice([0.0, 0.0, 0.001, 0.005]))

    threads = [threading.Thread(target=interrupt, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    level = 1000
    heard: list[int] = []

    def speak() -> None:
        avatar.yield_audio_data(np.resize(np.array([level, -level], np.int16), RATE), end=True)

    while any(thread.is_alive() for thread in threads):
        level = min(level + 1, 32000)
        if len(interrupts) < len(heard) * count / LEFT_ALONE:
            speak()
            time.sleep(0.001)
            continue
        # Left to chance, how often nobody interrupts for long enough depends on the machine.
        with alone:
            speak()
            while avatar.get_audio_time() < HEARD_S:
                time.sleep(0.001)
            heard.append(level)
    avatar.interrupt()
    return len(accepted), heard


class Microphone:
    """A recording of the application's own, beside the avatar."""

    def __init__(self, source: str) -> None:
        os.environ["PULSE_SOURCE"] = source
        import sounddevice

        self.frames = 0
        self.stream = sounddevice.InputStream(16000, channels=1, callback=self.hear)
        self.stream.start()

    def hear(self, data: np.ndarray, frames: int, time_info: object, status: object) -> None:
        self.frames += frames


def main() -> None:
    rate = int(sys.argv[1]) if len(sys.argv) > 1 else RATE
    warnings.simplefilter("ignore")
    device = sys.argv[2] if len(sys.argv) > 2 else None
    avatar = Controller(rate, config=PlayerConfig(motion_wait=0.0), output=SounddeviceOutput(device))
    avatar.on_event = lambda event: say(**{name: getattr(event, name) for name in EVENT})
    say("ready", output=avatar.stats()["audio_output"])
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "ramp":
            frames = round(float(arguments[0]) * rate)
            avatar.yield_audio_data(ramp(0, frames), end=True)
        elif command == "tone":
            t = np.arange(round(float(arguments[0]) * rate)) / rate
            avatar.yield_audio_data((12000 * np.sin(2 * np.pi * 1000 * t)).astype(np.int16), end=True)
        elif command == "interrupt":
            heard = avatar.get_audio_time()
            avatar.interrupt()
            say("interrupted", heard=heard)
        elif command == "interrupts":
            accepted, heard_levels = interrupt_often(avatar, int(arguments[0]))
            say("interrupts", accepted_late_motion=accepted, heard_levels=heard_levels)
        elif command == "idle":
            say("waited", idle=avatar.wait_until_idle(30))
        elif command == "stats":
            say("stats", **avatar.stats())
        elif command == "microphone":
            microphone = Microphone(arguments[0])
        elif command == "listened":
            say("listened", frames=microphone.frames, active=microphone.stream.active)
        elif command == "close":
            break
    avatar.close()
    say("closed")


if __name__ == "__main__":
    main()
