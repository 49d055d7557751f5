"""``hostmode play``: a recording through the loudspeaker, or at once into files."""

from __future__ import annotations

import sys
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hostmode.cli.style import new_app

if TYPE_CHECKING:
    from hostmode.offline import Rendering
    from hostmode.recording import Recording

app = new_app()


@app.command()
def play(
    file: Annotated[Path, typer.Argument(help="A recording, in any of the published shapes.")],
    audio_out: Annotated[
        Path | None, typer.Option("--audio-out", help="Write what would be heard: a mono 16-bit WAV file.")
    ] = None,
    poses_out: Annotated[
        Path | None,
        typer.Option("--poses-out", help="Write what would be seen: .npz (times, poses) or .csv."),
    ] = None,
    rate: Annotated[
        float, typer.Option(help="Poses a second in the file.", min=0.001, max=1000.0, metavar="HZ")
    ] = 60.0,
    exact: Annotated[
        bool,
        typer.Option("--exact", help="Poses of the recording alone: no transitions, blinks or gaze."),
    ] = False,
) -> None:
    """Play a recording live, or render it into files at once.

    Live, it needs the extra `audio` and a sound device; without one the motion runs on a silent clock. With
    `--audio-out` or `--poses-out` nothing is heard and nothing takes real time; the poses are those of a
    player whose audio clock is followed exactly.

    Example: `hostmode play speech.json --audio-out speech.wav --poses-out poses.npz --rate 60`
    """
    from hostmode.recording import load_recording

    if poses_out is not None and poses_out.suffix.lower() not in (".npz", ".csv"):
        raise typer.BadParameter(f"{poses_out} must end in .npz or .csv", param_hint="--poses-out")
    recording = load_recording(file)
    if audio_out is None and poses_out is None:
        _play_live(recording, file.name)
        return
    rendering = _render(recording, rate, exact)
    if audio_out is not None:
        write_wav(rendering, audio_out)
        print(f"{audio_out}: {len(rendering.audio) / rendering.sample_rate:.2f} s at {rendering.sample_rate} Hz")
    if poses_out is not None:
        write_poses(rendering, poses_out)
        print(f"{poses_out}: {len(rendering.times)} poses at {rate:g}/s")


def _play_live(recording: Recording, name: str) -> None:
    from hostmode.cli.live import play_live, summary_lines

    for line in summary_lines(play_live(recording, name)):
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


def write_wav(rendering: Rendering, path: Path) -> None:
    """Write the sound as a mono 16-bit WAV file."""
    with path.open("wb") as file, wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rendering.sample_rate)
        sound.writeframes(rendering.audio.astype("<i2").tobytes())


def write_poses(rendering: Rendering, path: Path) -> None:
    """Write the poses by the ending of `path`: arrays for NumPy, or a table with one line a pose."""
    import numpy as np

    from hostmode.pose import KEYFRAME_DTYPE

    if path.suffix.lower() == ".npz":
        with path.open("wb") as file:
            np.savez(file, times=rendering.times, poses=rendering.poses)
        return
    names = [
        f"{name}_{index}" for name in KEYFRAME_DTYPE.names or () for index in range(KEYFRAME_DTYPE[name].shape[0])
    ]
    table = np.column_stack((rendering.times, rendering.poses))
    np.savetxt(path, table, fmt="%.9g", delimiter=",", header=",".join(["time", *names]), comments="")
