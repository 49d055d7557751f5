"""``hostmode bench``: measurements of playback, made from outside. One module a measurement."""

from __future__ import annotations

from typing import ClassVar

from hostmode.cli.app import CommandGroup
from hostmode.cli.style import new_app


class BenchGroup(CommandGroup):
    """The measurements by module name."""

    package: ClassVar[str] = __name__
    modules: ClassVar[tuple[str, ...]] = ("sync", "underruns", "soak")


app = new_app(cls=BenchGroup, no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure playback from outside: lip-sync, drop-outs, memory.

    Nothing here believes what a player says about itself: `sync` and `underruns` record what a virtual sound
    card plays (PulseAudio; no hardware is needed and none is touched), `soak` watches the whole process.
    Needs the extra `audio`.
    """
