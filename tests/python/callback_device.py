"""A device that calls the native callback as PortAudio does, without PortAudio: when a test says so."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import numpy as np

from hostmode import _core
from hostmode.audio import AudioOutput

if TYPE_CHECKING:
    from hostmode import Player

RATE = 48000
BLOCK = 480


class TimeInfo(ctypes.Structure):
    _fields_ = (
        ("input_adc_time", ctypes.c_double),
        ("current_time", ctypes.c_double),
        ("output_dac_time", ctypes.c_double),
    )


CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_ulong,
    ctypes.POINTER(TimeInfo),
    ctypes.c_ulong,
    ctypes.c_void_p,
)


class Device:
    """What PortAudio would be to a stream: calls the pointer that it was given."""

    def __init__(self, player: Player, channels: int = 1, rate: int = RATE, latency: float = 0.1) -> None:
        self.stream = _core.PortAudioStream(player, channels, rate)
        self.channels = channels
        self.rate = rate
        self.latency = latency
        self.frames = 0
        self.epoch = 5000.0  # its own clock, unlike that of the caller
        self.callback = CALLBACK(self.stream.callback_address)

    def call(self, frames: int = BLOCK, flags: int = 0) -> np.ndarray:
        out = np.full((frames, self.channels), 9.0, np.float32)
        current = self.epoch + self.frames / self.rate
        info = TimeInfo(0.0, current, current + self.latency)
        answer = self.callback(None, out.ctypes.data, frames, ctypes.byref(info), flags, self.stream.userdata_address)
        assert answer == 0
        self.frames += frames
        return out


class CallbackOutput(AudioOutput):
    """An output for a Controller whose sound is fetched by the test: `device.call()`."""

    live = True

    def __init__(self, latency: float = 0.1) -> None:
        self.latency = latency
        self.device: Device

    def prepare(self, source_rate: int) -> int:
        del source_rate
        return RATE

    def start(self, player, now, report) -> None:
        del now, report
        self.device = Device(player, latency=self.latency)

    def advance(self, player, now) -> None:
        player.advance(now)

    def close(self) -> None:
        """Do nothing: the test stops calling."""
