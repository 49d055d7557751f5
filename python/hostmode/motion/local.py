"""Keyframes from the sound of speech by signal processing: no model, no download, no account."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode._core import KEYFRAME_FLOATS, KEYFRAME_RATE, PCM_RATES, SpeechFace
from hostmode.motion.closures import Closures
from hostmode.motion.eyes import Eyes
from hostmode.motion.mouth import Mouth, write_mouth
from hostmode.motion.track import STEPS, SmoothTrack

if TYPE_CHECKING:
    import numpy.typing as npt

# A keyframe is final when so much sound after its instant is known.
LOOK_AHEAD_S: Final = 0.24
_ROUNDING: Final = 1e-6  # of that, counted in keyframes
# Mouths move before they sound.
_ANTICIPATION_S: Final = 0.04
# Of a mouth's keyframe so many that follow are foreseen, and of its rounding, which is known later.
_AHEAD: Final = 2
_ROUNDING_AHEAD: Final = 1
_INSTANTS_S: Final = np.arange(1 - STEPS, STEPS * _AHEAD + 1) / (STEPS * KEYFRAME_RATE)
# So quiet is no speech yet, and surely some.
_QUIET: Final = (0.05, 0.15)

# Lips that shut pass through where they meet: what is wanted lies below, so that they stay shut between keyframes
# too. The sound is this sure of a closure when the lips meet, and when they are pressed.
_LIPS_MEET: Final = 0.3
_LIPS_PRESSED: Final = 0.7
_PRESSED: Final = 0.17
_MOST_PRESSED: Final = 0.5
# A closure must be seen; how wide a vowel is may be a little more or less.
_CLOSURE_WEIGHT: Final = 14.0
# Lips close over a jaw that stays half open, as in streams of the service: it is too heavy for each of them.
_JAW_SHUTS: Final = 0.5
# Chosen so that no more of the motion is fast than in a recording of the service.
_LIPS_STIFFNESS: Final = 0.9
_JAW_STIFFNESS: Final = 0.5
_ROUNDING_STIFFNESS: Final = 3.0

# Time constants of loudness in keyframes: of a syllable, and of a phrase.
_SYLLABLE: Final = 0.25 * KEYFRAME_RATE
_PHRASE: Final = 1.2 * KEYFRAME_RATE
_NOD_RAD: Final = 0.09
_TURN_RAD: Final = 0.05
_TILT_RAD: Final = 0.03
_BROWS_LIFT: Final = 4.0
_SWINGS_HZ: Final = 0.45  # at full loudness


class LocalMotion:
    """The motion of one utterance, made from its sound as it comes in; a `MotionSource`.

    It opens, rounds and shuts the mouth, nods and sways with the loudness, lifts the brows on stress, blinks
    and glances. It is **not** the service's model: it knows no phonemes, so tongue and teeth do not take part,
    and no emotion but liveliness.

    Parameters
    ----------
    sample_rate : int
        Of the sound, hertz; one of `hostmode.PCM_RATES`.
    seed : int
        Of blinks, glances and the sway of the head. The same sound and seed give the same keyframes, however
        the sound is cut.
    """

    def __init__(self, sample_rate: int, seed: int = 0) -> None:
        if sample_rate not in PCM_RATES:
            raise ValueError(
                f"sample_rate is {sample_rate}; it must be one of {PCM_RATES} Hz: resample to one of them"
            )
        self._rate = sample_rate
        self._sound = SpeechFace(sample_rate)
        self._closures = Closures(sample_rate)
        rng = np.random.default_rng(seed)
        self._eyes = Eyes(rng)
        self._lips = SmoothTrack(_LIPS_STIFFNESS, _AHEAD)
        self._jaw = SmoothTrack(_JAW_STIFFNESS, _AHEAD)
        self._rounding = SmoothTrack(_ROUNDING_STIFFNESS, _ROUNDING_AHEAD)
        self._swing = float(rng.uniform(0.0, 2.0 * math.pi))
        self._piece = round(sample_rate / KEYFRAME_RATE)
        self._waiting = np.empty(0, np.int16)
        self._samples = 0
        self._made = 0
        self._syllable = 0.0
        self._phrase = 0.0
        self._stress = 0.0
        self._finished = False

    def push(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
        """Take in mono samples, shape (n,), and return the keyframes they complete, shape (m, 120).

        A keyframe comes as soon as the sound up to 0.24 s after its instant is in.
        """
        if self._finished:
            raise ValueError("this utterance is finished; make a new LocalMotion for the next one")
        # Always in the same pieces: what is known of the sound when a keyframe is made depends on nothing else.
        waiting = np.concatenate([self._waiting, np.asarray(samples, np.int16)])
        pieces = len(waiting) // self._piece
        made = [self._push_piece(waiting[k * self._piece : (k + 1) * self._piece]) for k in range(pieces)]
        self._waiting = waiting[pieces * self._piece :]
        return np.concatenate(made) if made else _none()

    def finish(self) -> npt.NDArray[np.float32]:
        """Take note that the sound is over and return the rest: ``ceil(25 * seconds)`` keyframes in all."""
        if self._finished:
            return _none()
        self._finished = True
        self._take(self._waiting)
        self._sound.end_audio()
        return self._make(math.ceil((self._samples + len(self._waiting)) * KEYFRAME_RATE / self._rate))

    def _take(self, samples: npt.NDArray[np.int16]) -> None:
        self._sound.push_audio(samples)
        self._closures.push(samples)

    def _push_piece(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
        self._take(samples)
        self._samples += len(samples)
        known = (self._samples / self._rate - LOOK_AHEAD_S) * KEYFRAME_RATE
        return self._make(max(self._made, math.floor(known + _ROUNDING) + 1))

    def _make(self, end: int) -> npt.NDArray[np.float32]:
        keyframes = np.zeros((end - self._made, KEYFRAME_FLOATS), np.float32)
        for keyframe in keyframes:
            self._write(keyframe, self._made / KEYFRAME_RATE)
            self._made += 1
        return keyframes

    def _write(self, keyframe: npt.NDArray[np.float32], t_s: float) -> None:
        mouth, loudness = self._mouth_at(t_s + _ANTICIPATION_S)
        self._syllable += (loudness - self._syllable) / _SYLLABLE
        self._phrase += (loudness - self._phrase) / _PHRASE
        emphasis = self._syllable - self._phrase
        self._stress += (max(emphasis - 0.08, 0.0) - self._stress) / 4.0
        write_mouth(keyframe, mouth, min(1.0, _BROWS_LIFT * self._stress))

        self._swing += 2.0 * math.pi * _SWINGS_HZ * self._phrase / KEYFRAME_RATE
        keyframe[6:9] = (
            _NOD_RAD * emphasis,
            _TURN_RAD * math.sin(self._swing) * min(1.0, 2.0 * self._phrase),
            _TILT_RAD * math.sin(0.7 * self._swing + 1.0) * min(1.0, 2.0 * self._phrase),
        )
        pitch, yaw = self._eyes.gaze(t_s)
        keyframe[12:18] = (pitch, yaw, 0.0, pitch, yaw, 0.0)
        keyframe[18:20] = self._eyes.lids(t_s)

    def _mouth_at(self, t_s: float) -> tuple[Mouth, float]:
        instants = t_s + _INSTANTS_S
        sound = np.array([self._sound.sound_at(instant) for instant in instants])
        shut = np.array([self._closures.at(instant) for instant in instants])
        shut = np.clip((shut - _LIPS_MEET) / (_LIPS_PRESSED - _LIPS_MEET), 0.0, 1.0)
        audible = np.clip((sound[:, 0] - _QUIET[0]) / (_QUIET[1] - _QUIET[0]), 0.0, 1.0)
        opening = audible * sound[:, 0]
        rounding = (audible * sound[:, 1])[: STEPS * (1 + _ROUNDING_AHEAD)]
        alike = np.ones_like(shut)

        lips = self._lips.advance(opening * (1.0 - shut) - _PRESSED * shut, alike + (_CLOSURE_WEIGHT - 1.0) * shut)
        jaw = self._jaw.advance(opening * (1.0 - _JAW_SHUTS * shut), alike)
        rounded = self._rounding.advance(rounding, alike[: len(rounding)])
        mouth = Mouth(min(1.0, max(-_MOST_PRESSED, lips)), min(1.0, max(-1.0, rounded)), max(0.0, jaw))
        return mouth, float(np.mean(opening[: 2 * STEPS]))


def _none() -> npt.NDArray[np.float32]:
    return np.empty((0, KEYFRAME_FLOATS), np.float32)


def motion_for(audio: npt.NDArray[np.int16], sample_rate: int, seed: int = 0) -> npt.NDArray[np.float32]:
    """Return keyframes for a whole utterance.

    Parameters
    ----------
    audio : ndarray of int16, shape (n,)
        Mono speech.
    sample_rate : int
        Hertz; one of `hostmode.PCM_RATES`.
    seed : int
        See `LocalMotion`.

    Returns
    -------
    ndarray of float32, shape (ceil(25 n / sample_rate), 120)
    """
    source = LocalMotion(sample_rate, seed)
    return np.concatenate([source.push(audio), source.finish()])
