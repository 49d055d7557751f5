"""``hostmode plot``: a recording as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hostmode.cli.printable import printable
from hostmode.cli.recording_options import RecordingFile, SampleRate, Sound, read_recording, say_rate
from hostmode.cli.style import new_app, working

app = new_app()


@app.command()
def plot(
    file: RecordingFile,
    output: Annotated[Path, typer.Argument(help="The picture: .png, .svg or .pdf.")],
    sample_rate: SampleRate = None,
    audio: Sound = None,
) -> None:
    """Draw a recording: sound, jaw, neck and expression over time, and where messages meet.

    Each row of the heat map is an expression coefficient, its mean taken off: a column that changes all at
    once at a dashed line is a jump that will be seen. Needs the extra `plot`.

    Example: `hostmode plot speech.json speech.png`
    """
    from hostmode.recording.figure import save_figure

    recording = read_recording(file, sample_rate, audio)
    say_rate(recording)
    with working(f"drawing {file.name}"):
        save_figure(recording, output, title=printable(file.name))
    print(printable(output))
