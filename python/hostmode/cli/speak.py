"""``hostmode speak``: a file of speech, and a face that says it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hostmode.cli.printable import printable
from hostmode.cli.style import new_app, working

app = new_app()


@app.command()
def speak(
    file: Annotated[Path, typer.Argument(help="Speech: WAV, FLAC, MP3, Ogg; any rate and channels.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Write a video (.mp4, .webm, .gif), or .png for 20 pictures.")
    ] = None,
    recording_out: Annotated[
        Path | None, typer.Option("--recording", help="Write sound and motion as a recording: .json.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of blinks, glances and the sway of the head.", min=0)] = 0,
    head: Annotated[Path | None, typer.Option(help="A head file; the built-in head unless given.")] = None,
    window: Annotated[
        bool, typer.Option("--window", help="Show a head in a window; needs the extra `view` and a display.")
    ] = False,
    web: Annotated[
        bool, typer.Option("--web", help="Show a head in a browser on this machine; needs the extra `video`.")
    ] = False,
    device: Annotated[
        str | None,
        typer.Option(help="Play there: a number or part of a name from `hostmode devices`.", metavar="DEVICE"),
    ] = None,
) -> None:
    """Speak a sound file: its motion is made here, without a service, and played with it.

    Live, a face in the terminal follows the sound; without a sound device it plays unheard, in the same time.
    With `--out` or `--recording` nothing is heard and nothing takes real time. The motion comes from the sound
    alone, by signal processing, and is not the vendor's model.

    Example: `hostmode speak speech.wav`

    Example: `hostmode speak speech.mp3 --out speech.mp4 --recording speech.json`
    """
    from hostmode.cli.live import Stage, play_live, summary_lines
    from hostmode.cli.render import render_recording, require_ending
    from hostmode.motion import speech_recording
    from hostmode.rig import Rig

    live = out is None and recording_out is None
    if not live and (window or web or device is not None):
        option = "--window" if window else "--web" if web else "--device"
        raise typer.BadParameter("plays live: leave out --out and --recording", param_hint=option)
    if head is not None and live and not (window or web):
        raise typer.BadParameter("is for a face: add --window, --web or --out", param_hint="--head")
    if out is not None:
        require_ending(out, file, "--out")
    if recording_out is not None and recording_out.suffix.lower() != ".json":
        raise typer.BadParameter(f"{printable(recording_out)} must end in .json", param_hint="--recording")
    with working(f"listening to {file.name}"):
        recording = speech_recording(file, seed)
    if recording_out is not None:
        recording.save(recording_out)
        print(f"{printable(recording_out)}: {recording.duration:.2f} s, {len(recording.keyframes)} keyframes")
    if out is not None:
        render_recording(recording, out, Rig.load() if head is None else Rig.load(head))
    if live:
        chosen: int | str | None = int(device) if device is not None and device.isdigit() else device
        stage = Stage(window, web, None if head is None else Rig.load(head))
        for line in summary_lines(play_live(recording, printable(file.name), device=chosen, stage=stage)):
            print(line)
