"""Speech that was not used to make it: lips that meet on m, b, p and in silence, and open in time on vowels."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
from cli_runner import run_cli
from graphics import needs_graphics
from spoken import Spoken, speak

import hostmode
from hostmode import ARKIT_NAMES, PCM_RATES, Recording, load_recording
from hostmode._core import OPENING_AXIS, OWN_READ, ROUNDING_AXIS
from hostmode.errors import RecordingError
from hostmode.motion import load_speech, motion_for, speech_recording
from hostmode.motion.mouth import Mouth, write_mouth
from hostmode.rig import Face

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.outer

FINE_HZ = 100
SPEECHES = {
    "en-us": "My mother bought a big map of Paris. People remember Bob and Pam. Maybe a number of bumps may appear.",
    "en-gb-x-rp": "Please bring me a paper cup and some apple jam. The robber escaped by boat at midnight.",
    "de": "Mein Bruder baut am Abend bei uns ein paar Bäume auf. Papa mag die Sonne am Morgen.",
    "fr": "Papa mange une pomme et maman boit de l'eau. Le petit garçon regarde la mer et un beau bateau.",
    "es": "Mi hermano compra un pan y mamá prepara la sopa. Un hombre bueno baja por la montaña.",
}
BILABIALS = frozenset("mbp")
OPEN_VOWELS = frozenset("aA")
REDUCED = "a#"


def write_wav(path: Path, samples: npt.NDArray[np.int16], rate: int, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(np.repeat(samples, channels).astype("<i2").tobytes())
    return path


def written_opening(keyframes: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the opening that the built-in head reads, below 0 where lips are pressed, `FINE_HZ` times a second."""
    values = np.c_[keyframes[:, 20:70], 20 * keyframes[:, 9]] @ OPENING_AXIS * OWN_READ
    return np.interp(np.arange(0, len(values), 25 / FINE_HZ), np.arange(len(values)), values)


def least(opening: npt.NDArray[np.float64], begin_s: float, end_s: float) -> float:
    return float(opening[max(0, int(begin_s * FINE_HZ)) : int(end_s * FINE_HZ) + 1].min())


def shut_share(spoken: Spoken, opening: npt.NDArray[np.float64]) -> float:
    """Return on what share of m, b, p the lips meet, 30 ms more or less."""
    shut = [least(opening, b - 0.03, e + 0.03) < 0.04 for name, b, e in spoken.phonemes if name in BILABIALS]
    assert len(shut) >= 7
    return float(np.mean(shut))


def open_share(spoken: Spoken, opening: npt.NDArray[np.float64]) -> float:
    """Return on what share of open vowels the mouth is open in their middle."""
    middles = [
        opening[round((b + e) / 2 * FINE_HZ)]
        for name, b, e in spoken.phonemes
        if name[:1] in OPEN_VOWELS and name != REDUCED and e - b > 0.07
    ]
    assert len(middles) >= 3
    return float(np.mean(np.array(middles) > 0.12))


@pytest.mark.parametrize("voice", SPEECHES)
def test_lips_meet_on_bilabials_and_part_on_open_vowels(voice: str) -> None:
    spoken = speak(SPEECHES[voice], voice)
    opening = written_opening(motion_for(spoken.audio, spoken.rate))
    assert shut_share(spoken, opening) >= 0.85
    assert open_share(spoken, opening) >= 0.6  # of five to nine: two short ones between stops may be lost
    still = np.zeros_like(opening)
    assert open_share(spoken, still) == 0.0  # what the check says of a face without motion


def test_lips_do_not_meet_by_being_shut_all_the_time() -> None:
    spoken = speak(SPEECHES["en-us"])
    opening = written_opening(motion_for(spoken.audio, spoken.rate))
    voiced = [opening[int(b * FINE_HZ) : int(e * FINE_HZ)] for n, b, e in spoken.phonemes if n[:1] in tuple("aAOVE0")]
    assert np.mean(np.concatenate(voiced) > 0.04) > 0.75


@pytest.mark.parametrize("voice", SPEECHES)
def test_mouth_opens_within_40_ms_of_the_sound(voice: str) -> None:
    spoken = speak(SPEECHES[voice], voice)
    opening = np.maximum(written_opening(motion_for(spoken.audio, spoken.rate)), 0)
    hop = spoken.rate / FINE_HZ
    sound = spoken.audio.astype(np.float64) ** 2
    loudness = np.sqrt(
        [np.mean(sound[max(0, int((i - 3) * hop)) : int((i + 4) * hop)]) for i in range(len(opening) - 8)]
    )
    likeness = [
        np.corrcoef(loudness[20:-20], np.roll(opening, -lag)[20 : len(loudness) - 20])[0, 1] for lag in range(-15, 16)
    ]
    lag = int(np.argmax(likeness)) - 15
    assert abs(lag) <= 4 * FINE_HZ / 100
    assert max(likeness) > 0.6


def test_mouth_is_shut_in_pauses() -> None:
    spoken = speak("Papa. Mama, and all others.", words_per_minute=120)
    opening = written_opening(motion_for(spoken.audio, spoken.rate))
    pauses = [(b, e) for name, b, e in spoken.phonemes if name.startswith("_") and e - b > 0.25]
    assert pauses
    for begin, end in pauses:
        assert opening[int((begin + 0.1) * FINE_HZ) : int((end - 0.1) * FINE_HZ)].max() < 0.05


def test_built_in_head_shows_what_is_written_and_mixes_no_sound_into_it() -> None:
    keyframes = np.zeros((50, 120), np.float32)
    for keyframe in keyframes:
        write_mouth(keyframe, Mouth(0.6, 0.3, jaw=0.4), 0.5)
    spoken = speak("Aha")
    for sound in (np.zeros(2 * spoken.rate, np.int16), np.resize(spoken.audio, 2 * spoken.rate)):
        face = Face(spoken.rate)
        face.push_audio(sound, "c", end=True)
        face.push_motion(keyframes, "c")
        face.drive(keyframes[10], 1.0, 1.0, "c")
        np.testing.assert_allclose(face.weights[ARKIT_NAMES.index("mouthPucker")], 0.78 * 0.3, atol=1e-4)
        np.testing.assert_allclose(
            face.weights[ARKIT_NAMES.index("jawOpen")], 0.5 * 0.6 * (1 - 0.35 * 0.3), atol=1e-4
        )
        np.testing.assert_allclose(face.weights[ARKIT_NAMES.index("browInnerUp")], 0.06 + 0.82 * 0.5, atol=1e-4)


def test_motion_that_lacks_the_mark_is_still_mixed_with_the_sound() -> None:
    keyframes = np.zeros((50, 120), np.float32)
    for keyframe in keyframes:
        write_mouth(keyframe, Mouth(0.6, 0.3, jaw=0.4), 0.5)
    keyframes[30, 119] = 0.0  # one of them is another's
    face = Face(16000)
    face.push_audio(np.zeros(32000, np.int16), "c", end=True)
    face.push_motion(keyframes, "c")
    face.drive(keyframes[10], 1.0, 1.0, "c")
    assert face.weights[ARKIT_NAMES.index("jawOpen")] == 0.0  # silence shuts the mouth


@pytest.mark.parametrize("jaw", [0.0, 0.7])
@pytest.mark.parametrize(("opening", "rounding"), [(-0.5, 0.0), (0.0, 0.0), (0.4, -0.7), (1.0, 1.0)])
def test_written_mouth_reads_back_on_both_axes_wherever_the_jaw_is(
    opening: float, rounding: float, jaw: float
) -> None:
    keyframe = np.zeros(120, np.float32)
    write_mouth(keyframe, Mouth(opening, rounding, jaw), 0.0)
    assert keyframe[9] == pytest.approx(0.006 + 0.17 * jaw)
    moving = np.r_[keyframe[20:70], 20 * keyframe[9]]
    np.testing.assert_allclose(OWN_READ * moving @ OPENING_AXIS, opening, atol=1e-4)
    np.testing.assert_allclose(OWN_READ * moving @ ROUNDING_AXIS, rounding, atol=1e-4)


def encoded(path: Path, samples: npt.NDArray[np.int16], rate: int, codec: str, channels: int) -> Path:
    av = pytest.importorskip("av")
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[channels]
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=rate, layout=layout)
        planes = np.repeat(samples[None], channels, axis=0).T.reshape(1, -1).copy()
        frame = av.AudioFrame.from_ndarray(planes, format="s16", layout=layout)
        frame.sample_rate = rate
        convert = av.AudioResampler(format=stream.format, layout=layout, rate=rate, frame_size=stream.frame_size)
        for part in [*convert.resample(frame), *convert.resample(None)]:
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "rate", "channels"),
    [
        ("a.wav", "pcm_s16le", 11025, 2),
        ("a.wav", "pcm_f32le", 96000, 1),
        ("a.wav", "pcm_u8", 12000, 6),
        ("a.flac", "flac", 44100, 2),
        ("a.mp3", "libmp3lame", 22050, 1),
        ("a.ogg", "libopus", 48000, 2),
    ],
)
def test_sound_of_any_format_is_read(name: str, codec: str, rate: int, channels: int, tmp_path: Path) -> None:
    tone = (8000 * np.sin(2 * np.pi * 300 * np.arange(rate) / rate)).astype(np.int16)
    samples, read_rate = load_speech(encoded(tmp_path / name, tone, rate, codec, channels))
    assert read_rate in PCM_RATES
    assert len(samples) / read_rate == pytest.approx(1.0, abs=0.08)
    middle = samples[len(samples) // 4 : -len(samples) // 4].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(middle))
    assert np.argmax(spectrum) * read_rate / len(middle) == pytest.approx(300, abs=5)


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"RIFF\x10\0\0\0WAVEfmt \x10", b"fLaC" + bytes(90), b"ID3" + bytes(300), b"text " * 50]
)
def test_broken_sound_is_refused_in_one_line_that_names_the_file(content: bytes, tmp_path: Path) -> None:
    pytest.importorskip("av")
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"broken\.wav.*damaged"):
        load_speech(path)
    run_cli("speak", path, "--recording", tmp_path / "out.json", fails_with=r"broken\.wav.*damaged")
    assert not (tmp_path / "out.json").exists()


def test_speak_writes_a_recording_that_plays(tmp_path: Path) -> None:
    spoken = speak("Hello, my name is Bob.")
    run_cli("speak", write_wav(tmp_path / "in.wav", spoken.audio, 16000), "--recording", tmp_path / "out.json")
    recording = load_recording(tmp_path / "out.json")
    np.testing.assert_array_equal(recording.audio, spoken.audio)
    assert recording == speech_recording(tmp_path / "in.wav")
    assert isinstance(recording, Recording)
    assert recording.motions[-1].end


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--out", "x.avi"), "must end in"),
        (("--recording", "x.txt"), r"must end in \.json"),
        (("--out", "x.mp4", "--window"), "plays live"),
        (("--head", "x.glb"), "for a face"),
    ],
)
def test_speak_wrong_use_is_said_in_one_line(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    run_cli("speak", write_wav(tmp_path / "in.wav", np.zeros(1600, np.int16), 16000), *arguments, fails_with=words)


def mouth_pixels(path: Path) -> npt.NDArray[np.float64]:
    """Return how many dark pixels are where the inside of the mouth is, in each picture."""
    av = pytest.importorskip("av")
    with av.open(str(path)) as file:
        shown = np.array([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])
    height, width = shown.shape[1:3]
    part = shown[:, int(0.54 * height) : int(0.72 * height), int(0.38 * width) : int(0.62 * width)]
    return np.count_nonzero(part.mean(3) < 90, axis=(1, 2)).astype(np.float64)


def film_without_motion(recording: Path) -> Path:
    """Return a film of a recording whose motion is zeroed, but for the lids."""
    spoken = load_recording(recording)
    still = spoken.keyframes.copy()
    still[:, :118] = 0.0
    silent, film = recording.with_name("still.json"), recording.with_name("still.mp4")
    Recording.from_keyframes(spoken.audio, spoken.sample_rate, still).save(silent)
    run_cli("render", silent, film)
    return film


@needs_graphics
@pytest.mark.parametrize(
    ("voice", "text"),
    [
        ("en-us", "Papa, Mama! A big map, a bad man, a pub, and a bump. That was a lamb."),
        # Neither a voice nor words that anything was chosen by.
        ("it", "La mamma va a Bari. Papa ama la palla bianca, e Pamela abita a Parma. Ma la barca batte."),
    ],
)
def test_video_mouth_is_open_on_vowels_and_shut_on_bilabials_and_silence(
    voice: str, text: str, tmp_path: Path
) -> None:
    spoken = speak(text, voice, words_per_minute=110)
    source = write_wav(tmp_path / "in.wav", spoken.audio, spoken.rate)
    run_cli("speak", source, "--out", tmp_path / "film.mp4", "--recording", tmp_path / "speech.json")

    def judge(film: Path) -> tuple[float, float, float]:
        dark = mouth_pixels(film)
        rest = dark[-5:].mean()
        opening = np.interp(np.arange(0, len(dark), 25 / FINE_HZ), np.arange(len(dark)), dark - rest)
        wide = 0.15 * max(np.percentile(opening, 98), 100.0)
        bilabials = [least(opening, b - 0.03, e + 0.03) < wide for name, b, e in spoken.phonemes if name in BILABIALS]
        vowels = [
            opening[round((b + e) / 2 * FINE_HZ)] > wide
            for n, b, e in spoken.phonemes
            if n[:1] in OPEN_VOWELS and n != REDUCED
        ]
        pauses = [
            opening[round((b + e) / 2 * FINE_HZ)] < wide
            for n, b, e in spoken.phonemes
            if n.startswith("_") and e - b > 0.2
        ]
        assert len(bilabials) >= 8
        assert len(vowels) >= 5
        assert pauses
        return float(np.mean(bilabials)), float(np.mean(vowels)), float(np.mean(pauses))

    shut, parted, silent = judge(tmp_path / "film.mp4")
    assert shut >= 0.85
    assert parted >= 0.85
    assert silent == 1.0

    assert judge(film_without_motion(tmp_path / "speech.json"))[1] < 0.2


@needs_graphics
def test_render_takes_a_sound_alone(tmp_path: Path) -> None:
    spoken = speak("Hello")
    source = write_wav(tmp_path / "in.wav", spoken.audio, spoken.rate)
    run_cli("render", source, tmp_path / "a.png", "--size", 64)
    run_cli("speak", source, "--recording", tmp_path / "in.json")
    run_cli("render", tmp_path / "in.json", tmp_path / "b.png", "--size", 64)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert hostmode.KEYFRAME_RATE == 25
