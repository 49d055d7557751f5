"""Playback through a sound card."""

from __future__ import annotations

import atexit
import os
import threading
import time
import warnings
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

from hostmode import _core
from hostmode.audio.device_stream import DeviceStream
from hostmode.audio.liveness import LOOK_INTERVAL_S, Liveness
from hostmode.audio.look_for_devices import PREFERRED_RATE
from hostmode.audio.lookout import Sighting, lookout
from hostmode.audio.output import AudioOutput, AudioOutputWarning, Report
from hostmode.audio.portaudio import Operation, load_sounddevice
from hostmode.errors import AudioOutputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostmode._core import Player

# How often it is asked whether a missing device has been seen.
_MISSING_INTERVAL_S = 0.25
# What a device may take to open; a sound system that takes longer stands still.
_OPEN_S = 3.0
_NO_ANSWER = "the sound system does not answer"
# The most that any device holds back.
_MAX_TAIL_S = 2.0
# A device that runs makes the last fade within this.
_LAST_CALLBACK_S = 0.4


_started: weakref.WeakSet[SounddeviceOutput] = weakref.WeakSet()


class SounddeviceOutput(AudioOutput):
    """Play on a sound card, by a native callback that no Python thread can hold up.

    One stream stays open from start to close and plays silence between conversations. Where there is no
    device, or it is lost, playback goes on unheard, at the same pace and with the same events. The device is
    looked for from another, short-lived process, at once, then ever more rarely (20 s), and whenever a sound card
    or a sound server appears: PortAudio is never initialised anew in this process, under the application's own
    streams. A device that was not there when the process began to use PortAudio is opened by its name on Linux;
    elsewhere the program must be started again for it, and a warning says so.

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
        self._owner = 0  # the process that plays; not a forked child
        self._report: Report | None = None
        self._stream: DeviceStream | None = None
        self._opening: Operation[DeviceStream] | None = None
        self._starting: Operation[None] | None = None
        self._patient_until = 0.0  # for the one or the other
        self._liveness = Liveness()
        self._missing_since = 0.0  # on the clock of time.monotonic()
        self._silent_from: float | None = None
        self._trouble: str | None = None
        self._usable = True
        self._closed = False
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

    @property
    def unheard(self) -> bool:
        # What a device that was just lost had taken still sounds.
        return self._stream is None and self._silent_from is None

    def prepare(self, source_rate: int) -> int:
        # What nearly every device runs at; one that does not converts what it is given.
        del source_rate
        return PREFERRED_RATE

    def start(self, player: Player, now: float, report: Report) -> None:
        self._player = player
        self._report = report
        self._owner = os.getpid()
        player.start_silent_clock(now=now)
        self._open(None)
        assert self._opening is not None
        self._opening.wait_patiently(_OPEN_S)
        with self._lock:
            self._finish_opening()
            if self._starting is not None:
                self._starting.wait_patiently(_OPEN_S)
                self._finish_starting()
        _started.add(self)
        # The last to be registered is the first to be called: sounddevice's own would wait for a device that hangs.
        atexit.unregister(_close_at_exit)
        atexit.register(_close_at_exit)
        if self._trouble is not None:
            lookout.hurry()
            warnings.warn(f"no sound: {self._trouble}", AudioOutputWarning, stacklevel=3)

    def advance(self, player: Player, now: float) -> None:
        player.advance(now)

    def supervise(self, now: float) -> float:
        with self._lock:
            if self._closed or not self._usable:
                return float("inf")
            if self._stream is not None:
                if self._starting is not None:
                    self._look_at_operation(self._starting, self._finish_starting, now)
                elif not self._alive(self._stream):
                    self._lose()
                return LOOK_INTERVAL_S
            if self._silent_from is not None and now >= self._silent_from:
                self._play_silently()
            if self._opening is not None:
                self._look_at_operation(self._opening, self._finish_opening, now)
                return LOOK_INTERVAL_S
            if sighting := lookout.ask(self._device, self._missing_since):
                self._open(sighting)
            return _MISSING_INTERVAL_S if self._silent_from is None else LOOK_INTERVAL_S

    def close(self) -> None:
        with self._lock:
            self._closed = True
            stream, self._stream = self._stream, None
            opening, self._opening = self._opening, None
        if opening is not None:
            opening.abandon()
        if stream is not None:
            self._wait_for_tail(stream)
            stream.close()

    def stats(self) -> dict[str, float | str]:
        with self._lock:
            stream, trouble = self._stream, self._trouble
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
        elif trouble is not None:
            stats["audio_output_error"] = trouble
        return stats

    # What follows needs the lock, but for the first of `start`, which no other thread knows yet.

    def _open(self, sighting: Sighting | None) -> None:
        assert self._player is not None
        make = partial(DeviceStream, self._player, self._device, sighting, self._latency, self._device_offset)
        self._opening = Operation(make, DeviceStream.close)
        self._patient_until = _core.now() + _OPEN_S

    def _look_at_operation(self, operation: Operation[Any], finish: Callable[[], None], now: float) -> None:
        if not operation.wait(0.0) and now < self._patient_until:
            return
        was_told = self._trouble
        finish()
        if self._report is None or self._starting is not None:
            return
        if self._stream is not None:
            self._report("audio_output_restored", "the audio output device is back")
        elif self._trouble not in (None, was_told):
            self._report("audio_output_lost", f"{self._trouble}; playback goes on unheard")

    def _finish_opening(self) -> None:
        assert self._opening is not None
        opening, self._opening = self._opening, None
        self._missing_since = time.monotonic()
        if not opening.wait(0.0):
            opening.abandon()
            self._trouble = _NO_ANSWER
            return
        try:
            stream = opening.result()
        except AudioOutputError as error:
            self._trouble = str(error)
            self._usable = _can_ever_open()
            return
        self._start(stream)

    def _start(self, stream: DeviceStream) -> None:
        """Let the device play in place of the silent clock: one of them calls the player, never both."""
        assert self._player is not None
        self._player.stop_silent_clock(now=_core.now())
        self._silent_from = None
        stream.native.device_offset = self._device_offset
        self._stream = stream
        self._starting = Operation(stream.start)
        self._patient_until = _core.now() + _OPEN_S

    def _finish_starting(self) -> None:
        assert self._starting is not None
        starting, self._starting = self._starting, None
        try:
            if not starting.wait(0.0):
                raise AudioOutputError(_NO_ANSWER)
            starting.result()
        except AudioOutputError as error:
            self._trouble = str(error)
            self._let_go()
            return
        self._trouble = None
        self._liveness = Liveness()

    def _play_silently(self) -> None:
        assert self._player is not None
        self._player.start_silent_clock(now=_core.now())
        self._silent_from = None

    def _alive(self, stream: DeviceStream) -> bool:
        return self._liveness.look(stream.native.stats()) and stream.active

    def _lose(self) -> None:
        """Go on without the device."""
        self._let_go()
        self._losses += 1
        self._trouble = "the audio output device is gone"
        if self._report is not None:
            self._report("audio_output_lost", f"{self._trouble}; playback goes on unheard")

    def _let_go(self) -> None:
        """Play silently in place of the device, and let it be closed by somebody who may hang."""
        assert self._stream is not None
        stream, self._stream = self._stream, None
        stream.native.disconnect()
        # What the device had taken lasts so long; the position goes on through it, and then silently.
        self._silent_from = min(stream.native.stats()["handed_until"], _core.now() + _MAX_TAIL_S)
        if self._silent_from <= _core.now():
            self._play_silently()
        self._missing_since = time.monotonic()
        lookout.hurry()
        stream.close_later()

    @staticmethod
    def _wait_for_tail(stream: DeviceStream) -> None:
        """Wait until what was played has been heard: to stop a stream drops what the device has buffered."""
        began = _core.now()
        first = stream.native.stats()
        callback_until = began + max(_LAST_CALLBACK_S, 2.0 * first["longest_callback_gap"])
        # The fade of a conversation that close() cut is made by the next callback.
        while stream.native.stats()["callbacks"] == first["callbacks"]:
            if not stream.active or _core.now() > min(callback_until, began + _MAX_TAIL_S):
                # Nothing that it has will be heard.
                return
            time.sleep(0.005)
        while stream.active and (wait := stream.native.stats()["sounding_until"] - _core.now()) > 0.0:
            if _core.now() > began + _MAX_TAIL_S:
                break
            time.sleep(min(wait, 0.05))


def _close_at_exit() -> None:
    for output in list(_started):
        if output._owner == os.getpid() and output._player is not None and not output._closed:
            output._player.interrupt(now=_core.now())
            output.close()


def _can_ever_open() -> bool:
    try:
        load_sounddevice()
    except AudioOutputError:
        return False
    return True
