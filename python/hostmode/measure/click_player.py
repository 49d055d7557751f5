"""A process that plays the clicks and draws at 60 Hz: logs what it would show, and when.

Usage: ``python -m hostmode.measure.click_player SECONDS AV_OFFSET FILE``. Writes the instants, on the clock of
`hostmode.now`, and the jaw then shown into FILE (.npz) and prints one JSON object: what the player says about
itself.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import hostmode
from hostmode import Controller, PlayerConfig
from hostmode.measure.clicks import JAW, click_audio, click_motion

_RATE = 16000
_FRAME_S = 1 / 60
# Added to the length of the sound, before a conversation that does not end is given up.
_PATIENCE_S = 15.0


def play(seconds: float, av_offset: float, log: Path) -> dict[str, Any]:
    """Play `seconds` of clicks on the default device."""
    times: list[float] = []
    jaw: list[float] = []
    pose = np.empty(hostmode.KEYFRAME_FLOATS, np.float32)
    with Controller(_RATE, config=PlayerConfig(av_offset=av_offset)) as avatar:
        cid = avatar.yield_audio_data(click_audio(seconds, _RATE), end=True)
        avatar.yield_frames_data(click_motion(seconds), cid)
        due = hostmode.now()
        deadline = due + seconds + _PATIENCE_S
        while avatar.get_current_conversation_id() is not None and due < deadline:
            instant = hostmode.now()
            avatar.sample(instant, pose)
            times.append(instant)
            jaw.append(float(pose[JAW]))
            due = max(due + _FRAME_S, instant)
            time.sleep(max(0.0, due - hostmode.now()))
        stats = avatar.stats()
    np.savez(log, times=np.array(times), jaw=np.array(jaw))
    return stats


def main() -> None:
    """Run the program."""
    print(json.dumps(play(float(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]))))


if __name__ == "__main__":
    main()
