"""Utterances cut into frames of sound and packets of motion."""

from __future__ import annotations

import numpy as np
import pytest

import hostmode
from hostmode.rtc.outgoing import OutgoingSpeech
from hostmode.rtc.packet import encode_packet
from hostmode.rtc.rounds import PacketRounds


def keyframes(count: int) -> np.ndarray:
    made = np.zeros((count, 120), np.float32)
    made[:, 9] = np.arange(count) / 100.0
    return made


def message(frames: np.ndarray) -> bytes:
    return hostmode.encode_message(frames, req_id="r")


def taken(speech: OutgoingSpeech, now: float = 0.0) -> list:
    frames = []
    while (frame := speech.take(now)) is not None:
        frames.append(frame)
    return frames


@pytest.mark.parametrize("rate", hostmode.PCM_RATES)
@pytest.mark.parametrize("chunk", [1, 777, 100_000])
def test_sound_goes_out_as_it_came_in_frames_of_40_ms(rate: int, chunk: int) -> None:
    sound = np.arange(rate // 2 + 7, dtype=np.int16)
    speech = OutgoingSpeech(rate, 0.3)
    speech.motion([message(keyframes(30))])
    data = sound.tobytes()
    frames = []
    for at in range(0, len(data), chunk):
        speech.audio(data[at : at + chunk])
        if chunk > 1:
            frames += taken(speech)
    speech.end()
    frames += taken(speech)
    out = np.concatenate([samples for samples, _ in frames])
    np.testing.assert_array_equal(out[: len(sound)], sound)
    assert not out[len(sound) :].any()
    assert len(frames) == -(-len(sound) * 25 // rate)
    assert speech.empty
    assert speech.position == pytest.approx(len(sound) / rate)


@pytest.mark.parametrize("lost", [set(), {0}, {3, 4}, {5}, {0, 1, 7, 8}])
def test_keyframes_come_through_where_two_packets_in_a_row_are_lost(lost: set[int]) -> None:
    speech = OutgoingSpeech(16000, 0.3)
    frames = keyframes(12)
    speech.audio(np.zeros(12 * 640, np.int16))
    speech.motion([message(frames[:5]), message(frames[5:])])
    speech.end()
    rounds, seen = PacketRounds("data"), []
    for number, (_, packet) in enumerate(taken(speech)):
        assert packet is not None
        data = encode_packet(packet, "data")
        assert len(data) <= 15 * 1024
        if number not in lost:
            seen += rounds.push(data, number * 0.04)
    steps = [one for one in seen if one.step == "frame"]
    assert [one.position for one in steps] == list(range(12))
    for one in steps:
        np.testing.assert_array_equal(hostmode.decode_message(one.message).keyframes[0], frames[one.position])
    assert (seen[-1].step, seen[-1].reason) == ("end", "end")


def test_sound_waits_for_its_first_motion_and_no_longer_than_asked() -> None:
    speech = OutgoingSpeech(16000, 0.2)
    speech.audio(np.ones(3 * 640, np.int16))
    assert speech.take(10.0) is None
    assert speech.take(10.19) is None
    frame = speech.take(10.201)
    assert frame is not None
    assert frame[1] is None
    speech.motion([message(keyframes(3))])
    packets = [packet for _, packet in taken(speech, 10.3)]
    assert [packet.frames[0].seq for packet in packets] == [1, 2]
    assert speech.bare == 1


def test_sound_that_was_only_sound_goes_out_at_once_when_complete() -> None:
    speech = OutgoingSpeech(16000, 5.0)
    speech.audio(np.ones(640, np.int16))
    speech.end()
    assert [packet for _, packet in taken(speech)] == [None]


def test_utterances_are_rounds_of_their_own() -> None:
    speech = OutgoingSpeech(16000, 0.0)
    for _ in range(2):
        speech.audio(np.ones(2 * 640, np.int16))
        speech.motion([message(keyframes(2))])
        speech.end()
    packets = [packet for _, packet in taken(speech)]
    assert [(one.start, one.end, one.frames[0].seq) for one in packets] == 2 * [(True, False, 0), (False, True, 1)]


def test_the_same_utterance_again_has_other_bytes_and_the_same_keyframes() -> None:
    speech = OutgoingSpeech(16000, 0.0)
    for _ in range(2):
        speech.audio(np.ones(2 * 640, np.int16))
        speech.motion([message(keyframes(2))])
        speech.end()
    messages = [packet.frames[0].message for _, packet in taken(speech)]
    assert len(set(messages)) == 4
    np.testing.assert_array_equal(*(hostmode.decode_message(messages[at]).keyframes for at in (1, 3)))


def test_complete_utterances_are_left_once_nothing_of_them_is_to_come() -> None:
    speech = OutgoingSpeech(16000, 0.0)
    speech.audio(np.ones(640, np.int16))
    assert not speech.leave_complete()
    speech.end()
    assert not speech.leave_complete()
    speech.take(0.0)
    assert speech.leave_complete()
    assert not speech.leave_complete()
    assert speech.empty


def test_what_is_no_message_is_refused_and_takes_nothing_along() -> None:
    speech = OutgoingSpeech(16000, 0.0)
    with pytest.raises(hostmode.DecodeError):
        speech.motion([message(keyframes(2)), b"\x0a\xff"])
    assert speech.empty


@pytest.mark.parametrize("pcm", [np.zeros(640, np.float32), np.zeros(1280, np.int16)[::2], np.zeros(640, np.int32)])
def test_sound_that_is_not_int16_in_one_piece_is_refused_and_nothing_kept(pcm):
    speech = OutgoingSpeech(16000, 0.0)
    with pytest.raises(TypeError, match="int16 array in one piece"):
        speech.audio(pcm)
    assert speech.empty
