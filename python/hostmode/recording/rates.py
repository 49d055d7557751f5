"""The sample rate of a recording that states none: deduced from how long sound and motion are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from hostmode._core import KEYFRAME_RATE, PCM_RATES
from hostmode.errors import RecordingError

if TYPE_CHECKING:
    from hostmode.recording.recording import Recording

#: Rate of the shapes that state none, unless sound and motion say another one.
DEFAULT_SAMPLE_RATE: Final = 16000

#: Sound and motion of one utterance differ by up to a few keyframes in real recordings.
LENGTH_TOLERANCE_S: Final = 0.2

#: Sound and motion whose lengths differ by less than this have the same length. The closest rates, 44100 and
#: 48000 Hz, are four times as far apart.
RATE_TOLERANCE: Final = 0.02

#: How a recording's rate is known.
RateSource = Literal["stated", "deduced", "assumed"]


def deduce_rate(samples: int, keyframes: int) -> int | None:
    """Return the rate at which the sound is as long as the motion, or ``None`` where no rate fits both."""
    wanted = samples * KEYFRAME_RATE / keyframes if keyframes else 0.0
    return next((rate for rate in PCM_RATES if abs(wanted / rate - 1.0) <= RATE_TOLERANCE), None)


def guess_rate(samples: int, keyframes: int) -> tuple[int, RateSource]:
    """Return the rate of sound that states none, and how it is known."""
    deduced = deduce_rate(samples, keyframes)
    return (deduced, "deduced") if deduced is not None else (DEFAULT_SAMPLE_RATE, "assumed")


def check_rate(rate: int) -> None:
    """Refuse a rate that sound cannot have, with ``ValueError``."""
    if rate not in PCM_RATES:
        raise ValueError(f"sample_rate is {rate}; it must be one of {', '.join(map(str, PCM_RATES))}")


def describe_rate(recording: Recording) -> str | None:
    """Say how the rate is known, in one line, where the file does not state it."""
    rate, source = recording.sample_rate, recording.sample_rate_source
    if source == "deduced":
        return f"no sample rate is stated: {rate} Hz, at which the sound is as long as the motion"
    if source == "assumed":
        doubt = ", though sound and motion then differ" if is_doubtful(recording) else ""
        return f"no sample rate is stated: {rate} Hz is assumed{doubt}"
    return None


def is_doubtful(recording: Recording) -> bool:
    """Whether the rate is a guess that sound and motion speak against."""
    if recording.sample_rate_source != "assumed" or not recording.audio.size or not len(recording.keyframes):
        return False
    return abs(recording.motion_duration - recording.audio_duration) > max(
        LENGTH_TOLERANCE_S, RATE_TOLERANCE * recording.motion_duration
    )


def require_rate(recording: Recording) -> None:
    """Refuse to play at a rate that is a guess which sound and motion speak against.

    Raises
    ------
    RecordingError
        Says both lengths and how to give the rate.
    """
    if is_doubtful(recording):
        raise RecordingError(
            f"no sample rate is stated, and at {recording.sample_rate} Hz the sound takes "
            f"{recording.audio_duration:.2f} s and the motion {recording.motion_duration:.2f} s; "
            "give the rate: --sample-rate, or sample_rate= of load_recording"
        )
