"""A PortAudio stream whose callback is native: no Python runs on the audio thread."""

from __future__ import annotations

import os
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

from hostmode import _core
from hostmode.audio.alsa_stream import AlsaStream
from hostmode.audio.look_for_devices import formats
from hostmode.audio.portaudio import Operation, is_about_format, load_sounddevice, reason_of
from hostmode.errors import AudioOutputError

if TYPE_CHECKING:
    from hostmode._core import Player, PortAudioStream
    from hostmode.audio.lookout import Sighting

# A device that has not been closed after so long hangs.
_CLOSE_S = 0.5


class DeviceStream:
    """An open output stream that plays one player; closed at the latest when it is collected.

    Making and starting one may hang as long as the sound system does.

    Parameters
    ----------
    player : Player
        What to play.
    device : int, str or None
        A device as sounddevice names it; ``None`` for the default.
    sighting : Sighting or None
        That device as another process saw it; this one may not have it in its list.
    latency : float
        Length of sound to keep in the device's buffer, seconds.
    device_offset : float
        How much later than the device says it is heard, seconds.

    Raises
    ------
    AudioOutputError
        The device cannot be used; the message says why.
    """

    def __init__(
        self,
        player: Player,
        device: int | str | None,
        sighting: Sighting | None,
        latency: float,
        device_offset: float,
    ) -> None:
        sounddevice = load_sounddevice()
        index = _default_index(sounddevice, device) if sighting is None else _listed_index(sounddevice, sighting)
        if index is not None:
            self.rate, channels = _format(sounddevice, index)
        elif sighting is not None and sighting.host == "ALSA":
            self.rate, channels = sighting.rate, sighting.channels
        else:
            raise AudioOutputError(
                f"{'the default audio output device' if device is None else repr(device)} came after this program "
                "had begun to use sound: restart the program to play on it"
            )
        self.native = _core.PortAudioStream(player, channels, self.rate)
        self.native.device_offset = device_offset
        try:
            if index is not None:
                stream = _open(sounddevice, self.native, index, self.rate, channels, latency)
            else:
                assert sighting is not None
                stream = AlsaStream(sounddevice, sighting, latency, self.native)
        except (sounddevice.PortAudioError, ValueError) as error:
            raise AudioOutputError(f"the audio output device cannot be opened: {reason_of(error)}") from error
        self.latency = float(stream.latency)
        self._stream = stream
        # PortAudio calls into `native` until the stream is closed, so the finalizer keeps it alive.
        self._close = weakref.finalize(self, _close, stream, self.native, os.getpid())

    def start(self) -> None:
        """Begin to call the player.

        Raises
        ------
        AudioOutputError
            The device does not start.
        """
        sounddevice = load_sounddevice()
        try:
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise AudioOutputError(f"the audio output device does not start: {reason_of(error)}") from error

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
        """Stop, dropping what the device has buffered. The player is not called afterwards.

        Returns soon, even if the sound system hangs and the device is not closed before it goes on.
        """
        self._close()

    def close_later(self) -> None:
        """Close without waiting for it."""
        if self._close.detach() is not None:
            _start_to_close(self._stream, self.native)


def require_device(device: int | str | None) -> None:
    """Raise `AudioOutputError` unless this process can play on `device`."""
    sounddevice = load_sounddevice()
    _format(sounddevice, _default_index(sounddevice, device))


def _close(stream: Any, native: PortAudioStream, owner: int) -> None:
    # In a forked child there is no thread to stop, and PortAudio would wait for it.
    if os.getpid() != owner:
        return
    operation = _start_to_close(stream, native)
    if operation is not None:
        operation.wait(_CLOSE_S)


def _start_to_close(stream: Any, native: PortAudioStream) -> Operation[None] | None:
    native.disconnect()
    stop = partial(_stop, stream, native)
    try:
        return Operation(stop)
    except RuntimeError:
        # The interpreter ends and starts no more threads.
        stop()
        return None


def _stop(stream: Any, native: PortAudioStream) -> None:
    stream.close()
    # Until here PortAudio calls into it.
    del native


def _default_index(sounddevice: Any, device: int | str | None) -> int:
    try:
        return int(sounddevice.query_devices(device, "output")["index"])
    except (sounddevice.PortAudioError, ValueError) as error:
        wanted = "on this system" if device is None else repr(device)
        raise AudioOutputError(
            f"no audio output device {wanted} ({error}): see `hostmode devices` for those that there are"
        ) from error


def _listed_index(sounddevice: Any, sighting: Sighting) -> int | None:
    """Return the number that this process knows a device by that another one saw."""
    hosts = [host["name"] for host in sounddevice.query_hostapis()]
    for index, device in enumerate(sounddevice.query_devices()):
        if (device["name"], hosts[device["hostapi"]]) == (sighting.name, sighting.host):
            return index if device["max_output_channels"] > 0 else None
    return None


def _format(sounddevice: Any, index: int) -> tuple[int, int]:
    default_rate = sounddevice.query_devices(index, "output")["default_samplerate"]
    tried = [one for one in formats(default_rate) if one[0] in _core.DEVICE_RATES]
    for rate, channels in tried:
        try:
            sounddevice.check_output_settings(
                index, channels, "float32", samplerate=rate, extra_settings=_settings(sounddevice, index)
            )
        except (sounddevice.PortAudioError, ValueError) as error:
            if not is_about_format(error):
                raise AudioOutputError(f"the audio output device cannot be used: {reason_of(error)}") from error
        else:
            return rate, channels
    rates = " nor ".join(str(rate) for rate in dict.fromkeys(rate for rate, _ in tried))
    raise AudioOutputError(f"the audio output device takes neither {rates} Hz in 32-bit floats, mono or stereo")


def _settings(sounddevice: Any, index: int) -> Any:
    # WASAPI alone refuses every rate but one unless it is asked to convert.
    host = sounddevice.query_hostapis(sounddevice.query_devices(index, "output")["hostapi"])
    return sounddevice.WasapiSettings(auto_convert=True) if host["name"] == "Windows WASAPI" else None


def _open(sounddevice: Any, native: PortAudioStream, index: int, rate: int, channels: int, latency: float) -> Any:
    # The base class takes a C function; the public classes wrap a Python one. The names are private, hence
    # the upper bound on sounddevice's version and the test that opens a stream.
    ffi = sounddevice._ffi
    return sounddevice._StreamBase(
        kind="output",
        samplerate=rate,
        device=index,
        channels=channels,
        dtype="float32",
        latency=latency,
        extra_settings=_settings(sounddevice, index),
        callback=ffi.cast("PaStreamCallback*", native.callback_address),
        userdata=ffi.cast("void*", native.userdata_address),
        # What the application made its default is meant for its own streams.
        blocksize=0,
        clip_off=False,
        dither_off=False,
        never_drop_input=False,
        prime_output_buffers_using_stream_callback=False,
    )
