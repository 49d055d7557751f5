"""``hostmode devices``: where sound can go."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from hostmode.cli.style import new_app

app = new_app()


@app.command()
def devices(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """List the devices that can play sound; a star marks the default one.

    Needs the extra `audio`. The number or any part of the name chooses a device for `hostmode play --device`
    and `SounddeviceOutput(device)`. The milliseconds are what the device asks to have buffered.

    Example: `hostmode devices`
    """
    from hostmode.errors import AudioOutputError

    found = output_devices()
    if as_json:
        print(json.dumps(found))
        return
    if not found:
        raise AudioOutputError("no device can play sound; playback runs on a silent clock without one")
    for device in found:
        star = "*" if device["default"] else " "
        print(
            f"{star} {device['index']:3}  {device['name']}  "
            f"({device['host']}, {device['channels']} channels, {device['rate']:.0f} Hz, "
            f"{1000 * device['latency_s']:.0f} ms)"
        )


def output_devices() -> list[dict[str, Any]]:
    """Return what PortAudio knows of each device that can play.

    Raises
    ------
    MissingExtraError
        If sounddevice is not installed.
    AudioOutputError
        If PortAudio cannot be loaded or asked.
    """
    from hostmode.errors import AudioOutputError, MissingExtraError

    try:
        import sounddevice
    except ImportError:
        raise MissingExtraError('sound needs sounddevice: pip install "hostmode[audio]"') from None
    except OSError as error:
        raise AudioOutputError(f"{error}; on Debian and Ubuntu: apt install libportaudio2") from None
    try:
        hosts = sounddevice.query_hostapis()
        known = sounddevice.query_devices()
    except sounddevice.PortAudioError as error:
        raise AudioOutputError(f"PortAudio: {error}") from None
    default = sounddevice.default.device[1]
    return [
        {
            "index": index,
            "name": device["name"],
            "host": hosts[device["hostapi"]]["name"],
            "channels": device["max_output_channels"],
            "rate": device["default_samplerate"],
            "latency_s": device["default_high_output_latency"],
            "default": index == default,
        }
        for index, device in enumerate(known)
        if device["max_output_channels"] > 0
    ]
