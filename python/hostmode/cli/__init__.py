"""The ``hostmode`` command. Its commands live one a module and are imported when they are called."""

from __future__ import annotations

import io
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; the entry point of ``hostmode`` and ``python -m hostmode``."""
    try:
        import rich  # noqa: F401
        import typer  # noqa: F401
    except ImportError as error:
        print(f'hostmode: {error.name} is not installed; pip install "hostmode[cli]"', file=sys.stderr)
        sys.exit(1)
    from hostmode.cli.app import app

    # Outside UTF-8, as where Windows writes to a pipe, a bar of question marks is better than no output.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    app(prog_name="hostmode")
