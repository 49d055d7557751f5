"""A program that looks for sound devices from outside the process that plays.

PortAudio sees devices that came only after it was initialised anew, which would end every stream of its process.
Started with one argument, ``{"path": sys.path, "devices": [None | number | name, ...]}`` in JSON, it prints a list
in JSON: for each device ``{"name", "host", "rate", "channels"}``, or ``{"error", "about_format"}``.
"""

from __future__ import annotations

import json
import signal
import sys
from typing import Any

PREFERRED_RATE = 48000

# Whoever started it may have ended since, and a sound server that stands still lets it wait for ever.
_LIFETIME_S = 10


def formats(default_rate: float) -> list[tuple[int, int]]:
    """Return the rates and channels to try, best first: mono nearly everywhere, else the same sound twice."""
    rates = dict.fromkeys((PREFERRED_RATE, round(default_rate)))
    return [(rate, channels) for rate in rates for channels in (1, 2)]


def look(sounddevice: Any, device: int | str | None) -> dict[str, Any]:
    """Return what a device is and in which format it plays."""
    error: Exception
    try:
        info = sounddevice.query_devices(device, "output")
        host = sounddevice.query_hostapis(info["hostapi"])["name"]
    except (sounddevice.PortAudioError, ValueError) as missing:
        return {"error": str(missing)}
    for rate, channels in formats(info["default_samplerate"]):
        try:
            sounddevice.check_output_settings(info["index"], channels, "float32", samplerate=rate)
        except (sounddevice.PortAudioError, ValueError) as refusal:
            error = refusal
        else:
            return {"name": info["name"], "host": host, "rate": rate, "channels": channels}
    return {"error": str(error)}


def main() -> None:
    if hasattr(signal, "alarm"):
        signal.alarm(_LIFETIME_S)
    task = json.loads(sys.argv[1])
    sys.path[:] = task["path"]
    import sounddevice

    print(json.dumps([look(sounddevice, device) for device in task["devices"]]))


if __name__ == "__main__":
    main()
