"""A live sender whose motion comes about when it is due: how much of it is seen, and how far behind its sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode._core import KEYFRAME_FLOATS, KEYFRAME_RATE, Player, PlayerConfig, encode_message

if TYPE_CHECKING:
    import numpy.typing as npt

    from hostmode.recording import Recording

PICTURE_RATE: Final = 120
DEVICE_AHEAD_S: Final = 0.1
_BLOCK_S: Final = 0.01
_JAW: Final = 9
_EXPRESSION: Final = 20
# Not looked at: the first seconds, in which the transition and what is learnt show, and the last one.
_LEARNING_S: Final = 1.5
_ENDING_S: Final = 0.5
_LAG_STEP_S: Final = 0.001
_LONGEST_LAG_S: Final = 0.7


@dataclass(frozen=True)
class LiveMotion:
    """What `play_live` saw, against the keyframes themselves.

    Attributes
    ----------
    jaw_amplitude : float
        Deviation of the jaw's opening, as a multiple of the keyframes'.
    lag : float
        Seconds by which the jaw is behind its sound, before that waits for it: where it is most like the keyframes.
    likeness : float
        Correlation with them at that lag.
    largest_step : float
        Of the expression (Euclidean) from one of 120 pictures a second to the next.
    face_delay : float
        Seconds that the player held the face back at the end.
    waited : float
        Seconds for which the sound waited for the face, in pauses of the speech.
    """

    jaw_amplitude: float
    lag: float
    likeness: float
    largest_step: float
    face_delay: float
    waited: float


def play_live(
    recording: Recording,
    lead: float,
    *,
    jitter: float = 0.0,
    keyframes_a_message: int = 1,
    seconds: float = 15.0,
    seed: int = 0,
    **config: Any,
) -> LiveMotion:
    """Play the beginning of `recording`, whose sound is there while its motion comes live, in simulated time.

    Parameters
    ----------
    recording : Recording
        With sound and motion.
    lead : float
        Seconds by which a message comes before its first keyframe is due to be seen; negative: after that.
    jitter : float
        Most that a message is later than that, seconds, evenly distributed; none overtakes another.
    keyframes_a_message : int
        At least 1.
    seconds : float
        How much is played; no more than the recording has.
    seed : int
        Of the jitter.
    **config
        Of PlayerConfig. Sound waits for nothing and layers are off unless told.

    Returns
    -------
    LiveMotion
        From 1.5 s after the start to half a second before the end.
    """
    count = min(round(seconds * KEYFRAME_RATE), len(recording.keyframes))
    keyframes = recording.keyframes[:count]
    begins = np.arange(0, count, keyframes_a_message)
    late = np.random.default_rng(seed).uniform(0.0, jitter, len(begins)) if jitter else np.zeros(len(begins))
    arrivals = np.maximum.accumulate(begins / KEYFRAME_RATE + DEVICE_AHEAD_S - lead + late)
    messages = [
        encode_message(keyframes[begin : begin + keyframes_a_message], end=bool(begin + keyframes_a_message >= count))
        for begin in begins
    ]
    settings = {"motion_wait": 0.0, "prebuffer": 0.0, "layers": False, **config}
    player = Player(recording.sample_rate, PlayerConfig(**settings))
    pcm = recording.audio[: round(count / KEYFRAME_RATE * recording.sample_rate)]
    conversation_id = player.push_audio(pcm, True, now=0.0)

    pictures = np.empty((round(count / KEYFRAME_RATE * PICTURE_RATE), KEYFRAME_FLOATS), np.float32)
    heard = np.empty(len(pictures))
    block = np.empty(round(_BLOCK_S * recording.sample_rate), np.float32)
    blocks = 0
    pushed = 0
    for i in range(len(pictures)):
        now = i / PICTURE_RATE
        while blocks * _BLOCK_S <= now:
            player.render_audio(block, blocks * _BLOCK_S + DEVICE_AHEAD_S)
            blocks += 1
        while pushed < len(messages) and arrivals[pushed] <= now:
            player.push_motion([messages[pushed]], conversation_id, now=now)
            pushed += 1
        player.sample(now, pictures[i])
        heard[i] = player.audio_time(now=now)
    stats = player.stats()
    return _compare(keyframes, pictures, heard, stats.face_delay, stats.waited_for_motion)


def _compare(
    keyframes: npt.NDArray[np.float32],
    pictures: npt.NDArray[np.float32],
    heard: npt.NDArray[np.float64],
    face_delay: float,
    waited: float,
) -> LiveMotion:
    instants = np.arange(len(keyframes)) / KEYFRAME_RATE
    looked_at = (heard > _LEARNING_S) & (heard < instants[-1] - _ENDING_S)
    jaw = pictures[looked_at, _JAW]
    # Where the sound would be if it had never waited.
    first = int(np.argmax(heard > 0))
    undisturbed = heard[first] + (np.arange(len(heard)) - first)[looked_at] / PICTURE_RATE

    def due(lag: float) -> npt.NDArray[np.float64]:
        return np.asarray(np.interp(undisturbed - lag, instants, keyframes[:, _JAW]), np.float64)

    lags = np.arange(-0.1, _LONGEST_LAG_S, _LAG_STEP_S)
    likeness = [float(np.corrcoef(due(lag), jaw)[0, 1]) for lag in lags]
    best = int(np.argmax(likeness))
    steps = np.linalg.norm(np.diff(pictures[looked_at][:, _EXPRESSION:], axis=0), axis=1)
    return LiveMotion(
        jaw_amplitude=float(jaw.std() / due(lags[best]).std()),
        lag=float(lags[best]),
        likeness=likeness[best],
        largest_step=float(steps.max()),
        face_delay=face_delay,
        waited=waited,
    )
