"""One look for all commands."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

import typer

from hostmode.cli.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator


def new_app(**settings: Any) -> typer.Typer:
    """Return a Typer app whose help flows as Markdown and whose errors are left to the group of commands."""
    return typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
        **settings,
    )


@contextlib.contextmanager
def working(text: str) -> Iterator[None]:
    """Show in a terminal that something takes its time; nothing elsewhere."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(printable(text))):
        yield
