"""A window of 512 x 512 pixels while the avatar speaks: pictures a second, and gaps in the sound. Prints JSON.

Run it on a display, a virtual one included: ``xvfb-run -a python benchmarks/python/face_window.py``.
"""

from __future__ import annotations

import json

import hostmode
from hostmode import Controller, Recording
from hostmode.view import Window

SECONDS = 10.0


def main() -> None:
    recording = Recording.embedded()
    with Controller(recording.sample_rate, output="silent") as avatar, Window(avatar, size=(512, 512)) as window:
        conversation_id = avatar.yield_audio_data(recording.audio.data, end=True)
        avatar.yield_frames_data(list(recording.messages), conversation_id)
        for _ in range(10):
            window.draw()
        before, begun = window.pictures, hostmode.now()
        while hostmode.now() < begun + SECONDS:
            window.draw()
        rate = (window.pictures - before) / (hostmode.now() - begun)
        assert window.picture().std() > 20
        print(json.dumps({"pictures_a_second": rate, "underruns": avatar.stats()["underruns"]}))


if __name__ == "__main__":
    main()
