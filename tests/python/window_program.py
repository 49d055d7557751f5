"""A window under a virtual display: says as JSON what was seen in it. Usage: ``window_program.py FOLDER``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

import hostmode
from hostmode import Controller, PlayerConfig, Recording
from hostmode.errors import HostModeError
from hostmode.view import Offscreen, Window
from hostmode.view.png import write_png


def main(folder: Path) -> None:
    """Run the program."""
    import glfw

    recording = Recording.embedded()
    # Until motion comes it waits, however long a picture takes here.
    patient = PlayerConfig(motion_wait=30.0)
    with (
        Controller(recording.sample_rate, output="silent", config=patient) as avatar,
        Window(avatar, size=(320, 360)) as window,
    ):
        idle = window.picture()
        avatar.yield_audio_data(recording.audio[:160].data)  # too little to begin with
        state_waiting, waiting = avatar.state, window.picture()
        avatar.interrupt()
        conversation_id = avatar.yield_audio_data(recording.audio.data, end=True)
        avatar.yield_frames_data(list(recording.messages), conversation_id)
        begun = hostmode.now()
        shown = []
        while hostmode.now() < begun + 3.0:
            window.draw()
            if window.pictures % 5 == 0:
                shown.append(window.picture())
        pictures = window.pictures
        press = lambda key: window._on_key(window._window, key, 0, glfw.PRESS, 0)  # noqa: E731
        plain = window.picture()
        press(glfw.KEY_H)
        with_numbers = window.picture()
        press(glfw.KEY_SPACE)
        paused = avatar.state
        press(glfw.KEY_SPACE)
        press(glfw.KEY_DOWN)
        volume = avatar.volume
        press(glfw.KEY_S)
        press(glfw.KEY_I)
        stats = avatar.stats()
        try:
            Offscreen(64)
            mixed = "allowed"
        except HostModeError as error:
            mixed = str(error)
        press(glfw.KEY_ESCAPE)
        closing = window.closing
    write_png(folder / "speaking.png", shown[-1])
    mouths = np.array(shown)[:, 190:260, 120:200].astype(int)
    print(
        json.dumps(
            {
                "spread": float(idle.std()),
                "state_waiting": state_waiting,
                "dots": float(np.abs(waiting[330:350, 140:180].astype(int) - idle[330:350, 140:180]).max()),
                "shape": idle.shape,
                "changed": float(np.abs(np.diff(mouths, axis=0)).max(axis=(1, 2, 3)).mean()),
                "pictures": pictures,
                "numbers": float(np.abs(with_numbers[:60, :200].astype(int) - plain[:60, :200]).mean()),
                "paused": paused,
                "volume": volume,
                "closing": closing,
                "mixed": mixed,
                "underruns": stats["underruns"],
                "stalls": stats["stalls"],
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
