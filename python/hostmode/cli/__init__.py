"""The ``hostmode`` command. Its commands live one a module and are imported when they are called."""

from __future__ import annotations

import io
import sys
from typing import NoReturn

from hostmode.cli.ending import REPORTED, flush_output, report

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line; the entry point of ``hostmode`` and ``python -m hostmode``."""
    # Outside UTF-8, as where Windows writes to a pipe, a bar of question marks is better than no output.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = _run()
    except REPORTED as error:
        code = report(error)
    sys.exit(flush_output(code))


def _run() -> int:
    from hostmode.errors import MissingExtraError

    try:
        import rich  # noqa: F401
        import typer  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(f'{error.name} is not installed; pip install "hostmode[cli]"') from None
    from hostmode.cli.app import app
    from hostmode.cli.signals import terminated_in_order

    try:
        with terminated_in_order():
            app(prog_name="hostmode")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0
