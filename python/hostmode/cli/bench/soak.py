"""``hostmode bench soak``: many controllers for long, in simulated time."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from hostmode.cli.style import new_app

app = new_app()


@app.command()
def soak(
    controllers: Annotated[int, typer.Option(help="How many in this one process.", min=1, max=10000)] = 1000,
    minutes: Annotated[float, typer.Option(help="Simulated minutes.", min=3.0, max=1440.0)] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run many controllers on silent clocks and see whether memory or threads grow.

    Time is simulated: an hour of a thousand controllers takes some minutes. Every controller speaks, is
    interrupted and is sampled throughout. The first tenth of the time, at least two minutes, is warm-up.

    Example: `hostmode bench soak --controllers 100 --minutes 10`
    """
    from hostmode.measure.soak import soak as run_soak

    report = run_soak(controllers, 60.0 * minutes)
    if as_json:
        print(json.dumps(report.as_dict()))
        return
    print(
        f"played   {report.conversations} conversations of {report.controllers} controllers, "
        f"{report.simulated_s / 60:g} simulated minutes in {report.elapsed_s:.0f} s"
    )
    print(
        f"memory   {report.resident_mb[0]:.2f} MB after the warm-up, {report.growth_mb:+.2f} MB at the end, "
        f"steady growth {report.steady_growth_mb:+.3f} MB"
    )
    print(f"threads  {report.threads_before} before, {report.threads_after} after")
