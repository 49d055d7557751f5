"""Files of speech, in whatever format they are, as what a conversation is made of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode._core import PCM_RATES
from hostmode.errors import MissingExtraError, RecordingError
from hostmode.motion.local import motion_for
from hostmode.recording import Recording
from hostmode.recording.sound_file import read_sound

if TYPE_CHECKING:
    import os

    import numpy.typing as npt

#: The longest sound that is read, seconds: a small file can hold days of silence.
LONGEST_S: Final = 2 * 3600

# How the files begin: WAV, FLAC, Ogg, MP3 with and without tags, AIFF, and Matroska and WebM.
_BEGINNINGS: Final = (b"RIFF", b"RF64", b"fLaC", b"OggS", b"ID3", b"FORM", b"\x1a\x45\xdf\xa3")
_MPEG_SYNC: Final = range(0xE0, 0x100)
_MP4_BRAND: Final = slice(4, 8)
_REQ_ID: Final = "local"


def is_sound_file(path: str | os.PathLike[str]) -> bool:
    """Return whether a file begins as sound does that `load_speech` reads; a recording begins with JSON.

    Raises
    ------
    OSError
        It cannot be read.
    """
    with Path(path).open("rb") as file:
        head = file.read(12)
    mpeg = len(head) > 1 and head[0] == 0xFF and head[1] in _MPEG_SYNC
    return mpeg or head.startswith(_BEGINNINGS) or head[_MP4_BRAND] == b"ftyp"


def load_speech(path: str | os.PathLike[str]) -> tuple[npt.NDArray[np.int16], int]:
    """Read WAV, FLAC, MP3, Ogg or what else PyAV knows, of any rate and number of channels.

    Returns
    -------
    samples : ndarray of int16, shape (n,)
        Mono.
    sample_rate : int
        Hertz: the file's where it is one of `hostmode.PCM_RATES`, else the next higher one, at most 48000.

    Raises
    ------
    OSError
        The file cannot be read.
    RecordingError
        It holds no sound, damaged sound, or more than `LONGEST_S`; one line that names it.
    MissingExtraError
        PyAV is not installed, and the file is no 16-bit mono WAV of one of those rates.
    """
    with Path(path).open("rb"):
        pass  # what keeps it from being read is said as for any other file
    try:
        import av
    except ImportError as error:
        return _plain_wav(Path(path), error)
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            samples, rate = _decoded(container, av)
    except av.FFmpegError as error:
        raise RecordingError(f"{path}: no sound that can be read ({error.strerror}); is it damaged?") from None
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from None
    if not samples.size:
        raise RecordingError(f"{path}: it holds no sound; is it damaged?")
    return samples, rate


def speech_recording(path: str | os.PathLike[str], seed: int = 0) -> Recording:
    """Read a file of speech and make its motion: a recording as a service would have sent it.

    Parameters
    ----------
    path : path
        See `load_speech`, whose errors it raises.
    seed : int
        See `LocalMotion`.
    """
    audio, rate = load_speech(path)
    return Recording.from_keyframes(audio, rate, motion_for(audio, rate, seed), req_id=_REQ_ID)


def _decoded(container: Any, av: Any) -> tuple[npt.NDArray[np.int16], int]:
    if not container.streams.audio:
        raise RecordingError("it holds no sound")
    stream = container.streams.audio[0]
    given = int(stream.rate or 0)
    rate = min((r for r in PCM_RATES if r >= given), default=max(PCM_RATES))
    to_mono = av.AudioResampler(format="s16", layout="mono", rate=rate)
    parts, length = [np.empty(0, np.int16)], 0
    for frame in _frames_and_end(container, stream):
        for made in to_mono.resample(frame):
            parts.append(made.to_ndarray().reshape(-1))
            length += len(parts[-1])
        if length > LONGEST_S * rate:
            raise RecordingError(f"longer than {LONGEST_S / 3600:g} hours, the most that is read; split it")
    return np.concatenate(parts), rate


def _frames_and_end(container: Any, stream: Any) -> Any:
    yield from container.decode(stream)
    yield None  # what the resampler holds back


def _plain_wav(path: Path, error: ImportError) -> tuple[npt.NDArray[np.int16], int]:
    try:
        samples, rate = read_sound(path)
    except RecordingError:
        rate = None
    if rate not in PCM_RATES:
        raise MissingExtraError(
            f'{path}: needs PyAV to be read: pip install "hostmode[motion]"; 16-bit mono WAV does not'
        ) from error
    return samples, rate
