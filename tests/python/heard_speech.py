"""Speech on its way through a room: late, stretched, and through a codec."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import hostmode
from hostmode import _core

RATE = 16000
FRAME = RATE // 25
# Of the codec, at 48 kHz: its look-ahead, which decoders that get bare packets keep.
OPUS_LATE_S = 312 / 48000

Sound = npt.NDArray[np.int16]


@functools.cache
def recorded(which: str) -> Sound:
    """Return the real recording (the calling test is skipped without it) or the one that comes with hostmode."""
    if which == "embedded":
        recording = hostmode.Recording.embedded()
    else:
        folder = os.environ.get("HOSTMODE_RECORDINGS")
        if folder is None:
            pytest.skip("needs HOSTMODE_RECORDINGS, a folder with speech-16k.json")
        recording = hostmode.load_recording(Path(folder) / "speech-16k.json")
    return resampled(np.asarray(recording.audio), recording.sample_rate)


def resampled(audio: Sound, rate: int) -> Sound:
    """Return sound at `RATE`; content above 8 kHz folds, softly, which changes no loudness that matters."""
    times = np.arange(int(len(audio) * RATE / rate)) * rate / RATE
    return np.interp(times, np.arange(len(audio)), audio).astype(np.int16)


def through_opus(audio: Sound, bit_rate: int = 24000) -> Sound:
    """Return what a decoder makes of `audio`, `OPUS_LATE_S` late; the calling test is skipped without PyAV."""
    av = pytest.importorskip("av", reason="needs PyAV: pip install av")
    encoder = av.CodecContext.create("libopus", "w")
    encoder.bit_rate, encoder.sample_rate = bit_rate, 48000
    encoder.layout, encoder.format = "mono", "s16"
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = 48000, "mono"
    up = av.AudioResampler("s16", "mono", 48000, frame_size=960)
    down = av.AudioResampler("s16", "mono", RATE)
    frame = av.AudioFrame.from_ndarray(audio[None], "s16", "mono")
    frame.sample_rate = RATE
    packets = [packet for piece in (*up.resample(frame), *up.resample(None)) for packet in encoder.encode(piece)]
    packets += encoder.encode(None)
    decoded = [piece for packet in packets for piece in decoder.decode(packet)]
    heard = [piece for one in decoded for piece in down.resample(one)] + down.resample(None)
    return np.concatenate([piece.to_ndarray()[0] for piece in heard])


def delayed(audio: Sound, before_s: float, stretch: float = 1.0) -> Sound:
    """Return `audio` that lasts `stretch` times as long, after silence, through Opus."""
    times = np.arange(int(len(audio) * stretch)) / stretch
    longer = np.interp(times, np.arange(len(audio)), audio).astype(np.int16)
    return through_opus(np.concatenate((np.zeros(round(before_s * RATE), np.int16), longer)))


def in_pieces(audio: Sound, stretch: float, piece_s: float = 0.03, reach_s: float = 0.007) -> Sound:
    """Return `audio` that lasts `stretch` times as long at its own pitch (WSOLA).

    Pieces of `piece_s` overlap by half. Each lies up to `reach_s` from the straight line, where it goes on best.
    """
    half, reach = round(piece_s * RATE / 2), round(reach_s * RATE)
    fades = np.hanning(2 * half + 1)[: 2 * half]
    sound = np.pad(audio.astype(float), (reach, 4 * half + 2 * reach))
    made = np.zeros(int(len(audio) * stretch) + 2 * half)
    follows = 0  # what would go on from the piece before
    for at in range(0, len(made) - 2 * half, half):
        line = round(at / stretch)
        around = sound[line : line + 2 * half + 2 * reach]
        wanted = sound[follows : follows + 2 * half]
        likeness = np.correlate(around, wanted, "valid")
        power = np.convolve(around**2, np.ones(2 * half), "valid")
        begin = line + (int(np.argmax(likeness / np.sqrt(power + 1e4))) if at > 0 else reach)
        made[at : at + 2 * half] += fades * sound[begin : begin + 2 * half]
        follows = begin + half
    return np.clip(made, -32768, 32767).astype(np.int16)


def messages_saying(audio: Sound) -> list[bytes]:
    """Return a motion message for each 40 ms of `audio`, as a sender makes them, that says how loud it is."""
    meter = _core.LoudnessMeter(RATE)
    keyframes = np.zeros((len(audio) // FRAME, 120), np.float32)
    keyframes[:, 9] = 0.15 + 0.1 * np.sin(2 * np.pi * 3 * 0.04 * np.arange(len(keyframes)))
    return [
        meter.say(hostmode.encode_message(keyframe[None], req_id="r"), audio[i * FRAME : (i + 1) * FRAME])
        for i, keyframe in enumerate(keyframes)
    ]


def first_sound_s(audio: Sound) -> float:
    """Return where the first sample is that is louder than -40 dB of full scale."""
    return float(np.flatnonzero(np.abs(audio) > 300)[0]) / RATE
