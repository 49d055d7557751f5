"""How a command ends: one line for an error that a user can act on, an exit code, and output that arrived."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Final, TextIO

from hostmode.cli.printable import printable
from hostmode.errors import AudioOutputError, HeadError, HostModeError, MissingExtraError, RecordingError

#: Exit codes by what went wrong; the first that fits. 2 is a usage error.
EXIT_CODES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (RecordingError, 3),
    (HeadError, 3),
    (MissingExtraError, 6),
    (AudioOutputError, 5),
    (HostModeError, 1),
    (BrokenPipeError, 1),
    (OSError, 4),
)

#: What `report` knows an exit code for.
REPORTED: Final = tuple(kind for kind, _ in EXIT_CODES)


def report(error: Exception) -> int:
    """Say what went wrong in one line on the standard error stream and return the exit code.

    A broken pipe is no error to tell anyone about: whoever reads the output, `head` say, has seen enough.
    """
    if not isinstance(error, BrokenPipeError):
        # Where nobody can be told, the exit code still tells.
        with contextlib.suppress(OSError, AttributeError):
            print(f"hostmode: {one_line(error)}", file=sys.stderr, flush=True)
    return next(code for kind, code in EXIT_CODES if isinstance(error, kind))


def one_line(error: Exception) -> str:
    """Say what went wrong without line breaks; for a file, its name first."""
    text = str(error)
    if isinstance(error, OSError) and error.strerror is not None:
        text = error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    return printable(" ".join(text.split())) or type(error).__name__


def flush_output(code: int) -> int:
    """Write what is still buffered and return the exit code: `code`, or another where that fails.

    Python would flush after the exit code is decided, and end with 120 where that fails.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        _discard(sys.stdout)
        # An error that was told already is not told again.
        code = code or report(error)
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)
    return code


def _discard(stream: TextIO) -> None:
    # What is still buffered would be written, and fail, once more when Python ends.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
