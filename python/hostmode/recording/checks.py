"""What can be wrong with a recording that nevertheless loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode.pose import as_poses
from hostmode.recording.rates import LENGTH_TOLERANCE_S, deduce_rate, describe_rate, is_doubtful

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from hostmode.recording.recording import Recording

#: A step at a seam that exceeds this multiple of the median step is seen unless it is smoothed.
SEAM_STEP_RATIO: Final = 2.5

#: Peak below which nothing can be heard, about -60 dB of full scale.
_SILENT_PEAK: Final = 33

#: A jaw that travels less (radians) does not move.
_STILL_JAW_RAD: Final = 1e-4

#: So many samples in a row at full scale are a cut-off peak, not a coincidence.
_CLIPPED_RUN: Final = 3

#: Type of the envelopes that carry motion and its `end`, and first byte of messages without an envelope.
_RESPONSE_ANIMATION: Final = 5
_BARE_ANIMATION: Final = 0x0A


def find_problems(recording: Recording) -> list[str]:
    """Return one line for each thing that will be heard, seen or refused; empty if there is none."""
    checks = (_ids, _messages, _ends, _lengths, _jaw, _sound)
    return [problem for check in checks for problem in check(recording)]


def find_notes(recording: Recording) -> list[str]:
    """Return one line for each thing worth knowing that playback copes with."""
    notes = (_rate, _missing_end, _seam_steps)
    return [note for check in notes for note in check(recording)]


def seam_step_ratios(recording: Recording) -> dict[int, float]:
    """Return the expression step at each seam as a multiple of the median step, by keyframe index."""
    steps = _expression_steps(recording.keyframes)
    median = float(np.median(steps)) if len(steps) else 0.0
    if median == 0.0:
        return {}
    return {seam: float(steps[seam - 1]) / median for seam in recording.seams}


def _expression_steps(keyframes: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    expression = as_poses(keyframes)["expression"].astype(np.float64)
    return np.asarray(np.linalg.norm(np.diff(expression, axis=0), axis=1), np.float64)


def _ids(recording: Recording) -> Iterator[str]:
    if len(recording.req_ids) > 1:
        yield (
            f"{len(recording.req_ids)} req_ids ({', '.join(recording.req_ids)}): a player follows the first "
            "and discards the others"
        )
    elif recording.req_ids and recording.req_id not in recording.req_ids:
        yield f"the file's req_id {recording.req_id} is not the messages' {recording.req_ids[0]}"
    avatars = sorted({motion.avatar_id for motion in recording.motions if motion.avatar_id})
    if len(avatars) > 1:
        yield f"motion for {len(avatars)} avatars: {', '.join(avatars)}"


def _messages(recording: Recording) -> Iterator[str]:
    if not recording.messages:
        yield "no motion messages: the face stays idle"
    for number, (message, motion) in enumerate(zip(recording.messages, recording.motions, strict=True), 1):
        if not message:
            yield f"message {number} is empty: skipped"
        elif motion.kind == "server_error":
            yield f"message {number} is a server error: {motion.error_code} {motion.error_message}".rstrip()
        elif motion.kind != "animation":
            yield f"message {number} is not motion (type {motion.type}): skipped"
        elif not len(motion.keyframes) and not motion.end:
            yield f"message {number} holds no keyframes"
        if motion.replaced_animations:
            yield (
                f"message {number} is {motion.replaced_animations + 1} messages glued together: "
                "only the last one's keyframes count"
            )


def _ends(recording: Recording) -> Iterator[str]:
    ends = [number for number, motion in enumerate(recording.motions, 1) if motion.end]
    if recording.messages and not ends and _can_end(recording):
        yield "no message carries end: a player cannot know that the motion is complete"
    elif len(ends) > 1:
        yield f"end comes {len(ends)} times, in messages {_listed(ends)}"
    elif ends and ends[0] != len(recording.messages):
        yield f"end comes in message {ends[0]} of {len(recording.messages)}, not in the last"


def _can_end(recording: Recording) -> bool:
    """Whether any message is of the protocol that has an `end`."""
    return any(
        motion.kind == "animation" and motion.type == _RESPONSE_ANIMATION and message[0] != _BARE_ANIMATION
        for message, motion in zip(recording.messages, recording.motions, strict=True)
    )


def _missing_end(recording: Recording) -> Iterator[str]:
    if any(motion.kind == "animation" for motion in recording.motions) and not _can_end(recording):
        yield "its messages are of a protocol without end: a player is told that they are complete"


def _rate(recording: Recording) -> Iterator[str]:
    line = describe_rate(recording)
    if line is not None:
        yield line


def _lengths(recording: Recording) -> Iterator[str]:
    excess_s = recording.motion_duration - recording.audio_duration
    if abs(excess_s) > LENGTH_TOLERANCE_S and recording.audio.size and len(recording.keyframes):
        comparison = "longer" if excess_s > 0 else "shorter"
        yield (
            f"the motion is {abs(excess_s):.2f} s {comparison} than the sound "
            f"({recording.motion_duration:.2f} s, {recording.audio_duration:.2f} s){_remedy(recording)}"
        )


def _remedy(recording: Recording) -> str:
    """Say what would give sound and motion the same length, where it is the rate."""
    rate = deduce_rate(len(recording.audio), len(recording.keyframes))
    if rate is not None and rate != recording.sample_rate:
        return f": is the rate {rate} Hz? At that they have the same length"
    return "; give the rate with --sample-rate" if is_doubtful(recording) else ""


def _seam_steps(recording: Recording) -> Iterator[str]:
    for seam, ratio in seam_step_ratios(recording).items():
        if ratio > SEAM_STEP_RATIO:
            seconds = seam / recording.keyframe_rate
            yield (
                f"the expression jumps at the seam of keyframe {seam} ({seconds:.2f} s): "
                f"{ratio:.1f} times the median step, smoothed when played"
            )


def _jaw(recording: Recording) -> Iterator[str]:
    jaw = as_poses(recording.keyframes)["jaw_pose"]
    if len(jaw) > 1 and float(np.ptp(jaw, axis=0).max()) < _STILL_JAW_RAD:
        yield "the jaw never moves"


def _sound(recording: Recording) -> Iterator[str]:
    if not recording.audio.size:
        yield "no sound: the motion has nothing to follow and cannot be played"
        return
    levels = np.abs(recording.audio.astype(np.int32))
    if int(levels.max()) < _SILENT_PEAK:
        yield "the sound is silent throughout"
    clipped = _runs(levels >= np.iinfo(np.int16).max, _CLIPPED_RUN)
    if clipped:
        yield f"the sound is clipped in {clipped} place{'s' if clipped > 1 else ''}"


def _runs(flags: npt.NDArray[np.bool_], length: int) -> int:
    """Count the runs of at least `length` set flags."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return int(np.count_nonzero(edges[1::2] - edges[::2] >= length))


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))
