"""Playback through a sound card."""

from __future__ import annotations

import threading
import time
import warnings
from typing import TYPE_CHECKING

from hostmode import _core
from hostmode.audio.device_stream import PREFERRED_RATE, DeviceStream, choose_rate, refresh_devices
from hostmode.audio.output import AudioOutput, AudioOutputWarning, Report
from hostmode.errors import AudioOutputError

if TYPE_CHECKING:
    from hostmode._core import Player

_SUPERVISION_INTERVAL_S = 0.1
# A device that asks for nothing for so many looks in a row is dead, whatever PortAudio says. Counted in looks
# and not in seconds: when the whole machine stands still, so does the counting.
_SILENT_LOOKS = 10
_RETRY_INTERVAL_S = 1.0
# The most that any device holds back, with room to spare.
_MAX_TAIL_S = 2.0


class SounddeviceOutput(AudioOutput):
    """Play on a sound card, by a native callback that no Python thread can hold up.

    One stream stays open from start to close and plays silence between conversations. Where there is no
    device, or it is lost, playback goes on unheard, at the same pace and with the same events, and the device
    is tried again every second; nothing that is still to be played is lost.

    Parameters
    ----------
    device : int, str or None
        A device as ``python -m sounddevice`` lists it, by number or by part of its name; ``None`` for the
        system's default.
    latency : float
        Length of sound kept in the device's buffer, seconds: what a busy machine may be late by before it is
        heard, and how long after `interrupt()` sound lasts. 0.1 survives a busy desktop; much less does not.
    device_offset : float
        How much later than the device says it is really heard, seconds. Bluetooth loudspeakers need 0.15 to
        0.2, which no interface reports.

    Raises
    ------
    ValueError
        A number is not finite, or `latency` not positive.
    """

    live = True

    def __init__(self, device: int | str | None = None, *, latency: float = 0.1, device_offset: float = 0.0) -> None:
        if not 0.0 < latency <= 2.0:
            raise ValueError(f"latency is {latency!r}; it must be above 0 and at most 2 seconds")
        if not -1.0 <= device_offset <= 1.0:
            raise ValueError(f"device_offset is {device_offset!r}; it must be within -1 and 1 seconds")
        self._device = device
        self._latency = latency
        self._device_offset = device_offset
        self._lock = threading.Lock()
        self._player: Player | None = None
        self._report: Report | None = None
        self._stream: DeviceStream | None = None
        self._usable = True
        self._closed = False
        self._retry_at = 0.0
        self._seen_callbacks = 0
        self._silent_looks = 0
        self._losses = 0

    @property
    def device_offset(self) -> float:
        """How much later than the device says it is heard, seconds; may be changed while it plays."""
        return self._device_offset

    @device_offset.setter
    def device_offset(self, offset: float) -> None:
        if not -1.0 <= offset <= 1.0:
            raise ValueError(f"device_offset is {offset!r}; it must be within -1 and 1 seconds")
        with self._lock:
            self._device_offset = offset
            if self._stream is not None:
                self._stream.native.device_offset = offset

    def prepare(self, source_rate: int) -> int:
        try:
            return choose_rate(self._device)
        except AudioOutputError as error:
            warnings.warn(f"no sound: {error}", AudioOutputWarning, stacklevel=3)
        try:
            refresh_devices()
        except AudioOutputError:
            # No device can ever come, so nothing need be resampled for one.
            self._usable = False
            return source_rate
        return PREFERRED_RATE

    def start(self, player: Player, now: float, report: Report) -> None:
        self._player = player
        self._report = report
        with self._lock:
            player.start_silent_clock(now=now)
            if self._usable:
                self._try_to_open(now)

    def advance(self, player: Player, now: float) -> None:
        player.advance(now)

    def supervise(self, now: float) -> float:
        with self._lock:
            if self._closed or not self._usable:
                return float("inf")
            if self._stream is None:
                if now >= self._retry_at and self._try_to_open(now) and self._report is not None:
                    self._report("audio_output_restored", "the audio output device is back")
            elif not self._alive(self._stream):
                self._lose(now)
        return _SUPERVISION_INTERVAL_S

    def close(self) -> None:
        # Under the lock only to say so: supervision may be busy opening a device.
        with self._lock:
            self._closed = True
            stream, self._stream = self._stream, None
        if stream is not None:
            self._wait_for_tail(stream)
            stream.close()

    def stats(self) -> dict[str, float | str]:
        stream = self._stream
        stats: dict[str, float | str] = {
            "audio_output": "silent" if stream is None else "sounddevice",
            "audio_output_losses": float(self._losses),
        }
        if stream is not None:
            stats.update(
                audio_output_rate=float(stream.rate),
                audio_output_latency=stream.latency,
                **stream.native.stats(),
            )
        return stats

    def _try_to_open(self, now: float) -> bool:
        """Open and start the device in place of the silent clock; needs the lock."""
        assert self._player is not None
        stream: DeviceStream | None = None
        try:
            if now >= self._retry_at > 0.0:
                refresh_devices()
            stream = DeviceStream(self._player, self._device, self._latency, self._device_offset)
            # One of the two calls the player at any time, never both.
            self._player.stop_silent_clock(now=_core.now())
            stream.start()
        except AudioOutputError:
            if stream is not None:
                stream.close()
            self._player.start_silent_clock(now=_core.now())
            self._retry_at = _core.now() + _RETRY_INTERVAL_S
            return False
        self._stream = stream
        self._seen_callbacks = 0
        self._silent_looks = 0
        return True

    def _alive(self, stream: DeviceStream) -> bool:
        callbacks = int(stream.native.stats()["callbacks"])
        self._silent_looks = self._silent_looks + 1 if callbacks == self._seen_callbacks else 0
        self._seen_callbacks = callbacks
        return stream.active and self._silent_looks < _SILENT_LOOKS

    def _lose(self, now: float) -> None:
        """Go on without the device; needs the lock."""
        assert self._player is not None
        assert self._stream is not None
        stream, self._stream = self._stream, None
        stream.close()
        self._player.start_silent_clock(now=_core.now())
        self._retry_at = now + _RETRY_INTERVAL_S
        self._losses += 1
        if self._report is not None:
            self._report("audio_output_lost", "the audio output device is gone; playback goes on unheard")

    @staticmethod
    def _wait_for_tail(stream: DeviceStream) -> None:
        """Wait until what was played has been heard: to stop a stream drops what the device has buffered."""
        deadline = _core.now() + _MAX_TAIL_S
        callbacks = stream.native.stats()["callbacks"]
        # The fade of a conversation that close() cut is made by the next callback.
        while stream.active and stream.native.stats()["callbacks"] == callbacks and _core.now() < deadline:
            time.sleep(0.005)
        while stream.active and (wait := stream.native.stats()["sounding_until"] - _core.now()) > 0.0:
            if _core.now() > deadline:
                break
            time.sleep(min(wait, 0.05))
