"""Looking for devices that are missing, for all outputs of the process together."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = Path(__file__).with_name("look_for_devices.py")
# A look costs some 0.1 s of a processor: soon after a loss, then ever more rarely.
_FIRST_PAUSE_S = 1.0
_LAST_PAUSE_S = 20.0
# A sound server that stands still lets a look wait for ever.
_LOOK_TIMEOUT_S = 5.0
# How often the places are looked at where the system shows a change; that costs nothing.
_GLANCE_S = 0.25
# Whoever has not asked for so long wants no answer any more.
_INTEREST_S = 5.0

Device = int | str | None


@dataclass(frozen=True)
class Sighting:
    """A device that another process could use.

    Attributes
    ----------
    name, host : str
        As PortAudio calls it and the sound system it belongs to.
    rate, channels : int
        A format in which it plays; Hz.
    """

    name: str
    host: str
    rate: int
    channels: int


class Lookout:
    """One thread that looks for missing devices in a short-lived process, while somebody asks for them.

    It never touches this process's PortAudio. It looks at once, then after 1, 2, 4 ... 20 s, and again at once when
    a sound card or a sound server comes.
    """

    def __init__(self) -> None:
        self._renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        # A forked child has no thread of its parent.
        self._condition = threading.Condition(threading.RLock())
        self._asked: dict[Device, float] = {}
        self._seen: dict[Device, tuple[float, Sighting | None]] = {}
        self._thread: threading.Thread | None = None
        self._again = False

    def hurry(self) -> None:
        """Look at once: something has changed, and somebody is about to ask."""
        with self._condition:
            self._again = True
            self._condition.notify()

    def ask(self, device: Device, since: float) -> Sighting | None:
        """Return the device if a look that began after `since`, ``time.monotonic()``, has found it, and look on.

        Returns at once, ``None`` if it has not been found; to be asked every second or more often.
        """
        with self._condition:
            if device not in self._asked:
                self.hurry()
            self._asked[device] = time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="hostmode-lookout", daemon=True)
                self._thread.start()
            began, sighting = self._seen.get(device, (0.0, None))
            return sighting if began > since else None

    def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            with self._condition:
                self._forget_the_uninterested()
                if not self._asked:
                    self._thread = None
                    return
                wanted = list(self._asked)
                self._again = False
            traces = _traces()
            began = time.monotonic()
            sightings = _look(wanted)
            with self._condition:
                self._seen.update((device, (began, sightings.get(device))) for device in wanted)
            fresh = self._wait(pause_s, traces)
            pause_s = _FIRST_PAUSE_S if fresh else min(2.0 * pause_s, _LAST_PAUSE_S)

    def _wait(self, pause_s: float, traces: list[tuple[int, ...]]) -> bool:
        """Wait until it is time to look again; return whether something happened that makes it worth while."""
        until = time.monotonic() + pause_s
        while (now := time.monotonic()) < until:
            with self._condition:
                self._condition.wait(min(_GLANCE_S, until - now))
                self._forget_the_uninterested()
                if self._again or not self._asked:
                    return True
            if _traces() != traces:
                return True
        return False

    def _forget_the_uninterested(self) -> None:
        now = time.monotonic()
        self._asked = {device: asked for device, asked in self._asked.items() if now - asked < _INTEREST_S}
        self._seen = {device: seen for device, seen in self._seen.items() if device in self._asked}


lookout = Lookout()


def can_look() -> bool:
    """Return whether this process knows a Python to look with: a frozen application is none."""
    return not getattr(sys, "frozen", False) and Path(sys.executable or "").name.lower().startswith(
        ("python", "pypy")
    )


def _look(devices: list[Device]) -> dict[Device, Sighting]:
    if not can_look():
        # ALSA opens its default by name, whether it was there before or not.
        named = {device: device if isinstance(device, str) else "default" for device in devices}
        return {device: Sighting(name, "ALSA", 48000, 2) for device, name in named.items()}
    task = json.dumps({"path": sys.path, "devices": devices})
    try:
        done = subprocess.run(
            [sys.executable, "-S", str(_PROGRAM), task],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_LOOK_TIMEOUT_S,
            check=True,
        )
        answers = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}
    return {
        device: Sighting(**answer) for device, answer in zip(devices, answers, strict=True) if "error" not in answer
    }


def _traces() -> list[tuple[int, ...]]:
    """Return what changes where a sound card is plugged in or a sound server starts."""
    runtime = os.environ.get("XDG_RUNTIME_DIR") or (f"/run/user/{os.getuid()}" if hasattr(os, "getuid") else "")
    places = ["/dev/snd", f"{runtime}/pulse/native", f"{runtime}/pipewire-0"]
    places += re.findall(r"unix:([^ ]+)", os.environ.get("PULSE_SERVER", ""))
    traces: list[tuple[int, ...]] = []
    for place in places:
        try:
            found = Path(place).stat()
        except OSError:
            traces.append(())
        else:
            traces.append((found.st_ino, found.st_mtime_ns))
    return traces
