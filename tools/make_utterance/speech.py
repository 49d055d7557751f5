"""Speech from text: espeak-ng speaks, sox takes the edge off the synthesiser and resamples."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

SAMPLE_RATE = 16000

_VOICE = "en-us+Annie"
_WORDS_PER_MINUTE = 158
_PITCH = 42  # of 0 to 99; the variant's own 50 is shrill after the treble cut
_LEAD_IN_S = 0.25  # silence in which mouths can begin to open
_PAUSE_S = 0.38
_TAIL_S = 0.45

# Formant synthesis buzzes between 3.5 and 6 kHz and rumbles below the voice.
_TONE = ["highpass", "75", "equalizer", "4600", "1.2q", "-5", "lowpass", "-1", "7000", "norm", "-3"]


def speak(sentences: Sequence[str]) -> npt.NDArray[np.int16]:
    """Return mono samples at `SAMPLE_RATE` of the sentences with pauses between them."""

    def silence(seconds: float) -> npt.NDArray[np.int16]:
        return np.zeros(round(seconds * SAMPLE_RATE), np.int16)

    parts = [silence(_LEAD_IN_S)]
    for sentence in sentences:
        parts += [_trimmed(_synthesise(sentence)), silence(_PAUSE_S)]
    parts[-1] = silence(_TAIL_S)
    return np.concatenate(parts)


def _synthesise(sentence: str) -> npt.NDArray[np.int16]:
    spoken = subprocess.run(
        ["espeak-ng", "-v", _VOICE, "-s", str(_WORDS_PER_MINUTE), "-p", str(_PITCH), "--stdout", sentence],
        check=True,
        capture_output=True,
    ).stdout
    # -R fixes sox's random numbers, -D switches dither off: both for a reproducible file.
    raw = ["-t", "raw", "-e", "signed-integer", "-b", "16", "-c", "1", "-L", "-"]
    shaped = subprocess.run(
        [
            "sox",
            "-R",
            "-D",
            "--ignore-length",
            "-t",
            "wav",
            "-",
            *raw,
            *_TONE,
            "rate",
            "-v",
            str(SAMPLE_RATE),
        ],
        check=True,
        input=spoken,
        capture_output=True,
    ).stdout
    return np.frombuffer(shaped, "<i2").astype(np.int16)


def _trimmed(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 60)
    margin = round(0.03 * SAMPLE_RATE)
    return samples[max(0, loud[0] - margin) : loud[-1] + margin]
