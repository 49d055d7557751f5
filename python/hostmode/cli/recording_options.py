"""The recording that a command reads, and what can be said about it where the file does not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hostmode.cli.printable import printable
from hostmode.cli.style import working

if TYPE_CHECKING:
    from hostmode.recording import Recording


def _one_of_the_rates(rate: int | None) -> int | None:
    from hostmode._core import PCM_RATES

    if rate is not None and rate not in PCM_RATES:
        raise typer.BadParameter(f"{rate} is none of {', '.join(map(str, PCM_RATES))}")
    return rate


RecordingFile = Annotated[Path, typer.Argument(help="A recording, in any of the published shapes.")]
SampleRate = Annotated[
    int | None,
    typer.Option(
        "--sample-rate",
        help="The rate of its sound, where the file is silent.",
        metavar="HZ",
        callback=_one_of_the_rates,
    ),
]
Sound = Annotated[
    Path | None,
    typer.Option("--audio", help="Its sound: raw 16-bit mono PCM, or a .wav file.", metavar="FILE"),
]


def read_recording(file: Path, sample_rate: int | None, sound: Path | None) -> Recording:
    """Load `file`, saying in a terminal that it takes a moment."""
    from hostmode.recording import load_recording

    with working(f"reading {printable(file.name)}"):
        return load_recording(file, sample_rate=sample_rate, audio=sound)


def say_rate(recording: Recording) -> None:
    """Say which rate was chosen, and why, where the file states none."""
    from hostmode.recording.rates import describe_rate

    line = describe_rate(recording)
    if line is not None:
        print(f"hostmode: {line}", file=sys.stderr)
