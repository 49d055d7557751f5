"""A PortAudio stream whose callback is native: no Python runs on the audio thread."""

from __future__ import annotations

import gc
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any

from hostmode import _core
from hostmode.errors import AudioOutputError, MissingAudioError

if TYPE_CHECKING:
    from hostmode._core import Player, PortAudioStream

# Opening, closing and listing devices is not thread-safe in PortAudio.
_portaudio_lock = threading.RLock()
_open_streams: weakref.WeakSet[DeviceStream] = weakref.WeakSet()

PREFERRED_RATE = 48000
"""Almost every device runs at it natively."""


def load_sounddevice() -> Any:
    """Import sounddevice.

    Raises
    ------
    AudioOutputError
        It, or the PortAudio library that it needs, is not installed; the message says what to install.
    """
    try:
        import sounddevice
    except ImportError as error:
        raise MissingAudioError('sounddevice is not installed: pip install "hostmode[audio]"') from error
    except OSError as error:
        raise AudioOutputError(
            "the PortAudio library is not installed: apt install libportaudio2, dnf install portaudio "
            "or brew install portaudio"
        ) from error
    return sounddevice


def refresh_devices() -> None:
    """Let PortAudio see devices that came since it was loaded.

    It does so only by being shut down, which would end every open stream: nothing happens while this process
    has one open, be it the application's own, such as a microphone.
    """
    sounddevice = load_sounddevice()
    with _portaudio_lock:
        if not _open_streams and not _has_open_streams(sounddevice):
            sounddevice._terminate()
            sounddevice._initialize()


def choose_rate(device: int | str | None) -> int:
    """Return the rate at which to play on `device`: 48 kHz if it is offered, else the device's default.

    Raises
    ------
    AudioOutputError
        There is no such device, or it plays at no rate that hostmode knows.
    """
    sounddevice = load_sounddevice()
    with _portaudio_lock:
        try:
            default = round(sounddevice.query_devices(device, "output")["default_samplerate"])
        except (sounddevice.PortAudioError, ValueError) as error:
            wanted = "on this system" if device is None else repr(device)
            raise AudioOutputError(
                f"no audio output device {wanted} ({error}): see `hostmode devices` for those that there are"
            ) from error
        for rate in (PREFERRED_RATE, default):
            if rate in _core.DEVICE_RATES and _accepted_channels(sounddevice, device, rate) is not None:
                return rate
    raise AudioOutputError(f"the audio output device takes neither {PREFERRED_RATE} nor {default} Hz")


class DeviceStream:
    """An open output stream that plays one player; closed at the latest when it is collected.

    Parameters
    ----------
    player : Player
        What to play.
    device : int, str or None
        A device as sounddevice names it; ``None`` for the default.
    latency : float
        Length of sound to keep in the device's buffer, seconds.
    device_offset : float
        How much later than the device says it is heard, seconds.

    Raises
    ------
    AudioOutputError
        The device cannot be opened.
    """

    def __init__(self, player: Player, device: int | str | None, latency: float, device_offset: float) -> None:
        sounddevice = load_sounddevice()
        with _portaudio_lock:
            try:
                default = round(sounddevice.query_devices(device, "output")["default_samplerate"])
                rate, channels = _offered_format(sounddevice, device, player.device_rate, default)
                self.native = _core.PortAudioStream(player, channels, rate)
                self.native.device_offset = device_offset
                self._stream = _open(sounddevice, self.native, device, rate, channels, latency)
            except (sounddevice.PortAudioError, ValueError) as error:
                raise AudioOutputError(f"the audio output device cannot be opened: {error}") from error
            self.rate = rate
            self.latency = float(self._stream.latency)
            # PortAudio calls into `native` until the stream is closed, so the finalizer keeps it alive.
            self._close = weakref.finalize(self, _close, self._stream, self.native, os.getpid())
            _open_streams.add(self)

    def start(self) -> None:
        """Begin to call the player."""
        sounddevice = load_sounddevice()
        try:
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise AudioOutputError(f"the audio output device does not start: {error}") from error

    @property
    def active(self) -> bool:
        """Whether the device still asks for sound, as far as PortAudio knows."""
        sounddevice = load_sounddevice()
        try:
            return bool(self._close.alive and self._stream.active)
        except sounddevice.PortAudioError:
            # PortAudio has been shut down, as it is when the interpreter ends.
            return False

    def close(self) -> None:
        """Stop at once, dropping what the device has buffered. The player is not called afterwards."""
        self._close()
        _open_streams.discard(self)


def _close(stream: Any, native: PortAudioStream, owner: int) -> None:
    # In a forked child there is no thread to stop, and PortAudio would wait for it.
    if os.getpid() == owner:
        with _portaudio_lock:
            stream.close()
    del native


def _has_open_streams(sounddevice: Any) -> bool:
    # sounddevice keeps no list of them. Asked only when a device is missing, and then once a second.
    return any(issubclass(type(one), sounddevice._StreamBase) and not one.closed for one in gc.get_objects())


def _accepted_channels(sounddevice: Any, device: int | str | None, rate: int) -> int | None:
    # Mono nearly everywhere; a device without it gets the same sound twice.
    for channels in (1, 2):
        try:
            sounddevice.check_output_settings(
                device, channels, "float32", samplerate=rate, extra_settings=_settings(sounddevice, device)
            )
        except (sounddevice.PortAudioError, ValueError):
            continue
        return channels
    return None


def _offered_format(
    sounddevice: Any, device: int | str | None, wanted_rate: int, default_rate: int
) -> tuple[int, int]:
    for rate in (wanted_rate, default_rate):
        channels = _accepted_channels(sounddevice, device, rate)
        if channels is not None:
            return rate, channels
    raise AudioOutputError(f"the audio output device takes neither {wanted_rate} nor {default_rate} Hz")


def _settings(sounddevice: Any, device: int | str | None) -> Any:
    # WASAPI alone refuses every rate but one unless it is asked to convert.
    host = sounddevice.query_hostapis(sounddevice.query_devices(device, "output")["hostapi"])
    return sounddevice.WasapiSettings(auto_convert=True) if host["name"] == "Windows WASAPI" else None


def _open(
    sounddevice: Any,
    native: PortAudioStream,
    device: int | str | None,
    rate: int,
    channels: int,
    latency: float,
) -> Any:
    # The base class takes a C function; the public classes wrap a Python one. The names are private, hence
    # the upper bound on sounddevice's version and the test that opens a stream.
    ffi = sounddevice._ffi
    return sounddevice._StreamBase(
        kind="output",
        samplerate=rate,
        device=device,
        channels=channels,
        dtype="float32",
        latency=latency,
        extra_settings=_settings(sounddevice, device),
        callback=ffi.cast("PaStreamCallback*", native.callback_address),
        userdata=ffi.cast("void*", native.userdata_address),
    )
