"""Interrupt an avatar in mid-sentence, as someone who talks over it does, and let it answer.

`interrupt` silences it with a fade of 5 ms and forgets what was still to come. Motion of the interrupted turn
that arrives late carries an id that is no longer current, and is discarded: it cannot move the new answer.

    python examples/barge_in.py [recording.json]
"""

from __future__ import annotations

import sys
import time

import hostmode

HEARD_BEFORE_INTERRUPT_S = 1.5


def wait_until_heard(avatar: hostmode.Controller, seconds: float) -> None:
    deadline = time.monotonic() + seconds + 5
    while avatar.get_audio_time() < seconds and time.monotonic() < deadline:
        time.sleep(0.01)


def main() -> None:
    recording = hostmode.load_recording(sys.argv[1]) if sys.argv[1:] else hostmode.Recording.embedded()
    with hostmode.Controller(sample_rate=recording.sample_rate) as avatar:
        avatar.on_conversation_state = lambda state, reason: print(f"  {state} ({reason})")

        print("first turn")
        first_id = avatar.yield_audio_data(recording.audio, end=True)
        avatar.yield_frames_data(recording.messages[:1], first_id)
        wait_until_heard(avatar, HEARD_BEFORE_INTERRUPT_S)

        print(f"interrupted after {avatar.get_audio_time():.2f} s")
        avatar.interrupt()
        assert avatar.get_current_conversation_id() is None
        # The server did not know yet, and sends the rest of the first turn.
        assert avatar.yield_frames_data(recording.messages[1:], first_id) is False
        print(f"late messages discarded: {avatar.stats()['discarded_wrong_id']}")

        print("second turn")
        two_seconds = recording.audio[: 2 * recording.sample_rate]
        answer = hostmode.Recording.from_keyframes(
            two_seconds, recording.sample_rate, recording.keyframes[:50], req_id="another-request"
        )
        second_id = avatar.yield_audio_data(answer.audio, end=True)
        assert second_id != first_id
        avatar.yield_frames_data(answer.messages, second_id)
        avatar.wait_until_idle(timeout=20)


if __name__ == "__main__":
    main()
