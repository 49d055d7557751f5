"""``hostmode bench underruns``: drop-outs under loads that hold the interpreter lock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from hostmode.cli.style import new_app

if TYPE_CHECKING:
    from hostmode.measure.underruns import UnderrunRun

app = new_app()


@app.command()
def underruns(
    seconds: Annotated[float, typer.Option(help="Length of each run.", min=2.0, max=600.0)] = 60.0,
    load: Annotated[
        list[str] | None,
        typer.Option(help="Only this load: call, json, regex or none. May be repeated.", metavar="LOAD"),
    ] = None,
    attempts: Annotated[
        int, typer.Option(help="Tries for a run in which the machine itself does not stand still.", min=1, max=20)
    ] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """Count drop-outs while another thread holds the interpreter lock.

    A ramp is played on a virtual sound card with 0.1 s in its buffer, by the native callback and then by an
    ordinary Python one, and the card's recording is compared with it sample by sample. Loads: `call`, a C
    call that holds the lock for 150 ms again and again; `json`, a large document parsed; `regex`, a pattern
    that backtracks.

    Example: `hostmode bench underruns --seconds 10 --load call`
    """
    from hostmode.measure.interpreter_load import LOADS
    from hostmode.measure.underruns import CALLBACKS, measure_underruns

    chosen = tuple(load or LOADS)
    unknown = [name for name in chosen if name not in (*LOADS, "none")]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(LOADS)}, none", param_hint="--load")
    runs = []
    for name in chosen:
        for callback in CALLBACKS:
            runs.append(measure_underruns(callback, name, seconds, attempts))
            if not as_json:
                _progress(runs[-1])
    if as_json:
        print(json.dumps([run.as_dict() for run in runs]))
    else:
        _show(runs)


def _progress(run: UnderrunRun) -> None:
    from rich.console import Console

    Console(stderr=True).print(f"{run.load}, {run.callback} callback: done", style="dim", highlight=False)


def _show(runs: list[UnderrunRun]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="drop-outs a minute", title_justify="left")
    for column in ("load", "callback"):
        table.add_column(column)
    for column in ("gaps", "silence ms", "skips", "repeats", "whole ramp", "machine stall ms"):
        table.add_column(column, justify="right")
    for run in runs:
        told = run.as_dict()
        silence_ms = 1000 * run.count.gap_frames / run.rate * 60 / run.seconds
        table.add_row(
            run.load,
            run.callback,
            f"{told['gaps_per_minute']:.0f}",
            f"{silence_ms:.0f}",
            f"{told['skips_per_minute']:.0f}",
            f"{told['repeats_per_minute']:.0f}",
            "exact" if run.exact else "broken",
            f"{1000 * run.longest_stall_s:.0f}" + ("" if run.conclusive else " (inconclusive)"),
        )
    Console().print(table)
