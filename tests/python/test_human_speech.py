"""Local motion of people's speech, of Debian's package pocketsphinx-testdata (LibriVox, read from a novel)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from cli_runner import run_cli
from graphics import needs_graphics
from test_speak import FINE_HZ, film_without_motion, mouth_pixels, write_wav, written_opening

from hostmode.motion import load_speech, motion_for

pytestmark = pytest.mark.outer

FOLDER = Path("/usr/share/pocketsphinx/test/data/librivox")
PAUSE_S = 0.8


@pytest.fixture(scope="module")
def sentences() -> tuple[list[npt.NDArray[np.int16]], int]:
    """Return what is read, one after the other, and its rate."""
    files = sorted(FOLDER.glob("*.wav"))
    if not files:
        pytest.skip("needs recorded speech: Debian's pocketsphinx-testdata")
    read = [load_speech(file) for file in files]
    return [samples for samples, _ in read], read[0][1]


def loudness(audio: npt.NDArray[np.int16], rate: int, count: int) -> npt.NDArray[np.float64]:
    """Return `count` values `FINE_HZ` times a second, each of the 70 ms around its instant."""
    power = np.concatenate([[0.0], np.cumsum(audio.astype(np.float64) ** 2)])
    middles = np.arange(count) * rate // FINE_HZ
    reach = round(0.035 * rate)
    begin, end = np.maximum(middles - reach, 0), np.minimum(middles + reach, len(audio))
    return np.sqrt((power[end] - power[begin]) / (end - begin))


def test_mouth_opens_with_a_readers_voice_within_40_ms(
    sentences: tuple[list[npt.NDArray[np.int16]], int],
) -> None:
    spoken, rate = sentences
    assert len(spoken) == 5
    for audio in spoken:
        opening = np.maximum(written_opening(motion_for(audio, rate)), 0)
        loud = loudness(audio, rate, len(audio) * FINE_HZ // rate)
        inner = slice(20, len(loud) - 20)
        likeness = [np.corrcoef(loud[inner], np.roll(opening, -lag)[inner])[0, 1] for lag in range(-15, 16)]
        assert abs(int(np.argmax(likeness)) - 15) <= 0.04 * FINE_HZ
        assert max(likeness) > 0.45
        assert np.mean(opening[: len(loud)][loud > 0.5 * np.percentile(loud, 98)] > 0.12) > 0.6


@needs_graphics
def test_film_of_a_reader_shows_a_mouth_open_on_vowels_and_shut_in_pauses(
    sentences: tuple[list[npt.NDArray[np.int16]], int], tmp_path: Path
) -> None:
    spoken, rate = sentences
    pause = np.zeros(round(PAUSE_S * rate), np.int16)
    audio = np.concatenate([part for sentence in spoken[1:3] for part in (pause, sentence)] + [pause])
    run_cli("speak", write_wav(tmp_path / "in.wav", audio, rate), "--out", tmp_path / "film.mp4")
    loud = loudness(audio, rate, len(audio) * FINE_HZ // rate)

    def judge(film: Path) -> tuple[float, float]:
        dark = mouth_pixels(film)
        opening = np.interp(np.arange(len(loud)) * 25 / FINE_HZ, np.arange(len(dark)), dark - dark[-5:].mean())
        wide = 0.15 * max(np.percentile(opening, 98), 100.0)
        quiet = np.convolve(loud < 1.0, np.ones(25), "same") == 25  # and 120 ms around
        vowels = loud > 0.5 * np.percentile(loud, 98)
        assert quiet.sum() > 100
        return float(np.mean(opening[vowels] > wide)), float(np.mean(opening[quiet] < wide))

    parted, silent = judge(tmp_path / "film.mp4")
    assert parted > 0.6
    assert silent == 1.0

    run_cli("speak", tmp_path / "in.wav", "--recording", tmp_path / "speech.json")
    assert judge(film_without_motion(tmp_path / "speech.json"))[0] < 0.1
