"""Where sound that was sent is found in sound that came, and that other sound is not taken for it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from heard_speech import (
    OPUS_LATE_S,
    RATE,
    Sound,
    delayed,
    first_sound_s,
    in_pieces,
    messages_saying,
    recorded,
    resampled,
    through_opus,
)
from spoken import speak

import hostmode
from hostmode import _core

BLOCK = RATE // 100
# Packets of position 0 come so long after the track begins.
BEGUN_S = 0.5


class Finding(NamedTuple):
    heard_s: float  # the end of the sound by then
    base_s: float
    stretch: float
    likeness: float


def findings(sent: Sound, track: Sound) -> list[Finding]:
    """Hear a track in blocks of 10 ms while packets come in time, and look 25 times a second."""
    listening, messages, found = _core.Listening(RATE), messages_saying(sent), []
    position = 0
    for i in range(len(track) // BLOCK):
        heard_s = (i + 1) * BLOCK / RATE
        while position < len(messages) and BEGUN_S + 0.04 * position <= heard_s:
            assert listening.expect(position, messages[position])
            position += 1
        listening.hear(track[i * BLOCK : (i + 1) * BLOCK])
        if i % 4 == 3 and (place := listening.find(BEGUN_S - 0.1, BEGUN_S + 0.6)) is not None:
            found.append(Finding(heard_s, *place))
    return found


@pytest.mark.parametrize("which", ["real", "embedded"])
@pytest.mark.parametrize("stretch", [0.95, 1.0, 1.05])
@pytest.mark.parametrize("delay", [0.0, 0.083, 0.2, 0.317, 0.4])
def test_a_recording_is_found_within_10_ms_in_its_first_second(which: str, stretch: float, delay: float) -> None:
    audio = recorded(which)
    for begin_s in (0.0, 3.0):
        sent = audio[round(begin_s * RATE) : round((begin_s + 3.0) * RATE)]
        base_s = BEGUN_S + delay + OPUS_LATE_S
        found = findings(sent, delayed(sent, BEGUN_S + delay, stretch))
        spoken_s = found[0].heard_s - base_s - stretch * first_sound_s(sent)
        assert spoken_s < 1.0
        errors_s: list[float] = []
        for one in found:
            # Where the face would be put now: the sound heard now was sent so long after position 0.
            position_s = (one.heard_s - base_s) / stretch
            if position_s > 3.0:
                break
            errors_s.append(abs(one.heard_s - one.base_s - position_s))
        assert errors_s[0] < 0.01
        assert np.percentile(errors_s, 80) < 0.01
        assert max(errors_s) < 0.02


@pytest.mark.parametrize("which", ["real", "embedded"])
@pytest.mark.parametrize(("delay", "stretch"), [(0.21, 1.045), (0.29, 0.96), (0.34, 1.02)])
def test_of_speech_stretched_at_its_own_pitch_the_line_is_told(which: str, delay: float, stretch: float) -> None:
    audio = recorded(which)
    for begin_s in (0.0, 6.0):
        sent = audio[round(begin_s * RATE) : round((begin_s + 6.0) * RATE)]
        base_s = BEGUN_S + delay + OPUS_LATE_S
        track = np.concatenate((np.zeros(round((BEGUN_S + delay) * RATE), np.int16), in_pieces(sent, stretch)))
        found = findings(sent, through_opus(track))
        off_s = [
            (one.heard_s, abs(one.heard_s - one.base_s - (one.heard_s - base_s) / stretch))
            for one in found
            if (one.heard_s - base_s) / stretch < 5.9
        ]
        assert len(off_s) > 60
        assert np.percentile([off for _, off in off_s], 95) < 0.01
        assert max(off for heard_s, off in off_s if heard_s > found[0].heard_s + 1.5) < 0.0075


def beginnings(sent: Sound, track: Sound, within_s: float = 0.2) -> list[tuple[float, float, float]]:
    """Hear a track likewise; return (when it is told, its beginning, where position 0 lies) of each sound."""
    listening, messages, found = _core.Listening(RATE), messages_saying(sent), []
    position = 0
    for i in range(len(track) // BLOCK):
        heard_s = (i + 1) * BLOCK / RATE
        while position < len(messages) and BEGUN_S + 0.04 * position <= heard_s:
            listening.expect(position, messages[position])
            position += 1
        listening.hear(track[i * BLOCK : (i + 1) * BLOCK])
        told = listening.find_beginning(BEGUN_S + 0.15 - within_s, BEGUN_S + 0.15 + within_s)
        if told is not None and (not found or told[1] > found[-1][1] + 0.05):
            found.append((heard_s, told[1], told[0]))
    return found


@pytest.mark.parametrize("which", ["real", "embedded"])
@pytest.mark.parametrize("stretch", [0.96, 1.0, 1.05])
@pytest.mark.parametrize("delay", [0.011, 0.12, 0.28])
def test_where_sound_begins_is_told_within_80_ms_of_it(which: str, stretch: float, delay: float) -> None:
    audio = recorded(which)
    told = 0
    for begin_s in (0.0, 4.0, 8.0):
        sent = audio[round(begin_s * RATE) : round((begin_s + 3.5) * RATE)]
        base_s = BEGUN_S + delay + OPUS_LATE_S
        for now_s, begun_s, found_s in beginnings(sent, delayed(sent, BEGUN_S + delay, stretch)):
            told += 1
            assert now_s - begun_s < 0.08
            assert begun_s - found_s == pytest.approx((begun_s - base_s) / stretch, abs=0.012)
    assert told >= 2


def test_sound_that_never_stops_begins_nowhere() -> None:
    audio = recorded("embedded")[: 3 * RATE]
    hum = (3000 * np.sin(2 * np.pi * 300 * np.arange(len(audio) + RATE) / RATE)).astype(np.int16)
    track = delayed(audio, BEGUN_S)
    assert beginnings(audio, track // 2 + hum[: len(track)]) == []


def _sentences() -> list[Sound]:
    texts = (
        "The quick brown fox jumps over the lazy dog while seven wizards quietly make toxic brew.",
        "Hello, how can I help you today? I would be glad to tell you about the weather.",
        "Please call Stella. Ask her to bring these things with her from the store.",
        "We were away a year ago. Many men may mean more money, and nobody knows when.",
    )
    said = [speak(text, voice) for text in texts for voice in ("en-us", "de")]
    return [resampled(one.audio, one.rate) for one in said]


def test_other_speech_is_never_taken_for_it() -> None:
    rng = np.random.default_rng(10)
    sentences = _sentences()
    for trial in range(24):
        first, second = rng.choice(4, 2, replace=False)
        sent = sentences[2 * first + rng.integers(2)][: 3 * RATE]
        other = (
            recorded("embedded")[2 * RATE : 5 * RATE] if trial % 3 == 0 else sentences[2 * second + rng.integers(2)]
        )
        assert findings(sent, delayed(other[: 3 * RATE], BEGUN_S + rng.uniform(0, 0.4))) == []


@pytest.mark.parametrize(
    ("voice", "other", "text"),
    [
        ("sv", "sv+f5", "Ingen tror att paketet kommer fram innan nästa vecka är slut."),
        ("fr", "fr+m2", "Le marchand de journaux ferme sa boutique vers sept heures du soir."),
        ("nl", "nl+f3", "De winkel op de hoek gaat om half negen open en verkoopt vers brood."),
    ],
)
def test_the_same_text_by_another_voice_stays_unknown(voice: str, other: str, text: str) -> None:
    sent, heard = (resampled(one.audio, one.rate)[: 3 * RATE] for one in (speak(text, voice), speak(text, other)))
    assert findings(sent, delayed(heard, BEGUN_S + 0.23)) == []
    assert findings(sent, delayed(sent, BEGUN_S + 0.23)) != []


@pytest.mark.parametrize("kind", ["silence", "noise", "bursts", "tones", "tremolo"])
def test_what_is_no_speech_is_never_taken_for_it(kind: str) -> None:
    sent = recorded("embedded")[: 3 * RATE]
    for seed in range(4):
        assert findings(sent, through_opus(_no_speech(kind, np.random.default_rng(seed)))) == []


def _no_speech(kind: str, rng: np.random.Generator) -> Sound:
    times = np.arange(4 * RATE) / RATE
    if kind == "silence":
        return np.zeros(len(times), np.int16)
    if kind == "noise":
        return rng.normal(0, 2000, len(times)).astype(np.int16)
    if kind == "bursts":
        on = np.repeat(rng.random(50) > 0.5, len(times) // 50)
        return (rng.normal(0, 3000, len(times)) * on).astype(np.int16)
    if kind == "tremolo":
        return (4000 * np.sin(1900 * times) * (1 + np.sin(2 * np.pi * rng.uniform(2, 8) * times))).astype(np.int16)
    music, beat_s = np.zeros(len(times)), rng.uniform(0.12, 0.4)
    for start_s in np.arange(0, 4, beat_s):
        since = np.maximum(times - start_s, 0)
        note = np.exp(-since * rng.uniform(3, 12)) * np.sin(2 * np.pi * 220 * 2 ** (rng.integers(24) / 12) * since)
        music += rng.uniform(2000, 9000) * note * (times >= start_s)
    return np.clip(music, -30000, 30000).astype(np.int16)


def test_a_message_that_says_how_loud_it_is_decodes_as_before() -> None:
    message = hostmode.encode_message(np.ones((1, 120), np.float32), req_id="r")
    louder = _core.LoudnessMeter(RATE).say(message, np.arange(640, dtype=np.int16))
    assert hostmode.decode_message(louder) == hostmode.decode_message(message)
    listening = _core.Listening(RATE)
    assert listening.expect(0, louder)
    assert not listening.expect(0, message)
    assert not listening.expect(0, louder[:-1])


@pytest.mark.parametrize("rate", hostmode.PCM_RATES)
def test_a_frame_is_measured_at_every_rate_whatever_pieces_are_heard(rate: int) -> None:
    rng = np.random.default_rng(rate)
    audio = (rng.normal(0, 3000, 2 * rate) * np.repeat(rng.random(20), rate // 10)).astype(np.int16)
    meter, listening = _core.LoudnessMeter(rate), _core.Listening(rate)
    frame, place = rate // 25, None
    for i in range(50):
        listening.expect(i, meter.say(b"", audio[i * frame : (i + 1) * frame]))
    for piece in np.array_split(np.concatenate((np.zeros(rate // 4, np.int16), audio // 2)), 97):
        listening.hear(piece)
        place = listening.find(0.0, 0.5) or place
    assert place is not None
    assert place[0] == pytest.approx(0.25, abs=0.001)
    with pytest.raises(ValueError, match="wanted the 40 ms"):
        meter.say(b"", audio[: frame + rate // 200 + 1])


def test_a_rate_that_is_none_is_refused() -> None:
    for kind in (_core.Listening, _core.LoudnessMeter):
        with pytest.raises(ValueError, match="wanted one of PCM_RATES"):
            kind(11025)
