"""Make the utterance that comes with hostmode: ``python tools/make_utterance``.

Needs espeak-ng and sox on the path, and an installed hostmode, whose `LocalMotion` makes the motion. The same
versions of them give the same file, byte for byte. espeak-ng's synthesis is rule-based: no recorded voice is in the
result.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from speech import SAMPLE_RATE, speak

from hostmode.motion import motion_for
from hostmode.recording import Recording

# As the service writes ids: a UTC time and twelve characters of the nanoid alphabet.
CONNECTION_ID = "20250101000000_hostmode-con"
REQ_ID = "20250101000000_hostmode-req"

TEXT = (
    "Hello! I am the voice of the host mode demo.",
    "A server sends sound, and the motion of a face.",
    "Host mode plays the sound, and moves my lips exactly with it.",
    "You may interrupt me at any moment.",
)

STORED = Path(__file__).parents[2] / "python" / "hostmode" / "data" / "utterance.npz"


def store(recording: Recording, path: Path) -> None:
    """Write `recording` so that it deflates well: sound as differences, messages end to end."""
    np.savez_compressed(
        path,
        audio_steps=np.diff(recording.audio, prepend=np.int16(0)),
        sample_rate=np.int32(recording.sample_rate),
        messages=np.frombuffer(b"".join(recording.messages), np.uint8),
        message_sizes=np.array([len(message) for message in recording.messages], np.int32),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the utterance that comes with hostmode.")
    parser.add_argument("output", nargs="?", type=Path, default=STORED, help="default: %(default)s")
    output = parser.parse_args().output

    audio = speak(TEXT)
    recording = Recording.from_keyframes(
        audio,
        SAMPLE_RATE,
        motion_for(audio, SAMPLE_RATE),
        connection_id=CONNECTION_ID,
        req_id=REQ_ID,
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    store(recording, output)
    print(f"{output}: {recording!r}, {output.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
