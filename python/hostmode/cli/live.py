"""Playback in real time, shown as a panel that moves, or as plain lines where there is no terminal."""

from __future__ import annotations

import contextlib
import time
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.cli.face import face_lines, jaw_bar, neck_bar
from hostmode.cli.signals import paused_while_stopped
from hostmode.errors import HostModeError, RecordingError
from hostmode.pose import as_poses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt
    from rich.console import Console, RenderableType

    from hostmode.controller import Controller
    from hostmode.pose import Pose
    from hostmode.recording import Recording
    from hostmode.rig import FaceMap, Rig
    from hostmode.sending import Destination
    from hostmode.view.window import Window

    #: Gives a controller a recording to play; the block begins when its conversation has.
    Feed = Callable[[Recording, Controller], contextlib.AbstractContextManager[None]]

_FRAMES_PER_SECOND: Final = 30
# Of the face, in a window, after the sound.
_REST_S: Final = 1.0
_LINE_INTERVAL_S: Final = 1.0
# Pictures, not seconds: of a command that is stopped (Ctrl-Z) the time passes, and nothing is lost by it.
_PATIENCE_PICTURES: Final = 15 * _FRAMES_PER_SECOND
_LARGEST_LAG_S: Final = 0.2
_LAG_STEP_S: Final = 0.002


@dataclass(frozen=True)
class Stage:
    """Where a face is shown besides the terminal, which head, and what moves it."""

    window: bool = False
    web: bool = False
    head: Rig | None = None
    face_map: FaceMap | None = None

    @property
    def rig(self) -> Rig:
        """The head that is shown."""
        from hostmode.rig import Rig

        return Rig.load() if self.head is None else self.head


@dataclass
class Playback:
    """What was seen while a recording played.

    Attributes
    ----------
    silent_because : str
        Why nothing could be heard; empty if it could.
    times, expressions : list
        Seconds of audio heard at each picture, and the expression, shape (100,), drawn in it.
    stats : dict
        `Controller.stats` at the end.
    lag_s : float or None
        See `motion_lag`.
    sent : list
        The address and the `Sender.stats` of each sender.
    """

    silent_because: str = ""
    times: list[float] = field(default_factory=list)
    expressions: list[npt.NDArray[np.float32]] = field(default_factory=list)
    stats: dict[str, Any] = field(default_factory=dict)
    lag_s: float | None = None
    sent: list[tuple[str, dict[str, float]]] = field(default_factory=list)


@contextlib.contextmanager
def _at_once(recording: Recording, avatar: Controller) -> Iterator[None]:
    conversation_id = avatar.yield_audio_data(recording.audio.data, end=True)
    avatar.yield_frames_data(list(recording.messages), conversation_id)
    yield


def play_live(
    recording: Recording,
    title: str,
    console: Console | None = None,
    *,
    device: int | str | None = None,
    stage: Stage = Stage(),
    destinations: Sequence[Destination] = (),
    feed: Feed = _at_once,
) -> Playback:
    """Play `recording` to its end and show the face meanwhile, in the terminal, a window or a browser, and send it.

    Without a sound card it plays unheard, in the same time, and the result says why. `device` is that of
    `SounddeviceOutput`; one that is not there raises `AudioOutputError`. `feed` gives the controller what it plays.
    """
    from rich.console import Console
    from rich.live import Live

    from hostmode.audio import SounddeviceOutput
    from hostmode.audio.device_stream import require_device
    from hostmode.controller import Controller

    if not recording.audio.size:
        raise RecordingError("the recording has no sound, and motion is played along its sound")
    console = console or Console()
    playback = Playback()
    if device is not None:
        # Who names a device wants that one: to play unheard instead would not do.
        require_device(device)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        controller = Controller(recording.sample_rate, output=SounddeviceOutput(device))
    playback.silent_because = "; ".join(str(warning.message) for warning in caught)
    with (
        controller as avatar,
        _maybe_window(avatar, title, stage) as shown,
        _maybe_web(avatar, stage, console),
        _sending(avatar, destinations, playback),
        feed(recording, avatar),
    ):
        with paused_while_stopped(avatar, console):
            if shown is not None:
                _show_in(shown, avatar, recording, playback)
            elif console.is_terminal:
                with Live(console=console, refresh_per_second=_FRAMES_PER_SECOND, transient=True) as live:
                    for pose in _pictures(avatar, recording, playback):
                        live.update(_panel(avatar, pose, recording, title, playback))
            else:
                _print_lines(avatar, recording, title, playback, console)
        playback.stats = avatar.stats()
    playback.lag_s = motion_lag(playback, recording)
    return playback


@contextlib.contextmanager
def _maybe_window(avatar: Controller, title: str, stage: Stage) -> Iterator[Window | None]:
    if not stage.window:
        yield None
        return
    from hostmode.view.window import Window

    with Window(avatar, stage.rig, title=title, face_map=stage.face_map) as window:
        yield window


@contextlib.contextmanager
def _sending(avatar: Controller, destinations: Sequence[Destination], playback: Playback) -> Iterator[None]:
    """Send the face meanwhile and until it has come to rest."""
    if not destinations:
        yield
        return
    from hostmode.sending import Sender

    with contextlib.ExitStack() as stack:
        senders = [stack.enter_context(Sender(avatar, destination)) for destination in destinations]
        yield
        time.sleep(_REST_S)
        playback.sent = [(one.destination.address, one.stats()) for one in senders]


@contextlib.contextmanager
def _maybe_web(avatar: Controller, stage: Stage, console: Console) -> Iterator[None]:
    """Serve the face, wait until somebody looks, and let it come to rest before it goes."""
    if not stage.web:
        yield
        return
    from hostmode.view.web import WebFace

    with WebFace(avatar, stage.rig, face_map=stage.face_map) as face:
        console.print(f"open {face.url} in a browser on this machine", highlight=False)
        face.wait_for_viewer()
        yield
        time.sleep(_REST_S)


def _show_in(window: Window, avatar: Controller, recording: Recording, playback: Playback) -> None:
    """Draw until the recording is over and the face has come to rest, or the window is closed."""
    for _ in _pictures(avatar, recording, playback, window.draw):
        if window.closing:
            return
    ended = time.monotonic()
    window.run(until=lambda: time.monotonic() - ended > _REST_S)


def _wait_for_next() -> None:
    time.sleep(1 / _FRAMES_PER_SECOND)


def _pictures(
    avatar: Controller, recording: Recording, playback: Playback, pace: Callable[[], None] = _wait_for_next
) -> Iterator[Pose]:
    """Yield a pose for each picture until the conversation is over."""
    standing, before_s = 0, -1.0
    while avatar.get_current_conversation_id() is not None:
        heard_s = avatar.get_audio_time()
        standing = standing + 1 if heard_s == before_s else 0
        before_s = heard_s
        if standing > _PATIENCE_PICTURES:
            raise HostModeError(f"playback stands still at {heard_s:.1f} of {recording.duration:.1f} s")
        pose = avatar.sample()
        if avatar.state == "playing":
            playback.times.append(heard_s)
            playback.expressions.append(np.array(pose["expression"]))
        yield pose
        pace()


def _print_lines(avatar: Controller, recording: Recording, title: str, playback: Playback, console: Console) -> None:
    console.print(f"{title}: {recording.duration:.1f} s", highlight=False, markup=False)
    if playback.silent_because:
        console.print(playback.silent_because, highlight=False, markup=False, soft_wrap=True)
    next_line_s = 0.0
    for pose in _pictures(avatar, recording, playback):
        heard_s = avatar.get_audio_time()
        if heard_s >= next_line_s:
            next_line_s += _LINE_INTERVAL_S
            console.print(
                f"{heard_s:5.1f} s  {avatar.state:8}  jaw {jaw_bar(pose)}  nod {neck_bar(pose, 0)}",
                highlight=False,
                soft_wrap=True,
            )


def _panel(avatar: Controller, pose: Pose, recording: Recording, title: str, playback: Playback) -> RenderableType:
    from rich.columns import Columns
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    stats = avatar.stats()
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column()
    facts.add_row("state", avatar.state)
    facts.add_row("audio", f"{avatar.get_audio_time():5.2f} of {recording.duration:.2f} s")
    facts.add_row("buffers", f"{stats['buffered_audio']:.1f} s sound, {stats['buffered_motion']:.1f} s motion")
    facts.add_row("jaw", Text(jaw_bar(pose), style="red"))
    for axis, name in enumerate(("nod", "turn", "tilt")):
        facts.add_row(name, Text(neck_bar(pose, axis), style="cyan"))
    face = Text("\n".join(line.ljust(26) for line in face_lines(pose)))
    subtitle = "playing unheard" if playback.silent_because else None
    return Panel(Columns([face, facts]), title=Text(title), subtitle=subtitle, width=76)


def motion_lag(playback: Playback, recording: Recording) -> float | None:
    """Return by how much the face shown lagged behind the recording's motion at the audio time, in seconds.

    Found by sliding the recording's expression along what was drawn: nothing the player says about itself is
    used but the audio time. ``None`` where too little was seen or nothing moves.
    """
    motion = as_poses(recording.keyframes)["expression"]
    times = np.array(playback.times)
    # What transitions and ends blend is not the recording's own motion.
    inside = (times > 0.5) & (times < recording.motion_duration - 0.5)
    if np.count_nonzero(inside) < _FRAMES_PER_SECOND or not np.ptp(motion, axis=0).any():
        return None
    times, shown = times[inside], np.stack(playback.expressions)[inside]
    instants = np.arange(len(motion)) / recording.keyframe_rate
    lags = np.arange(-_LARGEST_LAG_S, _LARGEST_LAG_S + _LAG_STEP_S / 2, _LAG_STEP_S)
    moving = np.argsort(np.ptp(motion, axis=0))[-8:]
    errors = [
        sum(float(np.sum((shown[:, c] - np.interp(times - lag, instants, motion[:, c])) ** 2)) for c in moving)
        for lag in lags
    ]
    return float(lags[int(np.argmin(errors))])


def summary_lines(playback: Playback) -> list[str]:
    """Say in plain lines how it went."""
    stats = playback.stats
    lag = "too short to say" if playback.lag_s is None else f"face {1000 * playback.lag_s:+.0f} ms from the sound"
    lines = [
        f"sync     {lag}, {len(playback.times)} pictures",
        f"buffers  {stats['underruns']} underruns, {stats['stalls']} stalls, "
        f"first sound after {1000 * (stats['time_to_first_sound'] or 0.0):.0f} ms, "
        f"{stats['keyframes']} keyframes, {stats['late_keyframes']} late",
    ]
    for address, counted in playback.sent:
        lines.append(
            f"sent     {counted['sent']:.0f} pictures to {address}, {counted['skipped']:.0f} skipped, "
            f"{counted['undelivered']:.0f} undelivered"
        )
    if playback.silent_because:
        lines.append(f"unheard  {playback.silent_because}")
    return lines
