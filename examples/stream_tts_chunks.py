"""Play speech that arrives in chunks, as it does from a text-to-speech service, with its motion.

Audio may come faster or slower than real time, in pieces of any size; nothing has to be paced. The
conversation id that the first chunk returns ties the motion to the sound.

    python examples/stream_tts_chunks.py [recording.json]
"""

from __future__ import annotations

import sys
import threading
import time

import hostmode

CHUNK_S = 0.1
FASTER_THAN_REAL_TIME = 4.0


def chunks_from_service(recording: hostmode.Recording) -> list[bytes]:
    """Stand in for the service: cut the sound as it would arrive."""
    size = round(CHUNK_S * recording.sample_rate)
    audio = recording.audio
    return [audio[start : start + size].tobytes() for start in range(0, len(audio), size)]


def feed_motion(avatar: hostmode.Controller, recording: hostmode.Recording, conversation_id: str) -> None:
    """Hand over each message when it comes; it covers the seconds after the previous one."""
    for message, motion in zip(recording.messages, recording.motions, strict=True):
        complete = avatar.yield_frames_data([message], conversation_id)
        print(f"motion: {len(motion.keyframes)} keyframes{', complete' if complete else ''}")
        time.sleep(len(motion.keyframes) / recording.keyframe_rate / FASTER_THAN_REAL_TIME)


def main() -> None:
    recording = hostmode.load_recording(sys.argv[1]) if sys.argv[1:] else hostmode.Recording.embedded()
    with hostmode.Controller(sample_rate=recording.sample_rate) as avatar:
        avatar.on_conversation_state = lambda state, reason: print(f"{state} ({reason})")
        first, *rest = chunks_from_service(recording)
        conversation_id = avatar.yield_audio_data(first)
        assert conversation_id is not None  # audio always opens a conversation
        motion = threading.Thread(target=feed_motion, args=(avatar, recording, conversation_id))
        motion.start()
        for chunk in rest:
            avatar.yield_audio_data(chunk)
            time.sleep(CHUNK_S / FASTER_THAN_REAL_TIME)
        avatar.yield_audio_data(b"", end=True)
        motion.join()
        avatar.wait_until_idle(timeout=recording.duration + 10)
        print(f"underruns: {avatar.stats()['underruns']}")


if __name__ == "__main__":
    main()
