"""``hostmode demo``: everything at work, with nothing needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hostmode.cli.printable import printable
from hostmode.cli.style import new_app, working

app = new_app()


@app.command()
def demo(
    picture: Annotated[
        Path, typer.Option("--picture", help="Where to draw what was played; needs the extra `plot`.")
    ] = Path("demo.png"),
) -> None:
    """Play the utterance that comes with hostmode and show the face in the terminal.

    Fourteen seconds of synthetic speech and motion go through everything a live conversation goes
    through. Without a sound card they run on a silent clock, and the demo says why.

    At the end it says by how much the face lagged behind the sound, whether sound ran dry (underruns) or
    waited for motion (stalls), and draws a picture of what was played.

    Example: `hostmode demo`
    """
    from hostmode.cli.live import play_live, summary_lines
    from hostmode.errors import MissingExtraError
    from hostmode.recording import Recording
    from hostmode.recording.figure import save_figure

    recording = Recording.embedded()
    for line in summary_lines(play_live(recording, "hostmode demo")):
        print(line)
    try:
        with working("drawing what was played"):
            save_figure(recording, picture, title="hostmode demo")
    except MissingExtraError as error:
        print(f"picture  none: {error}")
    else:
        print(f"picture  {printable(picture)}")
