"""A window under a virtual display: says as JSON what was seen in it. Usage: ``window_program.py FOLDER``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest

import hostmode
from hostmode import Controller, PlayerConfig, Recording
from hostmode.errors import HostModeError
from hostmode.view import Offscreen, Window
from hostmode.view.png import write_png

if TYPE_CHECKING:
    import numpy.typing as npt


TITLE = "the window under test"
#: Middles of the three dots, which are four pixels each, in a picture of 320 x 360; and a place between two of them.
DOTS, BETWEEN = ((336, 136), (336, 160), (336, 184)), (336, 148)


def dots_of(picture: npt.NDArray[np.uint8]) -> str:
    """Return which of the dots stand out from their ground, as 1 and 0 from the left."""
    ground = picture[BETWEEN].astype(int)
    return "".join("1" if (picture[dot] - ground).mean() > 100 else "0" for dot in DOTS)


def strike(key: str) -> None:
    """Press a key of the display's keyboard and let it go, with the keyboard given to the window."""
    display = Display()
    shown = display.screen().root.query_tree().children
    next(one for one in shown if one.get_wm_name() == TITLE).set_input_focus(X.RevertToParent, X.CurrentTime)
    code = display.keysym_to_keycode(XK.string_to_keysym(key))
    for event in (X.KeyPress, X.KeyRelease):
        xtest.fake_input(display, event, code)
    display.sync()
    display.close()


def main(folder: Path) -> None:
    """Run the program."""
    import glfw

    recording = Recording.embedded()
    # Until motion comes it waits, however long a picture takes here.
    patient = PlayerConfig(motion_wait=30.0)
    with (
        Controller(recording.sample_rate, output="silent", config=patient) as avatar,
        Window(avatar, size=(320, 360), title=TITLE) as window,
    ):
        idle = window.picture()
        avatar.yield_audio_data(recording.audio[:160].data)  # too little to begin with
        state_waiting, dots = avatar.state, set()
        begun = hostmode.now()
        while hostmode.now() < begun + 1.5:
            dots.add(dots_of(window.picture()))
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
        try:
            Offscreen(64)
            mixed = "allowed"
        except HostModeError as error:
            mixed = str(error)
        conversation_id = avatar.yield_audio_data(recording.audio.data, end=True)
        avatar.yield_frames_data(list(recording.messages), conversation_id)
        open_before = not window.closing
        begun = hostmode.now()
        window.run(until=lambda: hostmode.now() > begun + 1.0)
        open_until = not window.closing
        strike("Escape")
        window.run(until=lambda: hostmode.now() > begun + 10.0)
        closing = open_before and open_until and window.closing
        speaking = avatar.state
        stats = avatar.stats()
    write_png(folder / "speaking.png", shown[-1])
    mouths = np.array(shown)[:, 190:260, 120:200].astype(int)
    print(
        json.dumps(
            {
                "spread": float(idle.std()),
                "state_waiting": state_waiting,
                "dots_idle": dots_of(idle),
                "dots": sorted(dots),
                "shape": idle.shape,
                "changed": float(np.abs(np.diff(mouths, axis=0)).max(axis=(1, 2, 3)).mean()),
                "pictures": pictures,
                "numbers": float(np.abs(with_numbers[:60, :200].astype(int) - plain[:60, :200]).mean()),
                "paused": paused,
                "volume": volume,
                "closed_by_escape": closing,
                "state_closed": speaking,
                "mixed": mixed,
                "underruns": stats["underruns"],
                "stalls": stats["stalls"],
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
