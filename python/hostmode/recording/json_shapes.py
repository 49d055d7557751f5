"""The three JSON shapes of a recording, recognised by their keys.

==========  =======================================================  =================================
shape       keys                                                     sound
==========  =======================================================  =================================
enveloped   ``audio_base64``, ``animation_messages_base64``          in the file, rate stated
older       ``audio``, ``animations`` (first protocol, or bare)      in the file, no rate
keyframes   ``keyframes`` (numbers by field name), ``reqId``         raw PCM beside it, no rate
==========  =======================================================  =================================
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import reprlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from hostmode._core import KEYFRAME_FLOATS, PCM_RATES
from hostmode.errors import RecordingError
from hostmode.recording.sound_file import Sound, samples_of, sound_beside

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

_AUDIO_FORMAT: Final = "pcm_s16le_mono"

# As motion messages are held to.
_LARGEST_MAGNITUDE: Final = 1e4

# The order and widths are those of KEYFRAME_DTYPE; only the spelling is the demos' own.
_JSON_FIELDS: Final = (
    ("translation", 3),
    ("rotation", 3),
    ("neckPose", 3),
    ("jawPose", 3),
    ("eyePose", 6),
    ("eyeLid", 2),
    ("expression", 100),
)


class RecordingParts(NamedTuple):
    """What a file holds, before its messages are decoded; exactly one of the last two is not ``None``."""

    sound: Sound
    connection_id: str
    req_id: str
    messages: list[bytes] | None
    keyframes: npt.NDArray[np.float32] | None


def parse_recording(
    data: bytes, path: Path, sound: Sound | None = None, sample_rate: int | None = None
) -> RecordingParts:
    """Recognise the shape of `data` and take it apart.

    Parameters
    ----------
    data : bytes
        The file's content.
    path : Path
        Where it came from; sound that is not in the file is looked for beside it.
    sound : Sound, optional
        Takes the place of the file's own, which may be missing then.
    sample_rate : int, optional
        Likewise.

    Raises
    ------
    RecordingError
        If the content is of none of the three shapes, or breaks the rules of its shape.
    """
    document = _parse_object(data)
    if "animation_messages_base64" in document:
        return _parse_enveloped(document, sound, sample_rate)
    if "animations" in document:
        return _parse_older(document, path, sound)
    if "keyframes" in document:
        return _parse_keyframes(document, path, sound)
    raise RecordingError(
        f"no motion among the keys {reprlib.repr(sorted(document))}; "
        "a recording has 'animation_messages_base64', 'animations' or 'keyframes'"
    )


def _parse_object(data: bytes) -> dict[str, Any]:
    if not data:
        raise RecordingError("the file is empty; a recording is a JSON object")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordingError(
            f"not UTF-8 text (byte 0x{data[error.start]:02x} at offset {error.start}); a recording is a JSON object"
        ) from None
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        cut = "; the file seems cut short" if _ends_early(error, text) else "; a recording is a JSON object"
        reason = error.msg.removesuffix(" at").removesuffix(" starting")
        raise RecordingError(f"not JSON ({reason}, line {error.lineno}, column {error.colno}){cut}") from None
    except (RecursionError, ValueError):
        # Python's parser gives up on nesting beyond its stack and on integers of more than 4300 digits.
        raise RecordingError("JSON nested too deep or with an endless number; a recording is a flat object") from None
    if not isinstance(document, dict):
        raise RecordingError(f"the JSON is {_kind(document)}; a recording is an object")
    return document


def _ends_early(error: json.JSONDecodeError, text: str) -> bool:
    # An unterminated string is reported where it starts, everything else that is missing where the text ends.
    return error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")


def _parse_enveloped(document: dict[str, Any], sound: Sound | None, sample_rate: int | None) -> RecordingParts:
    audio_format = document.get("audio_format", _AUDIO_FORMAT)
    if audio_format != _AUDIO_FORMAT:
        raise RecordingError(f"audio_format is {reprlib.repr(audio_format)}; only '{_AUDIO_FORMAT}' can be read")
    samples = sound.samples if sound is not None else samples_of(_base64(document, "audio_base64"), "audio_base64")
    rate = sample_rate or (sound.sample_rate if sound is not None else None)
    return RecordingParts(
        sound=Sound(samples, rate or _sample_rate(document, "sample_rate")),
        connection_id=_string(document, "connection_id"),
        req_id=_string(document, "req_id"),
        messages=_base64_list(document, "animation_messages_base64"),
        keyframes=None,
    )


def _parse_older(document: dict[str, Any], path: Path, sound: Sound | None) -> RecordingParts:
    if sound is None and "audio" not in document:
        sound = sound_beside(path)
    return RecordingParts(
        sound=sound or Sound(samples_of(_base64(document, "audio"), "audio"), None),
        connection_id="",
        req_id="",
        messages=_base64_list(document, "animations"),
        keyframes=None,
    )


def _parse_keyframes(document: dict[str, Any], path: Path, sound: Sound | None) -> RecordingParts:
    keyframes = _keyframe_array(document["keyframes"])
    count = document.get("keyframesCount", len(keyframes))
    if count != len(keyframes) or isinstance(count, bool):
        raise RecordingError(
            f"keyframesCount is {reprlib.repr(count)} but there are {len(keyframes)} keyframes; the two must agree"
        )
    return RecordingParts(
        # Without its sound the motion can still be inspected and plotted, so a missing file is not an error.
        sound=sound or sound_beside(path) or Sound(np.empty(0, np.int16), None),
        connection_id="",
        req_id=_string(document, "reqId"),
        messages=None,
        keyframes=keyframes,
    )


def _keyframe_array(entries: Any) -> npt.NDArray[np.float32]:
    if not isinstance(entries, list):
        raise RecordingError(f"keyframes is {_kind(entries)}; it must be an array of objects")
    values: list[float] = []
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise RecordingError(f"keyframe {index} is {_kind(entry)}; it must be an object of seven fields")
        for name, width in _JSON_FIELDS:
            values += _field_values(entry, name, width, index)
    keyframes = np.array(values, np.float64)
    with np.errstate(over="ignore"):
        singles = keyframes.astype(np.float32).reshape(len(entries), KEYFRAME_FLOATS)
    finite = np.isfinite(singles).all(axis=1)
    if not finite.all():
        raise RecordingError(
            f"keyframe {int(np.argmin(finite))} has a value that is NaN, infinite or "
            "beyond single precision; every value must be finite"
        )
    bounded = (np.abs(singles) <= _LARGEST_MAGNITUDE).all(axis=1)
    if not bounded.all():
        raise RecordingError(
            f"keyframe {int(np.argmin(bounded))} has a value beyond {_LARGEST_MAGNITUDE:.0f}; no face has such a one"
        )
    return singles


def _field_values(entry: dict[str, Any], name: str, width: int, index: int) -> list[float]:
    values = entry.get(name)
    if not isinstance(values, list) or len(values) != width:
        found = f"{len(values)} values" if isinstance(values, list) else _kind(values)
        raise RecordingError(f"{name} of keyframe {index} is {found}; it must be an array of {width} numbers")
    for value in values:
        if type(value) not in (int, float):
            raise RecordingError(f"{name} of keyframe {index} holds {_kind(value)}; it must hold numbers")
    try:
        return [float(value) for value in values]
    except OverflowError:
        return [math.inf] * width


def _sample_rate(document: dict[str, Any], key: str) -> int:
    rate = document.get(key)
    if rate is None:
        raise RecordingError(f"{key} is missing; it must be one of {_listed(PCM_RATES)}")
    if type(rate) is not int or rate not in PCM_RATES:
        raise RecordingError(f"{key} is {reprlib.repr(rate)}; it must be one of {_listed(PCM_RATES)}")
    return rate


def _string(document: dict[str, Any], key: str) -> str:
    value = document.get(key, "")
    if not isinstance(value, str):
        raise RecordingError(f"{key} is {_kind(value)}; it must be a string")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise RecordingError(f"{key} holds half of a surrogate pair (\\ud800 to \\udfff); it must be Unicode text")
    return value


def _base64(document: dict[str, Any], key: str) -> bytes:
    if key not in document:
        raise RecordingError(f"{key} is missing; a recording carries its sound there")
    return _decode_base64(document[key], key)


def _base64_list(document: dict[str, Any], key: str) -> list[bytes]:
    values = document[key]
    if not isinstance(values, list):
        raise RecordingError(f"{key} is {_kind(values)}; it must be an array of base64 strings")
    return [_decode_base64(value, f"{key}[{index}]") for index, value in enumerate(values)]


def _decode_base64(value: Any, name: str) -> bytes:
    if not isinstance(value, str):
        raise RecordingError(f"{name} is {_kind(value)}; it must be a base64 string")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        foreign = re.search(r"[^A-Za-z0-9+/=]", value)
        if foreign is None:
            raise RecordingError(f"{name} is not base64 ({error})") from None
        raise RecordingError(
            f"{name} is not base64 ({foreign[0]!a} at character {foreign.start()}); "
            "it must be standard base64 without line breaks"
        ) from None


def _kind(value: Any) -> str:
    """Name a JSON value's type as JSON calls it."""
    if value is None:
        return "missing or null"
    if isinstance(value, bool):
        return "a boolean"
    kinds = {dict: "an object", list: "an array", str: "a string", int: "a number", float: "a number"}
    return kinds[type(value)]


def _listed(values: tuple[int, ...]) -> str:
    return ", ".join(map(str, values))
