"""A stream to an ALSA device that PortAudio has not listed: it came after PortAudio was initialised."""

from __future__ import annotations

import ctypes
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hostmode._core import PortAudioStream
    from hostmode.audio.lookout import Sighting

# From portaudio.h and pa_linux_alsa.h, version 19.
_DEVICE_IS_NAMED = -2  # paUseHostApiSpecificDeviceSpecification
_ALSA = 8  # paALSA
_FLOAT32 = 1  # paFloat32


class _AlsaStreamInfo(ctypes.Structure):
    """PaAlsaStreamInfo."""

    _fields_ = (
        ("size", ctypes.c_ulong),
        ("host_api_type", ctypes.c_int),
        ("version", ctypes.c_ulong),
        ("device_string", ctypes.c_char_p),
    )


def pcm_name(device_name: str) -> str:
    """Return ALSA's name of a device as PortAudio lists it: ``"USB: Audio (hw:1,0)"`` is ``"hw:1,0"``."""
    card = re.search(r"\((hw:[^()]+)\)$", device_name)
    return card[1] if card else device_name


class AlsaStream:
    """An output stream to an ALSA device by its name; it has what is used of sounddevice's streams.

    Parameters
    ----------
    sounddevice : module
        Whose PortAudio opens it.
    sighting : Sighting
        The device.
    latency : float
        Length of sound to keep in the device's buffer, seconds.
    native : PortAudioStream
        The callback.

    Raises
    ------
    PortAudioError
        It cannot be opened.
    """

    def __init__(self, sounddevice: Any, sighting: Sighting, latency: float, native: PortAudioStream) -> None:
        self._sounddevice = sounddevice
        ffi, lib = sounddevice._ffi, sounddevice._lib
        name = pcm_name(sighting.name).encode()
        info = _AlsaStreamInfo(ctypes.sizeof(_AlsaStreamInfo), _ALSA, 1, name)
        parameters = ffi.new(
            "PaStreamParameters*",
            (
                _DEVICE_IS_NAMED,
                sighting.channels,
                _FLOAT32,
                latency,
                ffi.cast("void*", ctypes.addressof(info)),
            ),
        )
        opened = ffi.new("PaStream**")
        self._check(
            lib.Pa_OpenStream(
                opened,
                ffi.NULL,
                parameters,
                sighting.rate,
                0,
                0,
                ffi.cast("PaStreamCallback*", native.callback_address),
                ffi.cast("void*", native.userdata_address),
            ),
            "Error opening stream",
        )
        self._stream = opened[0]
        self.latency = float(lib.Pa_GetStreamInfo(self._stream).outputLatency)
        self._closed = False

    @property
    def active(self) -> bool:
        """Whether the device asks for sound."""
        return not self._closed and self._sounddevice._lib.Pa_IsStreamActive(self._stream) == 1

    def start(self) -> None:
        """Begin to call the callback."""
        self._check(self._sounddevice._lib.Pa_StartStream(self._stream), "Error starting stream")

    def close(self) -> None:
        """Stop at once and end the stream."""
        if not self._closed:
            self._closed = True
            self._sounddevice._lib.Pa_CloseStream(self._stream)

    def _check(self, code: int, message: str) -> None:
        self._sounddevice._check(code, message)
