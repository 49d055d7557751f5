"""A player whose sound nobody asks for says so, once."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import warnings
import numpy as np
import hostmode

def player():
    made = hostmode.Player(16000)
    cid = made.push_audio(bytes(32000), end=True, now=5.0)
    made.push_motion(hostmode.encode_message(np.zeros((25, 120)), end=True), cid, now=5.0)
    return made

def warned(one, seconds=10.0):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for step in range(int(seconds * 10)):
            one.sample(5.0 + step / 10)
    return [str(warning.category.__name__) for warning in caught]

rendered = player()
rendered.render_audio(np.empty(160, np.float32), 5.0)
silent = player()
silent.start_silent_clock(now=5.0)
paused = player()
paused.pause(now=5.0)
print(warned(rendered), warned(silent), warned(paused), warned(hostmode.Player(16000)), warned(player(), 1.9))
print(warned(player()), warned(player()))
"""


def run(program: str) -> list[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_player_that_nobody_renders_warns_once_in_a_process_and_others_never():
    assert run(PROGRAM) == ["[] [] [] [] []", "['UnheardWarning'] []"]


def test_warning_says_what_to_call_and_may_be_an_error():
    program = (
        PROGRAM.split("rendered = ")[0]
        + """
warnings.simplefilter("error")
one = player()
try:
    one.sample(20.0)
except hostmode.UnheardWarning as warning:
    print(warning)
print(one.sample(20.0).to_dict().keys() == one.sample(21.0).to_dict().keys())
"""
    )
    said, goes_on = run(program)

    assert "start_silent_clock" in said
    assert "render_audio" in said
    assert goes_on == "True"
