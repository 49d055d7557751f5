"""The group of commands: imports the one that is called, and turns errors into one line and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Annotated, Any, ClassVar, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from hostmode.cli.style import new_app, printable
from hostmode.errors import AudioOutputError, HeadError, HostModeError, MissingExtraError, RecordingError

#: Each is a module of this package that holds an ``app``.
COMMANDS: Final = ("demo", "play", "render", "inspect", "plot", "devices", "bench")

#: Exit codes by what went wrong; the first that fits. 2 is a usage error.
EXIT_CODES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (RecordingError, 3),
    (HeadError, 3),
    (AudioOutputError, 5),
    (MissingExtraError, 6),
    (HostModeError, 1),
    (OSError, 4),
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
            result = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()
            return result
        except BrokenPipeError:
            # Whoever reads the output, `head` say, has seen enough: no error to tell anyone about.
            _discard_output()
            raise typer.Exit(1) from None
        except tuple(kind for kind, _ in EXIT_CODES) as error:
            print(f"hostmode: {one_line(error)}", file=sys.stderr)
            raise typer.Exit(exit_code(error)) from None


def one_line(error: Exception) -> str:
    """Say what went wrong without line breaks; for a file, its name first."""
    text = str(error)
    if isinstance(error, OSError) and error.strerror is not None:
        text = error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    return printable(" ".join(text.split())) or type(error).__name__


def _discard_output() -> None:
    # What is still buffered would be written, and fail, once more when Python ends.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def exit_code(error: Exception) -> int:
    """Return the exit code for `error`, which must be of one of the kinds above."""
    return next(code for kind, code in EXIT_CODES if isinstance(error, kind))


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
