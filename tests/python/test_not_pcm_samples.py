"""Sound in another form than 16-bit little-endian samples is refused by name, and no 16-bit sound is."""

from __future__ import annotations

import numpy as np
import pytest

import hostmode
from hostmode import AudioFormatError, Player

RATE = 16000
SPEECH = hostmode.Recording.embedded().audio[16000:80000]


def mu_law(samples: np.ndarray) -> bytes:
    """Encode by ITU-T G.711."""
    biased = np.minimum(np.abs(samples.astype(int)), 32635) + 132
    exponent = np.floor(np.log2(biased)).astype(int) - 7
    code = (samples < 0) << 7 | exponent << 4 | biased >> exponent + 3 & 15
    return (~code & 0xFF).astype(np.uint8).tobytes()


def a_law(samples: np.ndarray) -> bytes:
    """Encode by ITU-T G.711."""
    magnitude = np.abs(samples.astype(int)) >> 3
    exponent = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(int) - 4, 0)
    code = exponent << 4 | magnitude >> np.maximum(exponent, 1) & 15
    return (np.where(samples < 0, code, code | 0x80) ^ 0x55).astype(np.uint8).tobytes()


FORMS = {
    "32-bit floats": lambda samples: (samples / 32768).astype("<f4").tobytes(),
    "64-bit floats": lambda samples: (samples / 32768).astype("<f8").tobytes(),
    "big-endian PCM": lambda samples: samples.astype(">i2").tobytes(),
    "mu-law": mu_law,
    "A-law": a_law,
    "8-bit PCM": lambda samples: ((samples >> 8) + 128).astype(np.uint8).tobytes(),
}


def give(player: Player, data: bytes, chunk: int) -> None:
    for at in range(0, len(data), chunk):
        player.push_audio(data[at : at + chunk], now=0.0)


@pytest.mark.parametrize("device_rate", [RATE, 48000])
@pytest.mark.parametrize("chunk", [320, 641, 3200, 1 << 20])
@pytest.mark.parametrize("gain", [0.5, 1.0])
@pytest.mark.parametrize("name", FORMS)
def test_not_pcm_samples_are_refused_by_name(name, gain, chunk, device_rate):
    data = FORMS[name]((SPEECH * gain).astype(np.int16))
    player = Player(RATE, device_rate=device_rate)

    with pytest.raises(AudioFormatError, match=f"given .*{name}.*, wanted mono 16-bit PCM; .*(16|i2)"):
        give(player, data, chunk)


def full_scale(sound: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(sound * 32767), -32768, 32767).astype("<i2")


def companded(samples: np.ndarray) -> np.ndarray:
    """Return samples that went through mu-law: of many values, but few."""
    code = ~np.frombuffer(mu_law(samples), np.uint8)
    magnitude = (((code & 15).astype(int) << 3) + 132 << (code >> 4 & 7)) - 132
    return np.where(code & 0x80, -magnitude, magnitude).astype("<i2")


def sounds(rng: np.random.Generator) -> dict[str, np.ndarray]:
    count = 8000
    t = np.arange(count) / RATE
    start = rng.integers(0, len(SPEECH) - count)
    speech = SPEECH[start : start + count] / 32768
    hissing = np.diff(speech, prepend=0.0) * rng.uniform(1, 60)
    gain = 10.0 ** rng.uniform(-4, 0.3)
    eight_bits = np.rint(np.clip(hissing, -1, 0.99) * 128).astype(int)
    made = {
        "silence": np.zeros(count),
        "silence and a click": np.where(np.arange(count) == rng.integers(count), 0.9, 0.0),
        "very low": rng.integers(-3, 4, count) / 32768,
        "white noise": gain * rng.standard_normal(count),
        "clipped noise": 30 * gain * rng.standard_normal(count),
        "two levels": gain * rng.choice([-1, 1], count),
        "two uneven levels": np.where(rng.random(count) < 0.5, rng.uniform(0.38, 0.5), -rng.uniform(0.5, 0.63)),
        "two uneven levels with noise": np.where(
            rng.random(count) < 0.5, rng.uniform(0.40, 0.48, count), -rng.uniform(0.52, 0.58, count)
        ),
        "a quarter of the rate, uneven": np.sin(np.pi / 2 * np.arange(count)).round()
        * np.where(np.arange(count) % 4 == 1, rng.uniform(0.4944, 0.4999, count), rng.uniform(0.5002, 0.5065, count)),
        "some levels": rng.choice(rng.uniform(-1, 1, rng.integers(2, 40)), count),
        "a quarter of the rate": 0.5 * np.sin(2 * np.pi * RATE / 4 * t + rng.uniform(0, 6)),
        "half the rate, swelling": (0.5 + 0.2 * np.sin(30 * t)) * np.cos(np.pi * np.arange(count)),
        "any tone": gain * np.sin(2 * np.pi * rng.uniform(20, RATE / 2) * t),
        "a sweep": gain * np.sin(2 * np.pi * (20 + 4000 * t) * t),
        "dialling": 0.45 * (np.sin(2 * np.pi * rng.choice([697, 941]) * t) + np.sin(2 * np.pi * 1477 * t)),
        "speech": gain * speech,
        "clipped speech": rng.uniform(5, 60) * speech,
        "hissing": hissing,
        "hissing of few bits": np.rint(hissing * 2.0 ** rng.integers(2, 14)) / 2.0 ** rng.integers(2, 14),
        "one silent channel": np.where(np.arange(count) % 2, 0.0, speech),
        "one loud channel": np.where(
            np.arange(count) % 2,
            rng.choice([-1, 1], count) * rng.uniform(0.35, 0.65, count),
            0.01 * speech * (np.arange(count) >= 64),
        ),
    }
    samples = {name: full_scale(sound) for name, sound in made.items()}
    samples["companded hissing"] = companded(full_scale(hissing))
    for factor in (256, 257, 258, 255, 200, 128):
        samples[f"8 bits by {factor}"] = np.clip(eight_bits * factor, -32768, 32767).astype("<i2")
    return samples


@pytest.mark.parametrize("seed", range(30))
def test_not_pcm_samples_are_never_seen_in_16_bit_sound(seed):
    rng = np.random.default_rng(seed)
    for name, samples in sounds(rng).items():
        for lost in (0, 1):
            data = samples.tobytes()[lost:]
            for chunk in (641, len(data)):
                player = Player(RATE)
                try:
                    give(player, data, chunk)
                except AudioFormatError as refused:
                    pytest.fail(f"{name}: {refused}")


def test_not_pcm_samples_are_looked_for_until_speech_is_sure():
    silence = np.zeros(RATE, np.int16)
    player = Player(RATE)
    player.push_audio(silence, now=0.0)
    with pytest.raises(AudioFormatError, match="big-endian"):
        player.push_audio(SPEECH.astype(">i2").tobytes(), now=0.0)
    assert player.push_audio(SPEECH, now=0.0) is not None
