"""The sync meter: how far the face is from the sound, measured outside the process that plays.

One process plays clicks on a virtual sound card and samples the pose at 60 Hz, as an application that draws
does. Another records the card. Here, in a third, the middle of each jaw pulse that was shown is compared with
the middle of the click that was heard. Both times come from the monotonic clock, which processes share;
`hostmode.measure.timed_recording` says how a sample of the recording gets one, and how exactly.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.audio.portaudio import load_sounddevice
from hostmode.errors import AudioOutputError
from hostmode.measure.clicks import click_instants, find_clicks, find_pulses
from hostmode.measure.machine_load import machine_load
from hostmode.measure.stall_monitor import StallMonitor
from hostmode.measure.virtual_sound_card import VirtualSoundCard

if TYPE_CHECKING:
    import numpy.typing as npt

# Nearer than half the way to the next click.
_LARGEST_ERROR_S: Final = 0.2
_PATIENCE_S: Final = 60.0
# The clock is to know the card before the machine is busy.
LOAD_AFTER_S: Final = 8.0
# Arrivals that are on time again, so that the line of the recording is known at both of its ends.
QUIET_AFTER_S: Final = 5.0


@dataclass(frozen=True)
class SyncReport:
    """Times of poses minus times of sounds: positive where the face is late.

    Attributes
    ----------
    median_ms, p5_ms, p95_ms : float
        Of all clicks, milliseconds.
    clicks, matched : int
        How many clicks were played, and how many were both heard and seen.
    injected_s : float
        The error that was put in on purpose, seconds.
    lateness_ms : float
        Of the recording's arrivals, the median above the earliest: the measurement's own uncertainty.
    longest_stall_s : float
        How long the machine itself stood still meanwhile, seconds.
    errors_ms : tuple of float
        One for each click that was matched, in order.
    """

    median_ms: float
    p5_ms: float
    p95_ms: float
    clicks: int
    matched: int
    injected_s: float
    lateness_ms: float
    longest_stall_s: float
    errors_ms: tuple[float, ...]

    @property
    def spread_ms(self) -> float:
        """From the 5th percentile to the 95th."""
        return self.p95_ms - self.p5_ms

    @property
    def largest_ms(self) -> float:
        """The error that is furthest from none, with its sign."""
        return max(self.errors_ms, key=abs)

    def as_dict(self) -> dict[str, Any]:
        """Return everything for JSON."""
        return {**asdict(self), "spread_ms": self.spread_ms, "largest_ms": self.largest_ms}


def measure_sync(seconds: float, injected_s: float = 0.0, block_s: float = 0.01, load: int = 0) -> SyncReport:
    """Play clicks on a virtual sound card and compare what was seen with what was heard.

    Parameters
    ----------
    seconds : float
        Length of the utterance; there are about 1.6 clicks a second.
    injected_s : float
        An error to put in, as `PlayerConfig.av_offset`: the report has to move by as much.
    block_s : float
        Length of the card's blocks, seconds. The report must not depend on it.
    load : int
        How many processes keep the machine busy meanwhile, from `LOAD_AFTER_S` on.

    Raises
    ------
    AudioOutputError
        Something is not installed, the player failed, or too little was heard or seen; the message says what.
    """
    load_sounddevice()
    with tempfile.TemporaryDirectory(prefix="hostmode-sync-") as folder, VirtualSoundCard() as card:
        log = Path(folder) / "poses.npz"
        with card.record(block_s) as recording, StallMonitor() as monitor:
            _play(card, seconds, injected_s, log, load)
            if load:
                recording.wait(QUIET_AFTER_S)
        heard_s = recording.heard_at(find_clicks(recording.samples(), recording.rate))
        lateness_ms = 1000.0 * float(np.median(recording.lateness()))
        with np.load(log) as poses:
            shown_s = find_pulses(poses["times"], poses["jaw"])
    errors_ms = 1000.0 * match(heard_s, shown_s)
    clicks = len(click_instants(seconds))
    if len(errors_ms) < clicks / 2:
        raise AudioOutputError(
            f"of {clicks} clicks {len(heard_s)} were heard, {len(shown_s)} seen and {len(errors_ms)} matched; "
            "this machine may be too busy to measure on"
        )
    p5_ms, median_ms, p95_ms = np.percentile(errors_ms, (5, 50, 95)).tolist()
    return SyncReport(
        median_ms=median_ms,
        p5_ms=p5_ms,
        p95_ms=p95_ms,
        clicks=clicks,
        matched=len(errors_ms),
        injected_s=injected_s,
        lateness_ms=lateness_ms,
        longest_stall_s=monitor.longest_s,
        errors_ms=tuple(errors_ms.tolist()),
    )


def match(heard_s: npt.NDArray[np.float64], shown_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return, for each click that has a pulse near it, by how much the pulse is later, seconds."""
    if len(heard_s) == 0 or len(shown_s) == 0:
        return np.empty(0)
    distances = shown_s[None, :] - heard_s[:, None]
    nearest = np.abs(distances).argmin(axis=1)
    errors: npt.NDArray[np.float64] = distances[np.arange(len(heard_s)), nearest]
    return errors[np.abs(errors) < _LARGEST_ERROR_S]


def _play(card: VirtualSoundCard, seconds: float, injected_s: float, log: Path, load: int) -> None:
    command = [sys.executable, "-m", "hostmode.measure.click_player", str(seconds), str(injected_s), str(log)]
    player = subprocess.Popen(
        command, env=card.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        if load:
            with suppress(subprocess.TimeoutExpired):
                player.wait(LOAD_AFTER_S)
        with machine_load(load):
            stdout, stderr = player.communicate(timeout=seconds + _PATIENCE_S)
    finally:
        player.kill()
    if player.returncode != 0:
        reason = stderr.strip().splitlines() or ["no message"]
        raise AudioOutputError(f"the process that plays failed: {reason[-1]}")
    if json.loads(stdout)["audio_output"] != "sounddevice":
        raise AudioOutputError(f"the virtual sound card was not played on: {stderr.strip()}")
