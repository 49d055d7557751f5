"""Recordings: the sound and the motion messages of one utterance in a file."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode._core import (
    KEYFRAME_FLOATS,
    KEYFRAME_RATE,
    PCM_RATES,
    Motion,
    decode_message,
    encode_message,
)
from hostmode.errors import DecodeError, RecordingError
from hostmode.recording.json_shapes import parse_recording
from hostmode.recording.rates import DEFAULT_SAMPLE_RATE, RateSource, check_rate, guess_rate
from hostmode.recording.sound_file import read_bounded, read_sound
from hostmode.whole_file import whole_files

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import numpy.typing as npt

__all__ = ["Recording", "load_recording"]

# How the service cuts an utterance: a short first message for a quick start, longer ones after it.
_FIRST_MESSAGE_KEYFRAMES: Final = 50
_NEXT_MESSAGE_KEYFRAMES: Final = 100


@dataclass(frozen=True, eq=False, repr=False)
class Recording:
    """One utterance: its sound, and the motion messages as they came over the wire.

    The messages are kept byte for byte, so that playing a recording exercises what a live stream does; what
    they hold is decoded once, here.

    Parameters
    ----------
    audio : ndarray of int16, shape (n,)
        Mono samples. May be empty: motion whose sound is not at hand can still be inspected and plotted.
    sample_rate : int
        In hertz, one of `hostmode.PCM_RATES`.
    messages : sequence of bytes
        Encoded motion messages, with or without their envelope.
    connection_id, req_id : str
        What the recording says about itself; taken from the messages where empty.
    sample_rate_source : str
        How the rate is known: ``"stated"`` by a file or the caller, ``"deduced"`` as the one at which the sound
        is as long as the motion, or ``"assumed"``.

    Attributes
    ----------
    motions : tuple of Motion
        The decoded messages, one each.
    keyframes : ndarray of float32, shape (k, 120)
        The keyframes of all messages in order, read-only. Keyframe *i* belongs to audio time *i* / 25 s.

    Raises
    ------
    RecordingError
        If the audio is not one-dimensional int16, the rate not allowed or a message malformed.
    """

    audio: npt.NDArray[np.int16]
    sample_rate: int
    messages: Sequence[bytes]
    connection_id: str = ""
    req_id: str = ""
    sample_rate_source: RateSource = "stated"
    motions: tuple[Motion, ...] = field(init=False)
    keyframes: npt.NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        if self.sample_rate not in PCM_RATES:
            raise RecordingError(f"sample_rate is {self.sample_rate}; it must be one of {PCM_RATES}")
        audio = np.asarray(self.audio)
        if audio.dtype != np.int16 or audio.ndim != 1:
            raise RecordingError(f"audio is {audio.dtype} of shape {audio.shape}; it must be int16 of shape (n,)")
        messages = [bytes(message) for message in self.messages]
        motions = tuple(_decode(message, index, len(messages)) for index, message in enumerate(messages))
        stacked = [np.empty((0, KEYFRAME_FLOATS), np.float32), *(motion.keyframes for motion in motions)]
        self._set("audio", _read_only(audio))
        self._set("messages", messages)
        self._set("motions", motions)
        self._set("keyframes", _read_only(np.concatenate(stacked)))
        if not self.connection_id:
            self._set("connection_id", next((m.connection_id for m in motions if m.connection_id), ""))
        if not self.req_id:
            self._set("req_id", next((m.req_id for m in motions if m.req_id), ""))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Recording):
            return NotImplemented
        return self._parts()[1:] == other._parts()[1:] and np.array_equal(self.audio, other.audio)

    def __hash__(self) -> int:
        return hash((len(self.audio), self.sample_rate, tuple(self.messages), self.connection_id, self.req_id))

    def __reduce__(self) -> tuple[type[Recording], tuple[object, ...]]:
        # What the messages hold is decoded anew, which is faster than to carry it.
        return Recording, self._parts()

    def _parts(self) -> tuple[object, ...]:
        return tuple(getattr(self, one.name) for one in fields(self) if one.init)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @classmethod
    def from_keyframes(
        cls,
        audio: npt.NDArray[np.int16],
        sample_rate: int,
        keyframes: npt.NDArray[np.float32],
        *,
        connection_id: str = "",
        req_id: str = "",
    ) -> Recording:
        """Encode `keyframes`, shape (k, 120), as the service does: 50, then 100 a message, `end` on the last.

        Raises
        ------
        RecordingError
            As the constructor does.
        """
        cuts = range(_FIRST_MESSAGE_KEYFRAMES, len(keyframes), _NEXT_MESSAGE_KEYFRAMES)
        parts = np.split(np.ascontiguousarray(keyframes, np.float32), list(cuts))
        messages = [
            encode_message(part, connection_id=connection_id, req_id=req_id, end=index == len(parts) - 1)
            for index, part in enumerate(parts)
        ]
        return cls(audio, sample_rate, messages, connection_id, req_id)

    @classmethod
    def embedded(cls) -> Recording:
        """Return the utterance that comes with hostmode: about 14 s of synthetic English, 16 kHz.

        Sound and motion were made by ``tools/make_utterance``, the motion by `hostmode.motion.LocalMotion`: nobody's
        voice or face is in them.
        """
        from importlib.resources import as_file, files

        with as_file(files("hostmode") / "data" / "utterance.npz") as path, np.load(path) as stored:
            sizes = np.cumsum(stored["message_sizes"])
            messages = [part.tobytes() for part in np.split(stored["messages"], sizes[:-1])]
            audio = np.cumsum(stored["audio_steps"], dtype=np.int16)
            return cls(audio, int(stored["sample_rate"]), messages)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the recording to `path` in the shape that carries everything in one file.

        The messages are written as they are. Loading the file gives an equal recording.

        Raises
        ------
        OSError
            If the file cannot be written; what was there before stays.
        """
        document = {
            "sample_rate": self.sample_rate,
            "audio_format": "pcm_s16le_mono",
            "audio_base64": base64.b64encode(self.audio.astype("<i2").tobytes()).decode("ascii"),
            "connection_id": self.connection_id,
            "req_id": self.req_id,
            "animation_messages_base64": [base64.b64encode(m).decode("ascii") for m in self.messages],
        }
        with whole_files(path) as (written,):
            written.write_text(json.dumps(document), encoding="utf-8")

    @property
    def req_ids(self) -> tuple[str, ...]:
        """The distinct request ids of the messages, in order of appearance."""
        return tuple(dict.fromkeys(motion.req_id for motion in self.motions if motion.req_id))

    @property
    def keyframe_rate(self) -> float:
        """Keyframes a second of sound."""
        return KEYFRAME_RATE

    @property
    def seams(self) -> tuple[int, ...]:
        """Index of each keyframe that is the first of its message, except the very first."""
        starts = np.cumsum([len(motion.keyframes) for motion in self.motions], dtype=int)
        return tuple(sorted({int(start) for start in starts} - {0, len(self.keyframes)}))

    @property
    def audio_duration(self) -> float:
        """Length of the sound in seconds."""
        return len(self.audio) / self.sample_rate

    @property
    def motion_duration(self) -> float:
        """Length of the motion in seconds."""
        return len(self.keyframes) / KEYFRAME_RATE

    @property
    def duration(self) -> float:
        """Length in seconds, that of the sound or of the motion, whichever is longer."""
        return max(self.audio_duration, self.motion_duration)

    def __repr__(self) -> str:
        return (
            f"Recording({self.audio_duration:.2f} s at {self.sample_rate} Hz, {len(self.messages)} messages, "
            f"{len(self.keyframes)} keyframes, req_id={self.req_id!r})"
        )


def load_recording(
    path: str | os.PathLike[str],
    *,
    sample_rate: int | None = None,
    audio: str | os.PathLike[str] | None = None,
) -> Recording:
    """Read a recording, whichever of the published shapes it has.

    The shape is recognised by the file's content, never by its name:

    * an object with ``audio_base64`` and ``animation_messages_base64``: sound, rate, ids, enveloped
      messages;
    * an older one with ``audio`` and ``animations``: sound, and messages of the first protocol or without an
      envelope;
    * one with ``keyframes``: numbers by field name, encoded here as the service would. Its sound is the raw
      PCM file beside it: the same name ending in ``.pcm`` or ``.raw``, or ``audio_<id>.pcm`` beside
      ``flame_<id>.json``; without one `audio` is empty.

    The last two state no rate. It is the one of the seven at which the sound is as long as the motion, within
    2 %; where none is, 16 kHz is assumed. `Recording.sample_rate_source` says which.

    Parameters
    ----------
    path : path-like
        A file of at most 256 MiB.
    sample_rate : int, optional
        The rate of the sound in hertz, one of `hostmode.PCM_RATES`, whatever the file says.
    audio : path-like, optional
        A file of raw 16-bit mono PCM, or a WAV file of it, that takes the place of the recording's sound.

    Returns
    -------
    Recording
        With the messages as they are in the file; `keyframes` are encoded.

    Raises
    ------
    OSError
        If a file cannot be read.
    RecordingError
        If it is not a recording; the message is one line that names the file, what was found and what is
        allowed.
    ValueError
        If `sample_rate` is none of the seven.
    """
    path = Path(path)
    if sample_rate is not None:
        check_rate(sample_rate)
    try:
        sound = None if audio is None else read_sound(Path(audio))
        parts = parse_recording(read_bounded(path), path, sound, sample_rate)
        samples, rate = parts.sound.samples, sample_rate or parts.sound.sample_rate
        played_at = rate or DEFAULT_SAMPLE_RATE
        if parts.keyframes is not None:
            recording = Recording.from_keyframes(samples, played_at, parts.keyframes, req_id=parts.req_id)
        else:
            recording = Recording(samples, played_at, parts.messages or [], parts.connection_id, parts.req_id)
        return recording if rate is not None else _with_guessed_rate(recording)
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from None


def _with_guessed_rate(recording: Recording) -> Recording:
    rate, source = guess_rate(len(recording.audio), len(recording.keyframes))
    return replace(recording, sample_rate=rate, sample_rate_source=source)


def _decode(message: bytes, index: int, count: int) -> Motion:
    try:
        return decode_message(message)
    except DecodeError as error:
        raise RecordingError(
            f"motion message {index + 1} of {count} is malformed at byte {error.offset}: {error.reason}"
        ) from None


def _read_only(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    view = array.view()
    view.flags.writeable = False
    return view
