"""The group of commands: imports the one that is called, and turns errors into one line and an exit code."""

from __future__ import annotations

import importlib
from typing import Annotated, Any, ClassVar, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from hostmode.cli.ending import REPORTED, report
from hostmode.cli.style import new_app

#: Each is a module of this package that holds an ``app``.
COMMANDS: Final = (
    "demo",
    "play",
    "speak",
    "render",
    "inspect",
    "plot",
    "export",
    "batch",
    "devices",
    "emulate",
    "serve",
    "connect",
    "bench",
)


class CommandGroup(TyperGroup):
    """Commands by module name; each is a module of `package` that holds an ``app``."""

    package: ClassVar[str] = "hostmode.cli"
    modules: ClassVar[tuple[str, ...]] = COMMANDS

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order in which the help shows them."""
        return list(self.modules)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import the command, or return ``None`` for a name that is none."""
        if cmd_name not in self.modules:
            return None
        command = get_command(importlib.import_module(f"{self.package}.{cmd_name}").app)
        command.name = cmd_name
        return command

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error a user can act on becomes one line."""
        try:
            return super().invoke(ctx)
        except REPORTED as error:
            raise typer.Exit(report(error)) from None


app = new_app(
    cls=CommandGroup,
    no_args_is_help=True,
    epilog="Exit codes: 0 done, 2 wrong usage, 3 not a valid recording or head, 4 a file cannot be read or written, "
    "5 no audio output, 6 an optional package is missing, 1 any other error.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from hostmode import __version__

        print(__version__)
        raise typer.Exit


@app.callback()
def hostmode(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Play, inspect and show AvatarKit Host Mode recordings.

    Start with `hostmode demo`: it needs no file, no server and no sound card.
    """
