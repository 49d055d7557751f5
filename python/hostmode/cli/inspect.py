"""``hostmode inspect``: what a recording holds, and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hostmode.cli.style import new_app, printable, working

if TYPE_CHECKING:
    from hostmode.recording import Recording

app = new_app()


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A recording, in any of the published shapes.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if there are problems.")] = False,
) -> None:
    """Show what a recording holds and what is wrong with it.

    Checked: do sound and motion have the same length, is there one request id, does `end` come once and
    last, are messages empty or not motion, do the keyframes jump where messages meet, does the jaw move, is
    the sound silent or clipped.

    `messages` are the keyframes in each motion message, `seams` the keyframes that begin one. A jump there
    is smoothed when it is played.

    Example: `hostmode inspect speech.json`

    Example: `hostmode inspect speech.json --json | jq .problems`
    """
    from hostmode.recording import load_recording

    with working(f"reading {file.name}"):
        summary = summarise(load_recording(file))
    if as_json:
        print(json.dumps(summary))
    else:
        _show(file.name, summary)
    if strict and summary["problems"]:
        raise typer.Exit(1)


def summarise(recording: Recording) -> dict[str, Any]:
    """Return what `hostmode inspect --json` prints."""
    from hostmode.recording.checks import find_problems

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
        "problems": find_problems(recording),
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
    for index, problem in enumerate(summary["problems"]):
        table.add_row("problems" if index == 0 else "", Text(printable(problem), style="yellow"))
    if not summary["problems"]:
        table.add_row("problems", Text("none", style="green"))
    console = Console()
    console.print(Text(printable(name), style="bold"))
    console.print(table)
