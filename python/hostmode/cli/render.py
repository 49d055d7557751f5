"""``hostmode render``: a recording as a video or a sheet of pictures."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hostmode.cli.printable import printable
from hostmode.cli.style import new_app, working

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hostmode.recording import Recording
    from hostmode.rig import FaceMap, Rig
    from hostmode.view.offscreen import Offscreen, Wall
    from hostmode.view.performance import Performance

app = new_app()


@app.command()
def render(
    file: Annotated[Path, typer.Argument(help="A recording of any published shape, or speech: WAV, FLAC, MP3, Ogg.")],
    output: Annotated[
        Path, typer.Argument(help="What to write: .mp4, .webm, .gif, or .png for a sheet of 20 pictures.")
    ],
    size: Annotated[
        str, typer.Option(help="Pixels: one number for a square, or width and height.", metavar="N or WxH")
    ] = "512",
    fps: Annotated[int, typer.Option("--fps", help="Pictures a second.", min=1, max=120)] = 25,
    head: Annotated[Path | None, typer.Option(help="A head file; the built-in head unless given.")] = None,
    face_map: Annotated[
        Path | None, typer.Option("--map", help="Your own way from keyframes to expressions: an .npz.")
    ] = None,
    background: Annotated[
        str | None,
        typer.Option(help="A colour, such as #20242a, or a picture file.", metavar="COLOR or FILE"),
    ] = None,
    fit: Annotated[
        bool, typer.Option("--fit", help="Show the whole of the head, whatever its shape and the picture's.")
    ] = False,
    transparent: Annotated[bool, typer.Option("--transparent", help="No background: for .webm and .png.")] = False,
    lead_in: Annotated[float, typer.Option(help="Seconds before the sound.", min=0.0, max=60.0)] = 0.0,
    lead_out: Annotated[float, typer.Option(help="Seconds after it: it comes to rest.", min=0.0, max=60.0)] = 1.0,
) -> None:
    """Write a recording, or a file of speech, as a video with sound, or as a sheet of pictures.

    Needs the extra `video` and no display. The same recording gives the same file. Sound in an .mp4 is AAC, in
    a .webm Opus; a .gif has none.

    Example: `hostmode render speech.json speech.mp4`

    Example: `hostmode render speech.wav speech.mp4`: the motion is made here, from the sound alone

    Example: `hostmode render speech.json speech.webm --transparent --size 720x720 --fps 30`
    """
    from hostmode.motion.speech_file import is_sound_file, speech_recording
    from hostmode.recording import load_recording
    from hostmode.rig import BUILT_IN_HEAD, FaceMap, Rig

    ending = require_ending(output, file, "OUTPUT")
    width, height = _parse_size(size, even=ending != ".png")
    if transparent and (ending not in (".webm", ".png") or background is not None):
        raise typer.BadParameter("is for .webm and .png, without --background", param_hint="--transparent")
    with working(f"reading {file.name}"):
        recording = speech_recording(file) if is_sound_file(file) else load_recording(file)
        rig = Rig.load(BUILT_IN_HEAD if head is None else head)
        chosen_map = None if face_map is None else FaceMap.load(face_map)
    wall: Wall = "studio"
    if transparent:
        wall = None
    elif background is not None:
        wall = _parse_background(background, width, height)
    render_recording(
        *(recording, output, rig, (width, height), fps, wall),
        fit=fit,
        lead_in=lead_in,
        lead_out=lead_out,
        face_map=chosen_map,
    )


def require_ending(output: Path, source: Path, hint: str) -> str:
    """Return the ending of a film's name; refuse one that cannot be written, and what would overwrite `source`."""
    from hostmode.view.film import ENDINGS

    ending = output.suffix.lower()
    if ending not in ENDINGS:
        raise typer.BadParameter(f"{printable(output)} must end in {', '.join(ENDINGS)}", param_hint=hint)
    if output.exists() and source.exists() and output.samefile(source):
        raise typer.BadParameter("is the recording itself; choose another name", param_hint=hint)
    return ending


def render_recording(
    recording: Recording,
    output: Path,
    rig: Rig,
    size: tuple[int, int] = (512, 512),
    fps: int = 25,
    wall: Wall = "studio",
    *,
    fit: bool = False,
    lead_in: float = 0.0,
    lead_out: float = 1.0,
    face_map: FaceMap | None = None,
) -> None:
    """Play a recording, write it as a film, and say so."""
    from hostmode.view.camera import Camera
    from hostmode.view.offscreen import Offscreen
    from hostmode.view.performance import perform

    camera = Camera.fitting(rig, size[0] / size[1]) if fit else None
    with working("playing it"):
        performance = perform(recording, fps, lead_in=lead_in, lead_out=lead_out, face_map=face_map)
    with Offscreen(size, rig, camera=camera, background=wall, smooth=output.suffix.lower() == ".png") as stage:
        _write(output, performance, stage, fps)
    print(f"{printable(output)}: {len(performance) / fps:.2f} s, {size[0]}x{size[1]} at {fps}/s")


def _write(output: Path, performance: Performance, stage: Offscreen, fps: int) -> None:
    from hostmode.view.film import write_film

    if not sys.stderr.isatty():
        write_film(output, performance, stage, fps)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("drawing", total=len(performance))
        write_film(output, performance, stage, fps, lambda pictures: bar.update(task, completed=pictures))


def _parse_size(text: str, even: bool) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})(?:x(\d{1,5}))?", text)
    sides = (0, 0) if match is None else (int(match[1]), int(match[2] or match[1]))
    if not all(16 <= side <= 4096 for side in sides) or (even and any(side % 2 for side in sides)):
        kind = "even numbers" if even else "numbers"
        raise typer.BadParameter(
            f"{text!r}: give {kind} from 16 to 4096, such as 512 or 720x1280", param_hint="--size"
        )
    return sides


def _parse_background(text: str, width: int, height: int) -> tuple[float, float, float] | npt.NDArray[np.uint8]:
    from hostmode.view.picture_file import read_picture

    if re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        red, green, blue = (int(text[start : start + 2], 16) / 255 for start in (1, 3, 5))
        return red, green, blue
    if not Path(text).is_file():
        raise typer.BadParameter(
            f"{printable(text)} is neither a colour such as #20242a nor a picture file", param_hint="--background"
        )
    return read_picture(text, width, height)
