"""``hostmode inspect``: what a recording holds, and what is wrong with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hostmode.cli.printable import printable
from hostmode.cli.recording_options import RecordingFile, SampleRate, Sound, read_recording
from hostmode.cli.style import new_app

if TYPE_CHECKING:
    from hostmode.recording import Recording

app = new_app()


@app.command()
def inspect(
    file: RecordingFile,
    sample_rate: SampleRate = None,
    audio: Sound = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if there are problems.")] = False,
) -> None:
    """Show what a recording holds and what is wrong with it.

    Checked: do sound and motion have the same length, is there one request id, does `end` come once and
    last, are messages empty or not motion, does the jaw move, is the sound silent or clipped.

    `messages` are the keyframes in each motion message, `seams` the keyframes that begin one. `notes` are no
    problems: jumps where messages meet, which are smoothed when played, and a sample rate that the file does not
    state.

    Example: `hostmode inspect speech.json`

    Example: `hostmode inspect speech.json --json | jq .problems`
    """
    summary = summarise(read_recording(file, sample_rate, audio))
    if as_json:
        print(json.dumps(summary))
    else:
        _show(file.name, summary)
    if strict and summary["problems"]:
        raise typer.Exit(1)


def summarise(recording: Recording) -> dict[str, Any]:
    """Return what `hostmode inspect --json` prints."""
    from hostmode.recording.checks import find_notes, find_problems

    return {
        "messages": len(recording.messages),
        "keyframes": len(recording.keyframes),
        "keyframe_rate": recording.keyframe_rate,
        "audio_seconds": recording.audio_duration,
        "motion_seconds": recording.motion_duration,
        "sample_rate": recording.sample_rate,
        "connection_id": recording.connection_id,
        "req_ids": list(recording.req_ids),
        "message_keyframes": [len(motion.keyframes) for motion in recording.motions],
        "seams": list(recording.seams),
        "sample_rate_source": recording.sample_rate_source,
        "problems": find_problems(recording),
        "notes": find_notes(recording),
    }


def _show(name: str, summary: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    def joined(values: list[Any]) -> str:
        return " ".join(map(str, values)) or "none"

    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    rows = {
        "sound": f"{summary['audio_seconds']:.1f} s at {summary['sample_rate']} Hz, mono, 16 bit",
        "motion": f"{summary['motion_seconds']:.1f} s: {summary['keyframes']} keyframes at "
        f"{summary['keyframe_rate']:g}/s in {summary['messages']} messages",
        "messages": joined(summary["message_keyframes"]),
        "seams": joined(summary["seams"]),
        "req_id": joined(summary["req_ids"]),
        "connection": summary["connection_id"] or "none",
    }
    for label, value in rows.items():
        table.add_row(label, Text(printable(value)))
    for index, note in enumerate(summary["notes"]):
        table.add_row("notes" if index == 0 else "", Text(printable(note)))
    for index, problem in enumerate(summary["problems"]):
        table.add_row("problems" if index == 0 else "", Text(printable(problem), style="yellow"))
    if not summary["problems"]:
        table.add_row("problems", Text("none", style="green"))
    console = Console()
    console.print(Text(printable(name), style="bold"))
    console.print(table)
