"""Sound in a file of its own: raw PCM beside a recording, or the file that the caller names."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from hostmode.errors import RecordingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

#: Largest recording or PCM file that is read. The 1500 s a player buffers are 192 MB of base64 at 48 kHz.
MAX_RECORDING_BYTES: Final = 256 * 1024 * 1024

#: Where the sound of a recording without one is looked for: the recording's name with one of these endings.
PCM_SUFFIXES: Final = (".pcm", ".raw")

# Published pairs are named flame_<id>.json and audio_<id>.pcm.
_MOTION_PREFIX: Final = "flame_"
_SOUND_PREFIX: Final = "audio_"


class Sound(NamedTuple):
    """Mono samples and the rate that came with them, if any."""

    samples: npt.NDArray[np.int16]
    sample_rate: int | None


def read_bounded(path: Path) -> bytes:
    """Read a file of at most `MAX_RECORDING_BYTES`."""
    # The size refuses a large file unread; the bound on the read ends a device that states no size.
    if path.stat().st_size <= MAX_RECORDING_BYTES:
        with path.open("rb") as file:
            data = file.read(MAX_RECORDING_BYTES + 1)
        if len(data) <= MAX_RECORDING_BYTES:
            return data
    raise RecordingError(
        f"larger than {MAX_RECORDING_BYTES // 2**20} MiB, the most that is read; split the recording"
    )


def samples_of(pcm: bytes, name: str) -> npt.NDArray[np.int16]:
    """Read `pcm` as little-endian 16-bit samples; `name` is what an error calls it."""
    if len(pcm) % 2:
        raise RecordingError(f"{name} has {len(pcm)} bytes; 16-bit PCM has an even number, so the sound is cut short")
    return np.frombuffer(pcm, "<i2").astype(np.int16)


def read_sound(path: Path) -> Sound:
    """Read raw 16-bit mono PCM, or a WAV file of it, which states its rate.

    Raises
    ------
    OSError
        If the file cannot be read.
    RecordingError
        If it holds something else.
    """
    try:
        data = read_bounded(path)
        return _wav(data, path.name) if data[:4] == b"RIFF" else Sound(samples_of(data, path.name), None)
    except RecordingError as error:
        raise RecordingError(f"its sound {path.name}: {error}") from None


def sound_beside(recording: Path) -> Sound | None:
    """Return the raw PCM that lies beside a recording, or ``None``.

    It has the recording's name and another ending, or is the ``audio_<id>`` of a ``flame_<id>``.
    """
    return next((read_sound(path) for path in places_of_sound(recording) if path.is_file()), None)


def places_of_sound(recording: Path) -> Iterator[Path]:
    """Yield where the sound of a recording is looked for, whether it is there or not."""
    names = [recording.stem]
    if recording.stem.startswith(_MOTION_PREFIX):
        names.append(_SOUND_PREFIX + recording.stem.removeprefix(_MOTION_PREFIX))
    for name in names:
        for suffix in PCM_SUFFIXES:
            yield recording.with_name(name + suffix)


def _wav(data: bytes, name: str) -> Sound:
    try:
        with wave.open(io.BytesIO(data)) as file:
            if (file.getnchannels(), file.getsampwidth()) != (1, 2):
                raise RecordingError(
                    f"{file.getnchannels()} channels of {8 * file.getsampwidth()} bits; "
                    "wanted is mono with 16 bits: convert it first"
                )
            return Sound(samples_of(file.readframes(file.getnframes()), name), file.getframerate())
    except (wave.Error, EOFError) as error:
        raise RecordingError(f"a WAV file that cannot be read ({error or 'cut short'})") from None
