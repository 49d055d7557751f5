"""``hostmode demo``: everything at work, with nothing needed."""

from __future__ import annotations

import importlib.util
import os
import sys
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
    """Play the utterance that comes with hostmode and show the face, in a window where there is a display.

    Fourteen seconds of synthetic speech and motion go through everything a live conversation goes
    through. Without a sound card they run on a silent clock, and the demo says why.

    At the end it says by how much the face lagged behind the sound, whether sound ran dry (underruns) or
    waited for motion (stalls), and draws a picture of what was played. Without a display the face is shown in
    the terminal, and as a video and a sheet of pictures beside it.

    Example: `hostmode demo`
    """
    from hostmode.cli.live import Stage, play_live, summary_lines
    from hostmode.errors import MissingExtraError
    from hostmode.recording import Recording
    from hostmode.recording.figure import save_figure

    recording = Recording.embedded()
    in_window = has_display()
    for line in summary_lines(play_live(recording, "hostmode demo", stage=Stage(window=in_window))):
        print(line)
    if not in_window:
        _show_as_film(recording, film)
    try:
        with working("drawing what was played"):
            save_figure(recording, picture, title="hostmode demo")
    except MissingExtraError as error:
        print(f"picture  none: {error}")
    else:
        print(f"picture  {printable(picture)}")


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
