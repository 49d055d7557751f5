"""A publisher process, a LiveKit server, a subscriber process with a sound card: the face against its sound; JSON.

Usage: ``python room_runs.py [scenario...]``. Needs livekit-server (HOSTMODE_LIVEKIT_SERVER), PulseAudio, and
some five minutes of real time.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "python"))

from livekit_room import free_port, running_server
from lossy_network import lossy_network
from room_sync import click_recording, outliving_its_server, speak, speaking, speech_recording, viewing

import hostmode
from hostmode.measure.virtual_sound_card import VirtualSoundCard

if TYPE_CHECKING:
    from collections.abc import Callable

    from room_sync import Viewing

CLICKS_S = 20.0
#: Of each scenario with clicks: chance plays a part.
RUNS = 3
#: One in which the sound card stumbled is followed by another, so many times in all.
REPEATED = 4


def spread(errors_ms: np.ndarray) -> dict[str, Any]:
    """Return how the errors lie; where nothing was seen with its sound, beyond all bounds."""
    if len(errors_ms) == 0:
        return {"count": 0} | dict.fromkeys(("median_ms", "p5_ms", "p95_ms", "first_ms"), float("inf"))
    p5, median, p95 = np.percentile(errors_ms, (5, 50, 95))
    return {
        "count": len(errors_ms),
        "median_ms": median,
        "p5_ms": p5,
        "p95_ms": p95,
        "first_ms": errors_ms[0],
        "all_ms": [round(error, 1) for error in errors_ms],
    }


def about(view: Viewing) -> dict[str, Any]:
    """Return what the viewer says of itself, and how busy the machine was."""
    return {
        "ends": view.events("conversation_end"),
        "underruns": view.said["player"]["underruns"],
        "packets": view.said["subscriber"]["packets"],
        "lost": view.said["subscriber"]["lost"],
        "stumbles": view.card_stumbles,
        "busy": os.getloadavg()[0],
    }


def clicks_seen(view: Viewing) -> dict[str, Any]:
    """Return how the errors of clicks lie, and those of what the player was given alone."""
    given_ms = view.given_click_errors_ms()
    p5, p95 = np.percentile(given_ms, (5, 95)) if len(given_ms) else (float("inf"),) * 2
    return spread(view.click_errors_ms()) | {"given_p5_ms": p5, "given_p95_ms": p95} | about(view)


def speech(folder: Path) -> tuple[hostmode.Recording, Path]:
    """Return the real recording where the machine has it, else the embedded one, and a file of it."""
    found = speech_recording()
    original = hostmode.load_recording(found) if found else hostmode.Recording.embedded()
    original.save(folder / "speech.json")
    return original, folder / "speech.json"


def clicks(folder: Path, card: VirtualSoundCard) -> dict[str, Any]:
    """Clicks over a clean network."""
    file = click_recording(folder / "clicks.json", CLICKS_S)
    with running_server() as url, viewing(url, card, folder) as view:
        speak(url, file)
        view.end()
    return clicks_seen(view)


def recording(folder: Path, card: VirtualSoundCard) -> dict[str, Any]:
    """Speech over a clean network."""
    original, file = speech(folder)
    with running_server() as url, viewing(url, card, folder) as view:
        speak(url, file)
        view.end()
    return spread(view.errors_ms(original)) | about(view) | {"fastest": view.fastest_share(original)}


def troubled(folder: Path, card: VirtualSoundCard) -> dict[str, Any]:
    """Speech over a network that loses 2 % and delays by up to 60 ms, each way."""
    original, file = speech(folder)
    signal, udp = free_port(), free_port(datagram=True)
    with (
        running_server(signal, udp_port=udp, use_ice_lite=True, tcp_port=0) as url,
        lossy_network(signal, udp, (free_port(), free_port(datagram=True)), loss=0.02, jitter_s=0.06) as network,
        viewing(network.url, card, folder) as view,
    ):
        speak(url, file)
        view.end()
    return spread(view.errors_ms(original)) | about(view) | {"fastest": view.fastest_share(original)}


def blackout(folder: Path, card: VirtualSoundCard) -> dict[str, Any]:
    """Clicks over a network on which nothing goes through for 2.5 s."""
    file = click_recording(folder / "clicks.json", CLICKS_S)
    signal, udp = free_port(), free_port(datagram=True)
    with (
        running_server(signal, udp_port=udp, use_ice_lite=True, tcp_port=0) as url,
        lossy_network(signal, udp, (free_port(), free_port(datagram=True)), loss=0.0, jitter_s=0.0) as network,
        viewing(network.url, card, folder) as view,
        speaking(url, file),
    ):
        time.sleep(8.0)
        network.loss = 1.0
        gone_s = hostmode.now()
        time.sleep(2.5)
        network.loss = 0.0
        time.sleep(16.0)
        view.end()
    heard_after = int(np.sum(view.clicks_heard_s() >= gone_s + 2.5))
    return (
        spread(view.click_errors_ms(gone_s + 2.5))
        | {"heard": heard_after}
        | about(view)
        | {"fastest": view.fastest_share(hostmode.load_recording(file))}
    )


def killed(folder: Path, card: VirtualSoundCard) -> dict[str, Any]:
    """Clicks; the server dies after 6 s, is back 1 s later, and another publisher speaks."""
    file = click_recording(folder / "clicks.json", 12.0)
    return clicks_seen(outliving_its_server(file, card, folder))


SCENARIOS: dict[str, tuple[Callable[[Path, VirtualSoundCard], dict[str, Any]], int]] = {
    "clicks": (clicks, RUNS),
    "recording": (recording, 1),
    "troubled": (troubled, 1),
    "blackout": (blackout, RUNS),
    "killed": (killed, 1),
}


def main() -> None:
    found: dict[str, list[dict[str, Any]]] = {}
    for name in sys.argv[1:] or SCENARIOS:
        scenario, runs = SCENARIOS[name]
        told = found.setdefault(name, [])
        while sum(run["stumbles"] == 0 for run in told) < runs and len(told) < runs + REPEATED:
            with tempfile.TemporaryDirectory() as folder, VirtualSoundCard() as card:
                told.append(scenario(Path(folder), card))
    print(json.dumps(found, default=float))


if __name__ == "__main__":
    main()
