"""Interrupt an avatar in mid-sentence, as someone who talks over it does, and let it answer.

`interrupt` silences it with a fade of 5 ms, forgets what was still to come, and says how much was heard. What
is still on its way to that turn, sound as well as motion, goes nowhere: it cannot disturb the new answer.

    python examples/barge_in.py [recording.json]
"""

from __future__ import annotations

import sys
import time

import hostmode

HEARD_BEFORE_INTERRUPT_S = 1.5


def wait_until_heard(turn: hostmode.Turn, seconds: float) -> None:
    deadline = time.monotonic() + seconds + 5
    while turn.heard < seconds and time.monotonic() < deadline:
        time.sleep(0.01)


def main() -> None:
    recording = hostmode.load_recording(sys.argv[1]) if sys.argv[1:] else hostmode.Recording.embedded()
    with hostmode.Controller(sample_rate=recording.sample_rate) as avatar:
        avatar.on_conversation_state = lambda state, reason: print(f"  {state} ({reason})")

        print("first turn")
        first = avatar.open_turn()
        cut = 2 * len(recording.audio) // 3
        first.audio(recording.audio[:cut])
        first.motion(recording.messages[:1])
        wait_until_heard(first, HEARD_BEFORE_INTERRUPT_S)

        heard_s = first.interrupt()
        print(f"interrupted after {heard_s:.2f} s")
        # The services did not know yet, and send the rest of the first turn.
        assert not first.audio(recording.audio[cut:])
        assert not first.motion(recording.messages[1:])
        stats = avatar.stats()
        print(f"late and discarded: {stats['late_audio']} sound, {stats['discarded_wrong_id']} motion")

        print("second turn")
        two_seconds = recording.audio[: 2 * recording.sample_rate]
        answer = hostmode.Recording.from_keyframes(
            two_seconds, recording.sample_rate, recording.keyframes[:50], req_id="another-request"
        )
        second = avatar.open_turn()
        second.audio(answer.audio)
        second.motion(answer.messages)
        second.end()
        avatar.wait_until_idle(timeout=20)


if __name__ == "__main__":
    main()
