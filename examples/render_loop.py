"""Draw at 60 frames a second: a pose for the instant at which each frame will be seen, without allocating.

Replace `draw` with your renderer. Where it knows when a frame reaches the screen, pass that instant to
`sample`: the face then matches the sound that is heard at that very moment.

    python examples/render_loop.py [recording.json]
"""

from __future__ import annotations

import sys
import time

import numpy as np

import hostmode
from hostmode.pose import as_poses

FRAME_S = 1 / 60
FRAMES_UNTIL_SEEN = 1  # double buffering: what is drawn now is shown at the next refresh


def draw(pose: hostmode.Pose, frame: int) -> None:
    """Show the jaw as a bar, ten times a second."""
    if frame % 6 == 0:
        opening = max(0.0, float(pose["jaw_pose"][0]))
        print(f"{frame * FRAME_S:6.2f} s  jaw {opening:.3f} rad  {'#' * round(200 * opening)}")


def main() -> None:
    recording = hostmode.load_recording(sys.argv[1]) if sys.argv[1:] else hostmode.Recording.embedded()
    keyframe = np.empty(hostmode.KEYFRAME_FLOATS, np.float32)
    pose = as_poses(keyframe)[()]  # the same memory, with names
    with hostmode.Controller(sample_rate=recording.sample_rate) as avatar:
        conversation_id = avatar.yield_audio_data(recording.audio, end=True)
        avatar.yield_frames_data(recording.messages, conversation_id)
        start, frame = hostmode.now(), 0
        while avatar.get_current_conversation_id() is not None:
            seen_at = start + (frame + FRAMES_UNTIL_SEEN) * FRAME_S
            avatar.sample(seen_at, keyframe)
            draw(pose, frame)
            frame += 1
            time.sleep(max(0.0, start + frame * FRAME_S - hostmode.now()))
    print(f"{frame} frames")


if __name__ == "__main__":
    main()
