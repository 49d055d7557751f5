"""An application that drops the package and imports it again, as Blender reloads an add-on."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import importlib, sys, threading, time
import numpy as np

def fresh():
    for name in [name for name in sys.modules if name == "hostmode" or name.startswith("hostmode.")]:
        del sys.modules[name]
    return importlib.import_module("hostmode")

import hostmode as old
playing = old.Controller(16000, output="silent")
playing.yield_audio_data(old.Recording.embedded().audio, end=True)
playing.sample()
new = fresh()
pose = new.Player(16000).sample(0.0)
assert new is not old
assert isinstance(pose, new.Pose) and not isinstance(pose, old.Pose)
assert isinstance(playing.sample(), new.Pose)
assert new.pose.as_keyframes(pose).shape == (120,)
assert isinstance(np.stack([pose, new.pose.as_poses(np.zeros((1, 120), np.float32))[0]])[0], new.Pose)
try:
    new.decode_message(b"\\x08")
except new.DecodeError:
    pass
for _ in range(5):
    again = fresh()
    with again.Controller(16000, output="silent") as avatar:
        told = []
        avatar.on_event = told.append
        avatar.yield_audio_data(bytes(3200), end=True)
        assert avatar.wait_until_idle(20)
        assert told
playing_on = playing.get_audio_time()
assert playing_on > 0.0
end = time.monotonic() + 10
while len(threading.enumerate()) > 3 and time.monotonic() < end:
    time.sleep(0.01)
print(sorted(thread.name for thread in threading.enumerate()))
playing.close()
while len(threading.enumerate()) > 1 and time.monotonic() < end:
    time.sleep(0.01)
print(sorted(thread.name for thread in threading.enumerate()))
importlib.reload(sys.modules["hostmode"])
"""


def test_package_that_is_imported_again_works_and_the_old_one_leaves_no_threads():
    result = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)

    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        "['MainThread', 'hostmode-callbacks', 'hostmode-clock']",
        "['MainThread']",
    ]
