"""What hostmode raises. Every error is a :class:`HostModeError` and has a stable ``code``."""

from __future__ import annotations


class HostModeError(Exception):
    """Anything that goes wrong in hostmode, other than an argument of the wrong type or value."""

    code: str = "error"
    """A stable name for programs to compare, the same as AvatarKit's where it has one."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self.args == other.args)

    def __hash__(self) -> int:
        return hash((type(self), self.args))


class DecodeError(HostModeError, ValueError):
    """Bytes that are no valid motion message, or exceed a limit on one.

    Parameters
    ----------
    reason : str
        What is wrong.
    offset : int
        The index of the byte where it shows.
    """

    code = "invalid_animation_data"

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason, offset)
        self.reason = reason
        self.offset = offset

    def __str__(self) -> str:
        return f"{self.reason} (at byte {self.offset})"


class UnheardWarning(UserWarning):
    """A `Player` has sound that nobody asks for: neither `render_audio` nor the silent clock plays it."""


class RecordingError(HostModeError, ValueError):
    """A file that is no recording, or a recording with something wrong in it; the message is one line."""

    code = "invalid_recording"


class HeadError(HostModeError, ValueError):
    """A file that is no head, or a head with something wrong in it; the message is one line."""

    code = "invalid_head"


class AudioFormatError(HostModeError, ValueError):
    """What was given as PCM is a container, compressed sound or text; the message says what it is and what to do."""

    code = "audio_format"


class ClosedError(HostModeError):
    """A call on something that has been closed."""

    code = "closed"


class BufferFullError(HostModeError):
    """More audio or motion than the configured bound; what was accepted before is kept."""

    code = "buffer_full"


class AudioOutputError(HostModeError):
    """No audio output, or one that was lost."""

    code = "audio_output_lost"


class MissingExtraError(HostModeError, ImportError):
    """An optional package is needed and not installed; the message names the extra that brings it."""

    code = "missing_extra"


class MissingAudioError(MissingExtraError, AudioOutputError):
    """No audio output, because the package that brings it is not installed."""

    code = "missing_extra"
