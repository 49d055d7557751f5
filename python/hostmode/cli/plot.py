"""``hostmode plot``: a recording as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hostmode.cli.style import new_app, printable, working

app = new_app()


@app.command()
def plot(
    file: Annotated[Path, typer.Argument(help="A recording, in any of the published shapes.")],
    output: Annotated[Path, typer.Argument(help="The picture: .png, .svg or .pdf.")],
) -> None:
    """Draw a recording: sound, jaw, neck and expression over time, and where messages meet.

    Each row of the heat map is an expression coefficient, its mean taken off: a column that changes all at
    once at a dashed line is a jump that will be seen. Needs the extra `plot`.

    Example: `hostmode plot speech.json speech.png`
    """
    from hostmode.recording import load_recording
    from hostmode.recording.figure import save_figure

    with working(f"drawing {file.name}"):
        save_figure(load_recording(file), output, title=printable(file.name))
    print(printable(output))
