"""``hostmode export``: a recording as a file for an engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hostmode.cli.printable import printable
from hostmode.cli.recording_options import RecordingFile, SampleRate, Sound, read_recording, say_rate
from hostmode.cli.style import new_app, working

app = new_app()


@app.command()
def export(
    file: RecordingFile,
    output: Annotated[
        Path,
        typer.Argument(help="What to write: .csv, .json, .glb, .vrma, .usda, .usdc, .usd, .npz or .parquet."),
    ],
    as_format: Annotated[
        str | None,
        typer.Option("--as", help="livelink, a2f, glb, vrma, usd or poses; by the ending unless given."),
    ] = None,
    rate: Annotated[
        str, typer.Option("--rate", help="Frames a second, 24 to 120: 25, 29.97, 30000/1001.", metavar="FPS")
    ] = "60",
    start: Annotated[
        str | None, typer.Option("--start", help="Timecode of the first frame of a .csv.", metavar="HH:MM:SS:FF")
    ] = None,
    no_sound: Annotated[bool, typer.Option("--no-sound", help="Write no .wav file beside it.")] = False,
    shapes: Annotated[
        str | None, typer.Option(help="Of a .vrma: vrm, the presets of every model, or arkit, for perfect sync.")
    ] = None,
    head: Annotated[Path | None, typer.Option(help="A head file, for .glb and USD; the built-in head.")] = None,
    face_map: Annotated[
        Path | None, typer.Option("--map", help="Your own way from keyframes to expressions: an .npz.")
    ] = None,
    sample_rate: SampleRate = None,
    audio: Sound = None,
) -> None:
    """Write a recording as a file for an engine, and its sound as a .wav file beside it.

    A .csv is that of Live Link Face, for Unreal; a .json that of NVIDIA's Audio2Face; a .glb holds a head with its
    expressions and an animation of them; a .vrma moves any VRM model; .usda, .usdc and .usd are a stage (extra
    `usd`); .npz and .parquet (extra `parquet`), and a .csv with `--as poses`, are tables of poses.

    Example: `hostmode export speech.json speech.glb`

    Example: `hostmode export speech.json take.csv --rate 29.97 --start 01:00:00:00`
    """
    from hostmode.engines.frame_rate import frame_of, parse_frame_rate
    from hostmode.exporting import export as write
    from hostmode.exporting import format_of
    from hostmode.rig import BUILT_IN_HEAD, FaceMap

    for option, check in (
        ("OUTPUT", lambda: format_of(output, as_format)),
        ("--rate", lambda: parse_frame_rate(rate)),
        ("--start", lambda: frame_of(start or "00:00:00:00", parse_frame_rate(rate))),
    ):
        try:
            check()
        except ValueError as error:
            raise typer.BadParameter(printable(error), param_hint=option) from None
    if shapes not in (None, "vrm", "arkit"):
        raise typer.BadParameter(f"{printable(shapes)} is neither vrm nor arkit", param_hint="--shapes")
    kind = format_of(output, as_format)
    for option, given, kinds in (
        ("--start", start, ("livelink",)),
        ("--shapes", shapes, ("vrma",)),
        ("--head", head, ("glb", "usd")),
        ("--map", face_map, ("livelink", "a2f", "glb", "vrma", "usd")),
    ):
        if given is not None and kind not in kinds:
            raise typer.BadParameter(f"means nothing for {kind}: it is for {', '.join(kinds)}", param_hint=option)
    written = [output] if no_sound else [output, output.with_suffix(".wav")]
    for source in (file, audio):
        if source is not None and source.exists() and any(w.exists() and w.samefile(source) for w in written):
            raise typer.BadParameter("would take the place of the recording itself", param_hint="OUTPUT")
    recording = read_recording(file, sample_rate, audio)
    say_rate(recording)
    with working(f"writing {output.name}"):
        done = write(
            recording,
            output,
            rate=rate,
            format=as_format,
            sound=not no_sound,
            start=start or "00:00:00:00",
            shapes=shapes or "vrm",
            head=BUILT_IN_HEAD if head is None else head,
            face_map=None if face_map is None else FaceMap.load(face_map),
        )
    beside = f", sound in {printable(done.sound.name)}" if done.sound is not None else ""
    print(f"{printable(output)}: {done.frames} frames at {float(done.rate):.6g}/s, {done.seconds:.2f} s{beside}")
