"""``hostmode play``: a recording through the loudspeaker, or at once into files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hostmode.cli.printable import printable
from hostmode.cli.recording_options import RecordingFile, SampleRate, Sound, read_recording, say_rate
from hostmode.cli.style import new_app, working

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostmode.cli.live import Stage
    from hostmode.offline import Rendering
    from hostmode.recording import Recording
    from hostmode.sending import Destination

app = new_app()


@app.command()
def play(
    file: RecordingFile,
    sample_rate: SampleRate = None,
    audio: Sound = None,
    device: Annotated[
        str | None,
        typer.Option(help="Play there: a number or part of a name from `hostmode devices`.", metavar="DEVICE"),
    ] = None,
    window: Annotated[
        bool, typer.Option("--window", help="Show a head in a window; needs the extra `view` and a display.")
    ] = False,
    web: Annotated[
        bool, typer.Option("--web", help="Show a head in a browser on this machine; needs the extra `video`.")
    ] = False,
    head: Annotated[Path | None, typer.Option(help="A head file for them; the built-in head unless given.")] = None,
    face_map: Annotated[
        Path | None, typer.Option("--map", help="Your own way from keyframes to expressions: an .npz.")
    ] = None,
    send: Annotated[
        list[str] | None,
        typer.Option(
            "--send",
            help="Send the face to an engine: livelink://HOST or vmc://HOST (extra `vmc`); may be repeated.",
            metavar="URL",
        ),
    ] = None,
    audio_out: Annotated[
        Path | None, typer.Option("--audio-out", help="Write what would be heard: a mono 16-bit .wav file.")
    ] = None,
    poses_out: Annotated[
        Path | None,
        typer.Option("--poses-out", help="Write what would be seen: .npz (times, poses) or .csv."),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(help="Poses a second in --poses-out.", min=0.001, max=1000.0, metavar="HZ", show_default="60"),
    ] = None,
    exact: Annotated[
        bool,
        typer.Option(
            "--exact", help="In --poses-out the recording's own motion alone: no transitions, blinks or gaze."
        ),
    ] = False,
) -> None:
    """Play a recording live, or render it into files at once.

    Live, a face in the terminal follows the sound. It needs the extra `audio` and a sound device; without
    one it plays unheard, in the same time.

    With `--audio-out` or `--poses-out` nothing is heard and nothing takes real time. The files belong
    together: pose *i* is what the face does *i*/60 s into the sound. In the .npz are `times` (n,) in seconds
    and `poses` (n, 120); the .csv has a column for each value.

    Example: `hostmode play speech.json`

    Example: `hostmode play speech.json --window`, or `--web` without a display

    Example: `hostmode play speech.json --send livelink://127.0.0.1:11111/hostmode?latency=0.02`

    Example: `hostmode play speech.json --audio-out speech.wav --poses-out poses.npz --rate 60`
    """
    from hostmode.recording.rates import require_rate

    for source in (file, audio):
        _check_output(source, audio_out, "--audio-out", (".wav",))
        _check_output(source, poses_out, "--poses-out", (".npz", ".csv"))
    if poses_out is None and (rate is not None or exact):
        option = "--rate" if rate is not None else "--exact"
        raise typer.BadParameter("says how poses are written: add --poses-out poses.npz", param_hint=option)
    if not (window or web) and (head is not None or face_map is not None):
        option = "--head" if head is not None else "--map"
        raise typer.BadParameter("is for a face: add --window or --web", param_hint=option)
    destinations = _destinations(send or [])
    recording = read_recording(file, sample_rate, audio)
    require_rate(recording)
    say_rate(recording)
    if audio_out is None and poses_out is None:
        _play_live(recording, printable(file.name), device, _stage(window, web, head, face_map), destinations)
        return
    if window or web or destinations:
        option = "--window" if window else "--web" if web else "--send"
        raise typer.BadParameter("plays live: leave out --audio-out and --poses-out", param_hint=option)
    rate = 60.0 if rate is None else rate
    rendering = _render(recording, rate, exact)
    if audio_out is not None:
        rendering.save(audio_out)
        seconds = len(rendering.audio) / rendering.sample_rate
        print(f"{printable(audio_out)}: {seconds:.2f} s at {rendering.sample_rate} Hz")
    if poses_out is not None:
        with working(f"writing {poses_out.name}"):
            rendering.save(poses_out)
        print(f"{printable(poses_out)}: {len(rendering.times)} poses at {rate:g}/s")


def _check_output(source: Path | None, output: Path | None, option: str, endings: tuple[str, ...]) -> None:
    """Refuse a name that would mislead, and one that would overwrite the recording or its sound."""
    if output is None or source is None:
        return
    if output.suffix.lower() not in endings:
        raise typer.BadParameter(f"{printable(output)} must end in {' or '.join(endings)}", param_hint=option)
    if output.exists() and source.exists() and output.samefile(source):
        raise typer.BadParameter(
            f"{printable(output)} is the recording itself; choose another name", param_hint=option
        )


def _stage(window: bool, web: bool, head: Path | None, face_map: Path | None) -> Stage:
    from hostmode.cli.live import Stage
    from hostmode.rig import FaceMap, Rig

    return Stage(
        window,
        web,
        None if head is None else Rig.load(head),
        None if face_map is None else FaceMap.load(face_map),
    )


def _destinations(urls: list[str]) -> list[Destination]:
    from hostmode.sending import Destination

    try:
        return [Destination.parse(url) for url in urls]
    except ValueError as error:
        raise typer.BadParameter(printable(error), param_hint="--send") from None


def _play_live(
    recording: Recording, name: str, device: str | None, stage: Stage, destinations: Sequence[Destination]
) -> None:
    from hostmode.cli.live import play_live, summary_lines

    chosen = int(device) if device is not None and device.isdecimal() else device
    for line in summary_lines(play_live(recording, name, device=chosen, stage=stage, destinations=destinations)):
        print(line)


def _render(recording: Recording, rate: float, exact: bool) -> Rendering:
    from hostmode.offline import render_offline

    # Some hundred times faster than real time: worth a bar only where minutes of speech are rendered.
    if recording.duration < 120 or not sys.stderr.isatty():
        return render_offline(recording, rate, exact=exact)
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rendering", total=recording.duration)
        return render_offline(
            recording, rate, exact=exact, progress=lambda seconds: bar.update(task, completed=seconds)
        )
