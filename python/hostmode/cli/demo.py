"""``hostmode demo``: everything at work, with nothing needed."""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hostmode.cli.printable import printable
from hostmode.cli.style import new_app, working

if TYPE_CHECKING:
    from hostmode.recording import Recording

app = new_app()

_FILM_RATE: Final = 25
_SHEET_SIZE: Final = 256


def has_display() -> bool:
    """Return whether a window can be hoped for: a display, and what draws into it."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    return all(importlib.util.find_spec(name) is not None for name in ("glfw", "moderngl"))


@app.command()
def demo(
    picture: Annotated[
        Path, typer.Option("--picture", help="Where to draw what was played; needs the extra `plot`.")
    ] = Path("demo.png"),
    film: Annotated[
        Path,
        typer.Option("--film", help="Where to show it as a video, where there is no display; extra `video`."),
    ] = Path("demo.mp4"),
) -> None:
    """Let the speech that comes with hostmode become a talking face, over everything that lies between.

    Fourteen seconds of synthetic speech; motion is made of it here; a relay carries both to a client on this
    machine; that plays them and shows the face, in a window where there is a display. Without a sound card it plays
    on a silent clock, and the demo says why. A line tells what each stage did.

    At the end it says by how much the face lagged behind the sound, whether sound ran dry (underruns) or
    waited for motion (stalls), and draws a picture of what was played. Without a display the face is shown in
    the terminal, and as a video and a sheet of pictures beside it.

    Example: `hostmode demo`
    """
    from hostmode.cli.carried import Carried, over_relay
    from hostmode.cli.live import Stage, play_live, summary_lines
    from hostmode.errors import MissingExtraError
    from hostmode.recording.figure import save_figure

    made = _motion_of_speech()
    in_window = has_display()
    carried = Carried(made)
    stage = Stage(window=in_window)
    playback = play_live(made, "hostmode demo", stage=stage, feed=functools.partial(over_relay, carried))
    came = carried.recording
    print(
        f"relay    {came.audio_duration:.2f} s of sound and {len(came.keyframes)} keyframes over {carried.url}, "
        f"{'byte for byte what was sent' if carried.whole else 'not all of what was sent'}"
    )
    for line in summary_lines(playback):
        print(line)
    if not in_window:
        _show_as_film(came, film)
    try:
        with working("drawing what was played"):
            save_figure(came, picture, title="hostmode demo")
    except MissingExtraError as error:
        print(f"picture  none: {error}")
    else:
        print(f"picture  {printable(picture)}")


def _motion_of_speech() -> Recording:
    """Make motion of the embedded sound, as if that were all there is, and say so."""
    from hostmode.motion import motion_for
    from hostmode.recording import Recording

    speech = Recording.embedded()
    print(f"speech   {speech.audio_duration:.2f} s at {speech.sample_rate} Hz, without motion")
    begun_s = time.perf_counter()
    keyframes = motion_for(speech.audio, speech.sample_rate)
    took_s = time.perf_counter() - begun_s
    times = speech.audio_duration / took_s
    print(f"motion   {len(keyframes)} keyframes made of it here in {took_s:.2f} s, {times:.0f} times real time")
    return Recording.from_keyframes(speech.audio, speech.sample_rate, keyframes, req_id="demo")


def _show_as_film(recording: Recording, film: Path) -> None:
    from hostmode.errors import HostModeError
    from hostmode.view.film import write_film
    from hostmode.view.offscreen import Offscreen
    from hostmode.view.performance import perform

    sheet = film.with_name(f"{film.stem}-sheet.png")
    try:
        with working("filming it"):
            performance = perform(recording, _FILM_RATE, lead_out=1.0)
            with Offscreen(512, smooth=False) as stage:
                write_film(film, performance, stage, _FILM_RATE)
            with Offscreen(_SHEET_SIZE) as stage:
                write_film(sheet, performance, stage, _FILM_RATE)
    except HostModeError as error:
        print(f"film     none: {error}")
    else:
        print(f"film     {printable(film.absolute())} and {printable(sheet.absolute())}")
