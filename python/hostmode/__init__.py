"""Client runtime for AvatarKit Host Mode: decode motion, play speech, sample poses in lip-sync."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

# Imported eagerly: PyCapsule_Import finds the C API only in a module that is already loaded.
from hostmode._core import (
    ARKIT_NAMES,
    DEVICE_RATES,
    KEYFRAME_FLOATS,
    KEYFRAME_RATE,
    PCM_RATES,
    Event,
    Motion,
    Player,
    PlayerConfig,
    Stats,
    __version__,
    decode_message,
    encode_message,
    now,
    sample_many,
)
from hostmode.errors import (
    AudioFormatError,
    AudioOutputError,
    BufferFullError,
    ClosedError,
    DecodeError,
    HeadError,
    HostModeError,
    MissingExtraError,
    RecordingError,
    UnheardWarning,
)
from hostmode.pose import KEYFRAME_DTYPE, Pose

if TYPE_CHECKING:
    from hostmode.batching.batch import batch
    from hostmode.controller import Controller
    from hostmode.events import FrameRateInfo, PlaybackError
    from hostmode.exporting.exported import export
    from hostmode.recording import Recording, load_recording
    from hostmode.rig import arkit_weights
    from hostmode.sending import send
    from hostmode.turn import Turn

__all__ = [
    "ARKIT_NAMES",
    "DEVICE_RATES",
    "KEYFRAME_DTYPE",
    "KEYFRAME_FLOATS",
    "KEYFRAME_RATE",
    "PCM_RATES",
    "AudioFormatError",
    "AudioOutputError",
    "BufferFullError",
    "ClosedError",
    "Controller",
    "DecodeError",
    "Event",
    "FrameRateInfo",
    "HeadError",
    "HostModeError",
    "MissingExtraError",
    "Motion",
    "PlaybackError",
    "Player",
    "PlayerConfig",
    "Pose",
    "Recording",
    "RecordingError",
    "Stats",
    "Turn",
    "UnheardWarning",
    "__version__",
    "arkit_weights",
    "batch",
    "decode_message",
    "encode_message",
    "export",
    "get_include",
    "load_recording",
    "now",
    "sample_many",
    "send",
]

# What costs time to import, and the module that holds it.
_LAZY = {
    "Controller": "hostmode.controller",
    "Turn": "hostmode.turn",
    "FrameRateInfo": "hostmode.events",
    "PlaybackError": "hostmode.events",
    "Recording": "hostmode.recording",
    "arkit_weights": "hostmode.rig",
    "batch": "hostmode.batching",
    "export": "hostmode.exporting",
    "load_recording": "hostmode.recording",
    "send": "hostmode.sending",
}


# Packages of which whoever does not draw needs nothing.
_PACKAGES = ("rig", "view")


def __getattr__(name: str) -> object:
    if name in _PACKAGES:
        return importlib.import_module(f"hostmode.{name}")
    if name not in _LAZY:
        raise AttributeError(f"module 'hostmode' has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *_PACKAGES})


def get_include() -> str:
    """Return the directory to compile with for ``hostmode/capi.h`` and ``hostmode/keyframe.h``."""
    from importlib.resources import files

    return str(files("hostmode") / "include")
