"""Motion from sound: keyframes whose jaw, lips and neck follow the speech they are made from.

Nothing is learnt and nobody's recording is used: a few bands of the spectrum say how open, spread, rounded
or hissing the mouth is, loudness and pitch move the head. The dimensions are those measured on real streams:
only the neck, the first angle of the jaw and the first fifty expression coefficients move, 99 % of the energy
lies below 6 Hz, and the mouth leads the sound. `hostmode.motion` is no substitute here: it is made to be seen,
closes the lips within a keyframe (8 % of its energy lies above 6.5 Hz, of a real stream's 0.3 %), moves eyes and
lids, and keeps the mouth on the sound, of which a real stream's jaw is 130 ms ahead.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import signal

Floats = npt.NDArray[np.float64]

KEYFRAME_RATE_HZ = 25
KEYFRAME_FLOATS = 120
_NECK = slice(6, 9)
_JAW_PITCH = 9
_EXPRESSION = slice(20, 70)

_ANTICIPATION_S = 0.1  # mouths move before they sound
_ANALYSIS_RATE_HZ = 200
_WINDOW_S = 0.032
_SPEECH_FLOOR_DB = -38.0  # below the loudest speech: silence
_LIP_CUTOFF_HZ = 3.5
_MOOD_CUTOFF_HZ = 0.5
_NECK_CUTOFF_HZ = 1.1
_JAW_CLOSED_RAD = 0.006
_JAW_RANGE_RAD = 0.17  # a jaw that is fully open is at about 0.25 rad
_NECK_BIAS_RAD = (0.05, -0.012, 0.02)  # every avatar carries its head a little askew
_QUANTUM = 2.0**-12  # far below what can be seen; makes the stored file compress


class Articulation(NamedTuple):
    """How the mouth is held, each from 0 to 1 at the analysis rate."""

    opening: Floats
    spread: Floats
    rounding: Floats
    hiss: Floats
    effort: Floats


def keyframes_from_speech(audio: npt.NDArray[np.int16], sample_rate: int) -> npt.NDArray[np.float32]:
    """Return keyframes, shape (ceil(25 s), 120), for mono speech."""
    samples = audio.astype(np.float64) / 32768
    count = -(-len(audio) * KEYFRAME_RATE_HZ // sample_rate)
    mouth = _articulation(samples, sample_rate)
    keyframes = np.zeros((count, KEYFRAME_FLOATS))
    lips = np.stack([_at_keyframes(_low_pass(x, _LIP_CUTOFF_HZ), count, _ANTICIPATION_S) for x in mouth])
    keyframes[:, _JAW_PITCH] = _JAW_CLOSED_RAD + _JAW_RANGE_RAD * np.clip(lips[0], 0, 1)
    # A face is never at rest between phrases: how busy the speech is at large stays in its expression.
    mood = _at_keyframes(_low_pass(mouth.effort, _MOOD_CUTOFF_HZ), count, _ANTICIPATION_S)
    features = np.vstack([lips, mood])
    keyframes[:, _EXPRESSION] = features.T @ _expression_basis(len(features))
    keyframes[:, _NECK] = _neck(samples, sample_rate, mouth.effort, count)
    return (np.round(keyframes / _QUANTUM) * _QUANTUM).astype(np.float32)


def _articulation(samples: Floats, sample_rate: int) -> Articulation:
    hop = sample_rate // _ANALYSIS_RATE_HZ
    window = round(_WINDOW_S * sample_rate)
    frequencies, _, spectrum = signal.stft(
        samples, sample_rate, nperseg=window, noverlap=window - hop, boundary="zeros", padded=True
    )
    power = np.abs(spectrum) ** 2

    def band(low_hz: float, high_hz: float) -> Floats:
        inside = (frequencies >= low_hz) & (frequencies < high_hz)
        return np.asarray(power[inside].sum(axis=0), np.float64)

    voice = band(120, 4000)
    loudness_db = 10 * np.log10(np.maximum(voice / voice.max(), 1e-9))
    effort = np.clip(1 - loudness_db / _SPEECH_FLOOR_DB, 0, 1)
    # A high first formant is an open vowel, a high second one spread lips, energy below both rounded ones.
    close, open_, middle, front = band(150, 480), band(480, 1100), band(1100, 1800), band(1800, 3200)
    vowel = close + open_ + middle + front + 1e-12
    hissing = band(3800, 7600) / (voice + band(3800, 7600) + 1e-9 * voice.max())
    openness = np.clip(1.9 * (open_ + 0.5 * middle) / vowel, 0, 1)
    return Articulation(
        opening=effort * (0.35 + 0.65 * openness) * (1 - 0.7 * hissing),
        spread=effort * np.clip(9 * front / vowel, 0, 1),
        rounding=effort * np.clip(close / vowel - 0.45, 0, 1) * 1.8 * (1 - hissing),
        hiss=effort * hissing,
        effort=effort,
    )


def _expression_basis(features: int) -> Floats:
    # What the coefficients mean belongs to the head that shows them; here they only have to move as they do
    # in real streams: all of the first fifty, each its own mixture, the later ones less.
    rng = np.random.default_rng(25)
    weights = rng.uniform(-1, 1, size=(features, 50)) * np.linspace(1.8, 0.7, 50)
    return np.asarray(weights, np.float64)


def _neck(samples: Floats, sample_rate: int, effort: Floats, count: int) -> Floats:
    stress = _low_pass(effort, _NECK_CUTOFF_HZ)
    pitch = _low_pass(_pitch_semitones(samples, sample_rate, effort), _NECK_CUTOFF_HZ)
    phrase = _low_pass(effort, _NECK_CUTOFF_HZ / 3)
    nod = 0.07 * (stress - stress.mean()) - 0.008 * pitch
    turn = 0.05 * _sideways(phrase)
    tilt = 0.004 * pitch + 0.03 * _sideways(np.roll(phrase, _ANALYSIS_RATE_HZ // 2))
    axes = [_at_keyframes(axis, count, _ANTICIPATION_S) for axis in (nod, turn, tilt)]
    return np.stack(axes, axis=1) + _NECK_BIAS_RAD


def _sideways(phrase: Floats) -> Floats:
    # To one side during a phrase and to the other during the next: the integral of its loudness, wrapped.
    travelled = np.cumsum(phrase) / max(phrase.sum(), 1e-9)
    return np.asarray(np.sin(2 * np.pi * 2.5 * travelled), np.float64)


def _pitch_semitones(samples: Floats, sample_rate: int, effort: Floats) -> Floats:
    """Return the pitch around its mean, held where there is none."""
    hop, window = sample_rate // _ANALYSIS_RATE_HZ, round(0.04 * sample_rate)
    shortest, longest = sample_rate // 350, sample_rate // 80
    padded = np.pad(samples, window // 2)
    semitones = np.full(len(effort), np.nan)
    for index in range(min(len(effort), (len(padded) - window) // hop + 1)):
        frame = padded[index * hop : index * hop + window]
        frame = frame - frame.mean()
        similarity = np.correlate(frame, frame, "full")[window - 1 :]
        lag = shortest + int(np.argmax(similarity[shortest:longest]))
        if effort[index] > 0.5 and similarity[lag] > 0.5 * similarity[0]:
            semitones[index] = 12 * np.log2(sample_rate / lag)
    voiced = np.flatnonzero(~np.isnan(semitones))
    held = np.interp(np.arange(len(semitones)), voiced, semitones[voiced])
    return np.asarray(held - held.mean(), np.float64)


def _low_pass(values: Floats, cutoff_hz: float) -> Floats:
    # A Gaussian neither rings nor shifts; half power at the cutoff.
    sigma = np.sqrt(np.log(2)) / (2 * np.pi * cutoff_hz) * _ANALYSIS_RATE_HZ
    reach = round(4 * sigma)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(values, reach, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), "valid")


def _at_keyframes(values: Floats, count: int, lead_s: float) -> Floats:
    times = np.arange(count) / KEYFRAME_RATE_HZ + lead_s
    return np.interp(times * _ANALYSIS_RATE_HZ, np.arange(len(values)), values)
