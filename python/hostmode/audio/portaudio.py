"""Calls of PortAudio: each on a thread that may hang, with errors that say what is the matter."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from hostmode.errors import AudioOutputError, MissingAudioError

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

# How long an operation waits for the one before it. One that takes longer hangs, and holds up nobody else.
# Between two looks at whether an operation is done.
_LOOK_S = 0.05
_TURN_S = 2.0

# PortAudio's error codes (portaudio.h, PaErrorCode) for "not in this format" and for "not now".
_FORMAT_CODES = (-9998, -9997, -9994)  # paInvalidChannelCount, paInvalidSampleRate, paSampleFormatNotSupported
_BUSY_CODE = -9985  # paDeviceUnavailable
_REFUSED_CODES = (-9999, -9993)  # paUnanticipatedHostError, paBadIODeviceCombination

_ALSA_LIBRARY = "libasound.so.2"
_ALSA_HANDLER = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p
)


class _Turns:
    """Opening, closing and listing devices is not thread-safe in PortAudio."""

    def __init__(self) -> None:
        self.renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.renew)

    def renew(self) -> None:
        self._lock = threading.Lock()

    def take(self, work: Callable[[], Result]) -> Result:
        lock = self._lock
        mine = lock.acquire(timeout=_TURN_S)
        try:
            return work()
        finally:
            if mine:
                lock.release()


_turns = _Turns()


def _say_nothing(*_: object) -> None:
    """Take what ALSA would print: the error that PortAudio returns says the same."""


# Lives as long as ALSA may call it.
_quiet_handler = _ALSA_HANDLER(_say_nothing)


def _silence_alsa() -> None:
    # For this thread alone: the application may want to see what its own calls print.
    if not sys.platform.startswith("linux"):
        return
    try:
        ctypes.CDLL(_ALSA_LIBRARY).snd_lib_error_set_local(_quiet_handler)
    except (OSError, AttributeError):
        # A PortAudio that does not use it.
        return


class Operation(Generic[Result]):
    """Work of PortAudio on a daemon thread, of which nobody needs to see the end.

    Parameters
    ----------
    work : callable
        What to do.
    undo : callable
        Undoes its result if `abandon` came first.
    """

    def __init__(self, work: Callable[[], Result], undo: Callable[[Result], object] | None = None) -> None:
        self._work = work
        self._undo = undo
        self._lock = threading.Lock()
        self._abandoned = False
        self._result: list[Result] = []
        self._error: BaseException | None = None
        self._done = threading.Event()
        threading.Thread(target=self._run, name="hostmode-portaudio", daemon=True).start()

    def wait(self, timeout: float) -> bool:
        """Return whether it is done, after at most `timeout` seconds."""
        return self._done.wait(timeout)

    def wait_patiently(self, timeout: float) -> bool:
        """Return whether it is done, after about `timeout` seconds of a machine that is not busy.

        Counted in looks: where another thread keeps the interpreter's lock, the work is as slow as the looks are.
        """
        return any(self._done.wait(_LOOK_S) for _ in range(round(timeout / _LOOK_S)))

    def result(self) -> Result:
        """Return what the work returned, or raise what it raised; it must be done."""
        if self._error is not None:
            raise self._error
        return self._result[0]

    def abandon(self) -> None:
        """Let the result be undone, now or when it comes."""
        with self._lock:
            self._abandoned = True
            done = bool(self._result)
        if done and self._undo is not None:
            self._undo(self._result[0])

    def _run(self) -> None:
        _silence_alsa()
        try:
            result = _turns.take(self._work)
        except BaseException as error:
            self._error = error
        else:
            with self._lock:
                self._result.append(result)
                abandoned = self._abandoned
            if abandoned and self._undo is not None:
                self._undo(result)
        self._done.set()


def load_sounddevice() -> Any:
    """Import sounddevice.

    Raises
    ------
    AudioOutputError
        It, or the PortAudio library that it needs, is not installed; the message says what to install.
    """
    try:
        import sounddevice
    except ImportError as error:
        raise MissingAudioError('sounddevice is not installed: pip install "hostmode[audio]"') from error
    except OSError as error:
        raise AudioOutputError(
            "the PortAudio library is not installed: apt install libportaudio2, dnf install portaudio "
            "or brew install portaudio"
        ) from error
    except Exception as error:
        # PortAudio's own kind of error is defined in the module that has not been imported.
        raise AudioOutputError(f"PortAudio cannot be started: {error}") from error
    return sounddevice


def is_about_format(error: BaseException) -> bool:
    """Return whether a device refuses the rate or the channels, rather than everything."""
    return len(error.args) > 1 and error.args[1] in _FORMAT_CODES


def reason_of(error: BaseException) -> str:
    """Return in words why PortAudio refused."""
    if len(error.args) > 1 and error.args[1] == _BUSY_CODE:
        return f"another program uses it, or it is gone ({error})"
    if len(error.args) > 1 and error.args[1] in _REFUSED_CODES:
        return (
            f"the sound system refuses it: its server is gone, or this process was forked from one that had used "
            f"sound ({error})"
        )
    return str(error)
