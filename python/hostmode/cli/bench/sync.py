"""``hostmode bench sync``: how far the face is from the sound."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from hostmode.cli.style import new_app

if TYPE_CHECKING:
    from hostmode.measure.sync_meter import SyncReport

# What is asked of the virtual card, milliseconds.
_MEDIAN_GOAL_MS = 10.0
_SPREAD_GOAL_MS = 5.0
# And on a busy machine.
_LOADED_MEDIAN_GOAL_MS = 1.0
_LOADED_LARGEST_GOAL_MS = 8.0

app = new_app()


@app.command()
def sync(
    seconds: Annotated[float, typer.Option(help="Length of the test utterance.", min=5.0, max=1000.0)] = 60.0,
    inject: Annotated[
        float,
        typer.Option(help="Shift the face by so many seconds on purpose: the report must follow.", min=-0.1, max=0.1),
    ] = 0.0,
    load: Annotated[
        int, typer.Option(help="Keep the machine busy with so many processes meanwhile.", min=0, max=200)
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the time of the pose minus the time of the sound.

    Clicks and jaw pulses that belong together are played in a process of their own, which samples the pose 60
    times a second; the virtual sound card is recorded by another, and this one compares the two. Positive:
    the face is late. The time of a recorded sample is known to about 0.3 ms.

    With `--load`, half of so many processes compute and half fork without end: a kiosk beside a model.

    Example: `hostmode bench sync --load 30`
    """
    from hostmode.measure.sync_meter import measure_sync

    report = measure_sync(seconds, inject, load=load)
    if as_json:
        print(json.dumps(report.as_dict()))
        return
    for line in report_lines(report, load):
        print(line)


def report_lines(report: SyncReport, load: int = 0) -> list[str]:
    """Say in plain lines what was measured."""
    from hostmode.measure.underruns import STALL_LIMIT_S

    off_ms = report.median_ms - 1000.0 * report.injected_s
    median_goal_ms = _LOADED_MEDIAN_GOAL_MS if load else _MEDIAN_GOAL_MS
    good = abs(off_ms) <= median_goal_ms and report.spread_ms <= _SPREAD_GOAL_MS
    if load:
        good = good and abs(report.largest_ms - 1000.0 * report.injected_s) <= _LOADED_LARGEST_GOAL_MS
    lines = [
        f"clicks   {report.matched} of {report.clicks} heard and seen",
        f"median   {report.median_ms:+.2f} ms (pose minus sound; p5 {report.p5_ms:+.2f}, p95 {report.p95_ms:+.2f})",
        f"spread   {report.spread_ms:.2f} ms from p5 to p95, largest {report.largest_ms:+.2f} ms",
        f"goals    median within {median_goal_ms:g} ms, spread within {_SPREAD_GOAL_MS:g} ms"
        + (f", largest within {_LOADED_LARGEST_GOAL_MS:g} ms" if load else "")
        + (": met" if good else ": missed"),
    ]
    if report.injected_s:
        lines.insert(1, f"injected {1000 * report.injected_s:+.2f} ms, of which {off_ms:+.2f} ms remain unexplained")
    if not good and report.longest_stall_s >= STALL_LIMIT_S:
        lines.append(
            f"machine  stood still for {1000 * report.longest_stall_s:.0f} ms: measure again when it is less busy"
        )
    return lines
