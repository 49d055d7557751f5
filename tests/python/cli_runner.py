"""Running the command line in this process."""

from __future__ import annotations

import re

from typer.testing import CliRunner

from hostmode.cli.app import app


def run_cli(*arguments: object, fails_with: str | None = None) -> str:
    """Run ``hostmode`` and return what it printed; `fails_with` is a pattern that a failure must be said with."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    plain = " ".join(re.sub(r"[│╭╮╰╯─]|\x1b\[[0-9;]*m", " ", result.output).split())
    if fails_with is None:
        assert result.exit_code == 0, result.output
    else:
        assert result.exit_code != 0
        assert re.search(fails_with, plain), plain
        assert "Traceback" not in result.output
    return result.output
