"""``hostmode batch``: many recordings, and again from where it stopped."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hostmode.cli.printable import printable
from hostmode.cli.style import new_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hostmode.batching import Progress

app = new_app()

_LINE_INTERVAL_S: Final = 10.0


@app.command()
def batch(
    patterns: Annotated[
        list[str],
        typer.Argument(help="Files, or a quoted pattern such as 'recordings/**/*.json'.", metavar="PATTERN"),
    ],
    to: Annotated[
        str, typer.Option("--to", help="What comes of each: a path with {stem}, {name} or {parent} of the input.")
    ],
    do: Annotated[
        str | None,
        typer.Option(help="render, export, play, speak or inspect; by the ending of --to unless given."),
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; one a core unless given.", min=1, max=1024)] = None,
    engine: Annotated[
        str | None, typer.Option(help="ray://HOST:PORT or ray: a cluster; extra `ray`.", metavar="ENGINE")
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option(help="What was done; batch.ndjson beside the outputs unless given.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="An option of the command: --set size=256, --set transparent.", metavar="NAME=VALUE"
        ),
    ] = None,
) -> None:
    """Render, export, play, speak or inspect many files, on every core or on a cluster.

    What is done stands in a manifest, a line of JSON an item. Killed and started again, it does what is missing, and
    what changed. A file that fails stops no other; the summary says which failed and why, and the exit code is 1.

    Example: `hostmode batch 'recordings/*.json' --to 'videos/{stem}.mp4' --set size=256`

    Example: `hostmode batch 'takes/*.json' --to 'ue/{stem}.csv' --set rate=29.97 --workers 8`
    """
    from hostmode.batching import batch as run

    try:
        with _shown() as progress:
            done = run(
                patterns,
                to,
                do=do,
                workers=workers,
                engine=engine,
                manifest=manifest,
                progress=progress,
                words=[word for setting in option or [] for word in _words(setting)],
            )
    except ValueError as error:
        raise typer.BadParameter(printable(error)) from None
    for failure in done.failures:
        print(f"hostmode: {printable(failure.input)}: {printable(failure.error)}", file=sys.stderr)
    print(
        f"{done.done} done, {done.kept} kept, {done.failed} failed: {done.seconds:.1f} s of sound in "
        f"{done.elapsed:.1f} s, {done.real_time_factor:.1f} times real time; {printable(done.manifest)}"
    )
    if done.failed:
        raise typer.Exit(1)


def _words(setting: str) -> list[str]:
    name, equals, value = setting.partition("=")
    if not name or name.startswith("-"):
        raise typer.BadParameter(f"{printable(setting)} is not NAME=VALUE, such as size=256", param_hint="--set")
    return [f"--{name}", value] if equals else [f"--{name}"]


@contextlib.contextmanager
def _shown() -> Iterator[Callable[[Progress], None]]:
    """Show progress as a bar in a terminal, elsewhere as a line now and then."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")

        def show(progress: Progress) -> None:
            bar.update(task, total=progress.items, completed=_finished(progress), description=_pace(progress))

        yield show


class _Lines:
    def __init__(self) -> None:
        self._next_s = time.monotonic() + _LINE_INTERVAL_S

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _LINE_INTERVAL_S
        print(f"{_finished(progress)} of {progress.items}, {_pace(progress)}", file=sys.stderr, flush=True)


def _finished(progress: Progress) -> int:
    return progress.done + progress.kept + progress.failed


def _pace(progress: Progress) -> str:
    left = progress.time_left
    ahead = "" if left is None else f", {int(left) // 3600}:{int(left) // 60 % 60:02}:{int(left) % 60:02} left"
    failed = f", {progress.failed} failed" if progress.failed else ""
    return f"{progress.real_time_factor:.1f} times real time{ahead}{failed}"
