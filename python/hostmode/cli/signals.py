"""A command that is ended from outside leaves the terminal and the sound card as it found them."""

from __future__ import annotations

import contextlib
import signal
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from rich.console import Console

    from hostmode.controller import Controller

_SIGNALS: Final = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))


# For the fade of a pause to reach the sound card before the whole process stands still.
_FADE_S: Final = 0.15


class Terminated(BaseException):
    """The process was asked to end; what it has open is closed on the way out."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def terminated_in_order() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the command as Ctrl-C does, then end the process by the same signal.

    Without this a hidden cursor stays hidden and a file that is being written stays incomplete. A signal that is
    ignored, as SIGHUP is under ``nohup``, stays ignored.
    """
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler is signal.SIG_DFL:
            signal.signal(number, _terminate)
    try:
        yield
    except Terminated as end:
        signal.signal(end.number, signal.SIG_DFL)
        signal.raise_signal(end.number)
    finally:
        for number, handler in before.items():
            if handler is signal.SIG_DFL:
                signal.signal(number, handler)


def _terminate(number: int, frame: FrameType | None) -> None:
    # Asked once is enough: a second signal must not break off the closing.
    signal.signal(number, signal.SIG_IGN)
    raise Terminated(number)


@contextlib.contextmanager
def paused_while_stopped(avatar: Controller, console: Console) -> Iterator[None]:
    """Let Ctrl-Z pause `avatar` and show the cursor, and `fg` go on where it was."""
    if not hasattr(signal, "SIGTSTP") or signal.getsignal(signal.SIGTSTP) is not signal.SIG_DFL:
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        avatar.pause()
        time.sleep(_FADE_S)
        if console.is_terminal:
            console.show_cursor(True)
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
        # Here the process stands still until it is told to go on.
        signal.signal(number, stop)
        if console.is_terminal:
            console.show_cursor(False)
        avatar.resume()

    signal.signal(signal.SIGTSTP, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
