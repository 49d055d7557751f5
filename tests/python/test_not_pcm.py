"""What is not PCM is not played, and what is PCM is, whatever it begins with."""

from __future__ import annotations

import base64
import io
import json
import wave

import numpy as np
import pytest

import hostmode
from hostmode import AudioFormatError, Player, PlayerConfig

RATE = 16000
QUICK = PlayerConfig(motion_wait=0.0, prebuffer=0.0)
SPEECH = hostmode.Recording.embedded().audio[20000:52000]
NOISE = np.random.default_rng(0).bytes(16000)
# Frames of 417 and 371 bytes.
MP3 = b"".join(b"\xff\xfb\x90\x64" + NOISE[at : at + 413] for at in range(0, 12000, 413))
AAC = b"".join(b"\xff\xf1\x50\x80\x2e\x7f\xfc" + NOISE[at : at + 364] for at in range(0, 12000, 364))


def wav(samples: np.ndarray, channels: int = 1) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


def compressed(container: str, codec: str, rate: int) -> bytes:
    av = pytest.importorskip("av")
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout="mono")
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=rate)
        samples = np.repeat(SPEECH, rate // RATE) if rate % RATE == 0 else SPEECH
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = rate
        for ready in resampler.resample(frame):
            for packet in stream.encode(ready):
                file.mux(packet)
        for packet in stream.encode(None):
            file.mux(packet)
    return buffer.getvalue()


NOT_PCM = {
    "a WAV file": wav(SPEECH),
    "a WAV file, silent": wav(np.zeros(4000, np.int16)),
    "a WAV file, streamed": b"RIFF\xff\xff\xff\xffWAVE" + wav(SPEECH)[12:40] + b"\xff\xff\xff\xff" + wav(SPEECH)[44:],
    "MP3, tagged": b"ID3\x04\0\0\0\0\0#TSSE" + b"\xff\xfb\x90\x64" + NOISE,
    "MP3": MP3,
    "MP3, its first frame": b"\xff\xfb\x90\x64" + bytes(34) + NOISE[:282],
    "MP3, two frames of the middle": MP3[:640],
    "MP2": b"".join(b"\xff\xfd\x80\x04" + NOISE[at : at + 413] for at in range(0, 12000, 413)),
    "MP3, silent": (b"\xff\xf3\x40\xc4" + bytes(100)) * 40,
    "Ogg": b"OggS\0\x02" + bytes(8) + NOISE,
    "FLAC": b"fLaC\0\0\0\x22" + NOISE,
    "WebM": b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + bytes(200),
    "AAC": AAC,
    "AAC, its first frame": AAC[:320],
    "MP4": b"\0\0\0\x1cftypM4A \0\0\0\0" + NOISE,
    "JSON": b'{"detail":{"status":"quota_exceeded","message":"This request exceeds your quota."}}',
    "JSON, indented": json.dumps(
        {"error": {"code": 401, "message": "Clé invalide"}}, indent=2, ensure_ascii=False
    ).encode(),
    "JSON, a list": b'[{"loc": ["body", "text"], "msg": "field required"}]',
    "HTML": b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>",
    "XML": b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>',
    "text": b"event: error\ndata: upstream connect error or disconnect before headers",
    "base64 text": base64.b64encode(SPEECH[4000:].tobytes()),
    "base64 text, silent": base64.b64encode(bytes(4000)),
}


@pytest.mark.parametrize("what", NOT_PCM)
def test_not_pcm_is_refused_by_name_and_nothing_opens(what):
    player = Player(RATE, QUICK)
    named = what.partition(",")[0].replace("MP2", "MP3")
    with pytest.raises(
        AudioFormatError, match=f"given .*{named}.*wanted mono 16-bit PCM; nothing .* kept: "
    ) as refused:
        player.push_audio(NOT_PCM[what], now=0.0)
    assert refused.value.code == "audio_format"
    assert (player.conversation_id, player.stats().conversations) == (None, 0)
    assert player.push_audio(SPEECH, end=True, now=0.0) is not None


@pytest.mark.parametrize(
    ("container", "codec", "rate", "named"),
    [
        ("mp3", "libmp3lame", 24000, "MP3"),
        ("mp3", "libmp3lame", 44100, "MP3"),
        ("ogg", "libopus", 48000, "Ogg"),
        ("flac", "flac", 16000, "FLAC"),
        ("webm", "libopus", 48000, "WebM"),
        ("adts", "aac", 48000, "AAC"),
        ("mp4", "aac", 48000, "MP4"),
        ("wav", "pcm_s16le", 16000, "a WAV file"),
    ],
)
@pytest.mark.parametrize("chunk", [37, 1000, 1 << 20])
def test_not_pcm_of_a_real_encoder_is_refused_in_chunks_of_any_size(container, codec, rate, named, chunk):
    data = compressed(container, codec, rate)
    player = Player(RATE, QUICK)
    taken = 0
    refused: set[str] = set()
    for start in range(0, min(len(data), 4000), chunk):
        try:
            player.push_audio(data[start : start + chunk], now=0.0)
            taken += len(data[start : start + chunk])
        except AudioFormatError as error:
            refused.add(str(error).split(",")[0])
    assert refused
    assert all(named in message for message in refused)
    # What begins with silence, and so with frames of nothing, is told by the second one.
    assert taken <= 400 or container == "wav"


MARKS = [
    *(
        b"RIFF",
        b"WAVE",
        b"ID3",
        b"\xff\xfb",
        b"\xff\xf3\x40",
        b"OggS",
        b"OggS\0",
        b"fLaC",
        b"\x1aE\xdf\xa3",
        b"\xff\xf1",
    ),
    *(b"\xff\xfb\x90\x64", b"\xff\xf1\x50\x80", b"{", b'{"', b"[", b"<", b"<htm", b"AAAA", b"ftyp", b"LIST", b"data"),
]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("from_s", [0.0, 0.3, 0.7])
def test_not_pcm_alone_is_refused_and_not_speech_that_begins_alike(mark, from_s):
    mark += bytes(len(mark) % 2)
    for gain in (0.05, 1.0, 4.0):
        start = round(from_s * RATE)
        loud = np.clip(SPEECH[start:].astype(float) * gain, -32768, 32767).astype("<i2").tobytes()
        for chunk in (2, 320, len(loud) + len(mark)):
            player = Player(RATE, QUICK)
            data = mark + loud
            for at in range(0, min(len(data), 20 * chunk), chunk):
                player.push_audio(data[at : at + chunk], now=0.0)
            assert player.stats().realignments == 0


@pytest.mark.parametrize(
    "mark", [b"\xff\xfb\x90\x64", b"\xff\xf3\x84\xc4", b"\xff\xfd\x80\x04", b"\xff\xf1", AAC[:4], AAC[:7]]
)
@pytest.mark.parametrize("chunk", [320, 640, 4096, 16000])
def test_not_pcm_alone_is_refused_and_not_noise_that_begins_alike(mark, chunk):
    # A header of AAC is nearly all that is known of a first frame until the second is due.
    chunk = max(chunk, 2048) if mark[:2] == AAC[:2] and len(mark) > 2 else chunk
    for seed in range(20):
        player = Player(RATE, QUICK)
        data = mark + np.random.default_rng(seed).bytes(16000 - len(mark))
        for at in range(0, len(data), chunk):
            player.push_audio(data[at : at + chunk], now=0.0)


def test_not_pcm_of_frames_from_the_middle_is_told_by_the_second():
    player = Player(RATE, QUICK)
    player.push_audio(MP3[:320], now=0.0)
    with pytest.raises(AudioFormatError, match="MP3"):
        player.push_audio(MP3[320:640], now=0.0)


def test_not_pcm_checks_never_refuse_sound():
    rng = np.random.default_rng(5)
    t = np.arange(8000)
    sounds = [
        *(np.full(8000, level) for level in (0, 1, -1, 10000, 8224, 12345, 32767, -32768)),
        *(rng.integers(-level, level + 1, 8000) for level in (1, 30, 1000, 32767)),
        *(np.rint(level * np.sin(2 * np.pi * hz * t / RATE)) for hz in (50, 440, 4000) for level in (100, 32767)),
        np.arange(8000) % 30000 + 1000,
        np.where(t // 20 % 2, 32767, -32768),
    ]
    signs = rng.choice([-1, 1], 8000)
    sounds += [signs * level for level in range(50, 32768, 50)]
    sounds += [SPEECH[start:] for start in rng.integers(0, 30000, 200)]
    for sound in sounds:
        player = Player(RATE, QUICK)
        player.push_audio(sound.astype("<i2").tobytes(), end=True, now=0.0)
        assert player.stats().realignments == 0


@pytest.mark.parametrize(
    "tail", [b"LIST\x40\0\0\0INFOISFT\x34\0\0\0made by", b"LIST\x10\0\0\0adtl", b"id3 \x40\0\0\0ID3\x03"]
)
def test_not_pcm_after_the_sound_of_a_wav_file_is_refused(tail):
    player = Player(RATE, QUICK)
    player.push_audio(SPEECH, now=0.0)
    with pytest.raises(AudioFormatError, match="after its sound"):
        player.push_audio(SPEECH.tobytes() + tail + b"somewhere" * 20, end=True, now=0.0)
    with pytest.raises(AudioFormatError, match="a WAV file"):
        player.push_audio(wav(SPEECH), now=0.0)
    assert player.stats().buffered_audio == pytest.approx(len(SPEECH) / RATE, abs=1e-4)


def test_not_pcm_goes_on_to_be_refused_until_the_utterance_ends_or_sound_comes():
    player = Player(RATE, QUICK)
    for data in (MP3, NOISE, NOISE[::-1]):
        with pytest.raises(AudioFormatError):
            player.push_audio(data, now=0.0)
    assert player.push_audio(SPEECH, end=True, now=0.0) is not None
    player.interrupt(now=0.0)
    # Loud noise is sound like any other, where nothing was refused before it.
    assert player.push_audio(NOISE, end=True, now=0.0) is not None


@pytest.mark.parametrize("rate", [8000, 16000, 24000, 48000])
@pytest.mark.parametrize("gain", [0.1, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("chunk", [2, 320, 641, 4800, 1 << 20])
def test_byte_phase_of_speech_that_has_lost_a_byte_is_found(rate, gain, chunk):
    speech = np.interp(np.arange(0, len(SPEECH), RATE / rate), np.arange(len(SPEECH)), SPEECH)
    data = np.clip(gain * speech, -32768, 32767).astype("<i2").tobytes()[1:]
    player = Player(rate, QUICK)
    for start in range(0, len(data), chunk):
        conversation = player.push_audio(data[start : start + chunk], now=0.0)
    player.push_audio(b"", end=True, now=0.0)
    (event,) = [event for event in player.poll_events() if event.kind == "audio_realigned"]
    assert (event.conversation_id, event.reason) == (conversation, "odd_byte")
    assert player.stats().realignments == 1
    out = np.empty(len(data) // 2, np.float32)
    player.render_audio(out, dac_time=0.0)
    truth = np.frombuffer(data[1 : len(data) - (len(data) - 1) % 2], "<i2") / 32768
    wrong = np.abs(out[-len(truth) + 200 :] - truth[200:][-len(out) + 200 :][: len(truth) - 200]) > 0.05
    assert np.count_nonzero(wrong) < 0.25 * rate


def test_byte_phase_of_noise_is_left_alone():
    player = Player(RATE, QUICK)
    player.push_audio(NOISE, end=True, now=0.0)
    assert player.stats().realignments == 0


@pytest.mark.parametrize("late", [1500, 1501, 1, 641])
def test_byte_phase_of_a_late_chunk_does_not_reach_the_next_answer(late):
    player = Player(RATE, QUICK)
    data = SPEECH.tobytes()
    player.push_audio(data[:32001], now=0.0)
    player.interrupt(now=0.5)
    player.push_audio(data[32001 : 32001 + late], now=0.6)
    player.push_audio(data[:20000], now=1.0)
    player.push_audio(data[20000:], end=True, now=1.0)
    out = np.empty(len(SPEECH), np.float32)
    player.render_audio(out, dac_time=1.0)
    step = np.diff(out)
    assert np.mean(step**2) < 0.5 * np.var(out)


def test_byte_phase_of_what_follows_the_watchdog_is_its_own():
    player = Player(RATE, PlayerConfig(motion_wait=0.0, prebuffer=0.0, end_timeout=0.5))
    player.push_audio(SPEECH.tobytes()[:16001], now=0.0)
    out = np.empty(RATE * 2, np.float32)
    now = 0.0
    while player.conversation_id is not None:
        assert now < 3.0
        player.render_audio(out[:160], dac_time=now)
        now += 0.01
        player.advance(now=now)
    now = 3.0
    player.push_audio(SPEECH.tobytes()[16001:], end=True, now=3.0)
    player.render_audio(out[:8000], dac_time=3.0)
    assert np.mean(np.diff(out[:8000]) ** 2) < 0.5 * np.var(out[:8000])
