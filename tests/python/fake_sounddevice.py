"""A sounddevice without PortAudio: one loudspeaker that can go, come back, and come back at another rate."""

from __future__ import annotations

import ctypes
import threading
import time
import types
from typing import Any

import numpy as np
from callback_device import CALLBACK, TimeInfo

from hostmode.audio.lookout import Sighting

BLOCK_S = 0.01
NAME = "speaker"
HOST = "fake"


class PortAudioError(Exception):
    pass


class Speaker:
    """What is plugged in, and everything that it was given to play."""

    def __init__(self, *rates: int) -> None:
        self.rates = rates
        self.plugged = True
        # Whether PortAudio saw it when it was initialised.
        self.listed = True
        # What the question for a format, the opening and the start raise.
        self.refusal: Exception | None = None
        self.opening_refusal: Exception | None = None
        self.start_refusal: Exception | None = None
        # Whether it asks for nothing, though it is there.
        self.frozen = False
        self.closing = threading.Event()
        self.closing.set()
        self.played: list[tuple[int, np.ndarray]] = []
        self.initialisations = 0
        self.streams: list[Stream] = []

    def sound(self) -> np.ndarray:
        """Return what was played on all streams, one after another."""
        return np.concatenate([block for _, block in self.played] or [np.zeros(0, np.float32)])

    def look(self, devices: list[Any]) -> dict[Any, Sighting]:
        """Return what another process would see."""
        if not self.plugged:
            return {}
        return {device: Sighting(NAME, HOST, self.rates[0], 1) for device in devices}

    def module(self) -> Any:
        """Return what `import sounddevice` shall give."""
        module = types.ModuleType("sounddevice")
        speaker = self

        def query_devices(device: Any = None, kind: str | None = None) -> Any:
            known = {
                "index": 0,
                "name": NAME,
                "hostapi": 0,
                "max_output_channels": 1,
                "default_samplerate": float(speaker.rates[0]),
            }
            if device is None and kind is None:
                return [known] if speaker.listed else []
            if not speaker.plugged or not speaker.listed:
                raise PortAudioError("no default output device")
            return known

        def query_hostapis(index: int | None = None) -> Any:
            return [{"name": HOST}] if index is None else {"name": HOST}

        def check_output_settings(device: Any, channels: int, dtype: str, **settings: Any) -> None:
            if not speaker.plugged:
                raise PortAudioError("Device unavailable", -9985)
            if speaker.refusal is not None:
                raise speaker.refusal
            if settings["samplerate"] not in speaker.rates:
                raise PortAudioError("Invalid sample rate", -9997)

        def initialise() -> None:
            speaker.initialisations += 1

        class StreamOfSpeaker(Stream):
            def __init__(self, **settings: Any) -> None:
                super().__init__(speaker, **settings)

        vars(module).update(
            PortAudioError=PortAudioError,
            query_devices=query_devices,
            query_hostapis=query_hostapis,
            check_output_settings=check_output_settings,
            _terminate=lambda: None,
            _initialize=initialise,
            _StreamBase=StreamOfSpeaker,
            _ffi=types.SimpleNamespace(cast=lambda kind, address: address),
        )
        return module


class Stream:
    """Calls the native callback in real time while the speaker is plugged in."""

    def __init__(
        self,
        speaker: Speaker,
        *,
        samplerate: int,
        channels: int,
        latency: float,
        callback: int,
        userdata: int,
        **_: Any,
    ) -> None:
        if not speaker.plugged:
            raise PortAudioError("Device unavailable", -9985)
        if speaker.opening_refusal is not None:
            raise speaker.opening_refusal
        self.speaker = speaker
        self.rate = samplerate
        self.channels = channels
        self.latency = latency
        self.callback = CALLBACK(callback)
        self.userdata = userdata
        self.closed = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        speaker.streams.append(self)

    @property
    def active(self) -> bool:
        return not self.closed and self.thread.is_alive()

    def start(self) -> None:
        if self.speaker.start_refusal is not None:
            raise self.speaker.start_refusal
        self.thread.start()

    def close(self) -> None:
        self.speaker.closing.wait()
        self.closed = True
        if self.thread.is_alive():
            self.thread.join()

    def run(self) -> None:
        frames = round(BLOCK_S * self.rate)
        start = time.monotonic()
        done = 0
        while self.speaker.plugged and not self.closed:
            if self.speaker.frozen:
                time.sleep(BLOCK_S)
                continue
            ahead = done / self.rate - (time.monotonic() - start)
            if ahead > self.latency:
                time.sleep(ahead - self.latency)
                continue
            out = np.empty((frames, self.channels), np.float32)
            current = time.monotonic()
            info = TimeInfo(0.0, current, current + max(ahead, 0.0) + 0.001)
            self.callback(None, out.ctypes.data, frames, ctypes.byref(info), 0, self.userdata)
            self.speaker.played.append((self.rate, out[:, 0].copy()))
            done += frames
