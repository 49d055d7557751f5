"""A process that subscribes to a room and draws at 60 Hz: logs what it would show, and when.

Usage: ``python livekit_viewer.py URL TOKEN FILE``. Prints ``ready`` once it is subscribed, and draws until its input
ends or nothing more can come. Then it writes the instants, on the clock of `hostmode.now`, and the poses into FILE
(.npz), with the sound and the keyframes that the player was given for each conversation, and prints one JSON object:
its events, and what the player and the subscriber say about themselves.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from livekit import rtc

import hostmode
from hostmode.rtc.livekit import subscribe

if TYPE_CHECKING:
    from collections.abc import Sequence

_FRAME_S = 1 / 60


class Given:
    """What the player takes in, by conversation, in their order."""

    def __init__(self) -> None:
        self.sound: dict[str, list[np.ndarray]] = {}
        self.keyframes: dict[str, list[np.ndarray]] = {}

    def heard(self, data: Any, conversation_id: str, _end: bool) -> None:
        self.sound.setdefault(conversation_id, []).append(np.frombuffer(data, np.int16).copy())

    def moved(self, frames: Sequence[bytes], conversation_id: str) -> None:
        self.keyframes.setdefault(conversation_id, []).extend(
            hostmode.decode_message(one).keyframes for one in frames
        )

    def arrays(self) -> dict[str, np.ndarray]:
        empty = np.empty((0, hostmode.KEYFRAME_FLOATS), np.float32)
        arrays = {}
        for number, (name, pieces) in enumerate(self.sound.items()):
            arrays[f"sound_{number}"] = np.concatenate(pieces)
            arrays[f"keyframes_{number}"] = np.concatenate([empty, *self.keyframes.get(name, [])])
        return arrays


async def view(url: str, token: str, log: Path) -> None:
    """Subscribe, and draw until standard input ends."""
    asked_to_end = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), asked_to_end.set()), daemon=True).start()
    times: list[float] = []
    poses: list[np.ndarray] = []
    events: list[hostmode.Event] = []
    given = Given()
    room = rtc.Room()
    await room.connect(url, token)
    config = hostmode.PlayerConfig(layers=False, max_prebuffer=0.1)
    async with hostmode.Controller(48000, config=config) as avatar:
        avatar.on_event = events.append
        avatar.follow(given)
        async with await subscribe(room, avatar) as subscriber:
            print("ready", flush=True)
            drawing = threading.Thread(target=_draw, args=(avatar, asked_to_end, times, poses))
            drawing.start()
            while not asked_to_end.is_set():
                await asyncio.sleep(0.05)
            drawing.join()
            said = {"player": avatar.stats(), "subscriber": subscriber.stats}
    said["events"] = [[event.kind, event.reason, event.time, event.value] for event in events]
    np.savez(log, times=np.array(times), poses=np.array(poses), **given.arrays())
    print(json.dumps(said, default=str), flush=True)
    await room.disconnect()


def _draw(avatar: hostmode.Controller, until: threading.Event, times: list[float], poses: list[np.ndarray]) -> None:
    due = hostmode.now()
    while not until.is_set():
        instant = hostmode.now()
        poses.append(avatar.sample(instant, np.empty(hostmode.KEYFRAME_FLOATS, np.float32)))
        times.append(instant)
        due = max(due + _FRAME_S, instant)
        until.wait(max(0.0, due - hostmode.now()))


if __name__ == "__main__":
    asyncio.run(view(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
