"""A controller that is given Opus: the same conversations as of PCM."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

from hostmode import AudioFormatError, Controller

pytest.importorskip("av")

from test_opus import ogg_opus, speech

from hostmode.audio.ogg import OggReader

OPUS = ogg_opus(speech())
PACKETS = OggReader().push(OPUS)[2:]
SECONDS = 2.0


class Taken:
    """The samples that were passed on, for each conversation."""

    def __init__(self) -> None:
        self.samples: dict[str, list[Any]] = {}

    def heard(self, data: Any, conversation_id: str, _end: bool) -> None:
        self.samples.setdefault(conversation_id, []).append(np.frombuffer(data, np.int16))

    def moved(self, frames: Any, conversation_id: str | None) -> None: ...

    def of(self, conversation_id: str | None) -> Any:
        assert conversation_id is not None
        return np.concatenate(self.samples[conversation_id])


class Avatar:
    """A controller on a clock of the test's, which takes Opus."""

    def __init__(self) -> None:
        self.now = 0.0
        self.controller = Controller(16000, output="silent", clock=lambda: self.now)
        self.controller.set_audio_format(audio_format="opus")
        self.taken = Taken()
        self.controller.follow(self.taken)

    def play(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.01)):
            self.now += 0.01
            self.controller.advance()


@pytest.mark.parametrize("size", [1, 7, 500, len(OPUS)])
def test_ogg_opus_in_chunks_of_any_size_is_one_conversation_of_the_same_samples(size: int) -> None:
    avatar = Avatar()
    ids = {avatar.controller.yield_audio_data(OPUS[at : at + size]) for at in range(0, len(OPUS), size)}
    ids.add(avatar.controller.yield_audio_data(b"", end=True))
    assert len(ids) == 1
    samples = avatar.taken.of(ids.pop())
    assert abs(len(samples) / 48000 - SECONDS) < 0.03
    whole = Avatar()
    np.testing.assert_array_equal(samples, whole.taken.of(whole.controller.yield_audio_data(OPUS, end=True)))


def test_opus_is_heard_to_its_end() -> None:
    avatar = Avatar()
    ends: list[float] = []
    avatar.controller.on_event = lambda e: ends.append(e.value) if e.kind == "conversation_end" else None
    avatar.controller.yield_audio_data(OPUS, end=True)
    assert avatar.controller.sample_rate == 48000
    avatar.play(4.0)
    assert ends == [pytest.approx(SECONDS, abs=0.03)]


def test_bare_packets_one_a_call_are_the_same_sound_as_the_ogg_stream() -> None:
    avatar, whole = Avatar(), Avatar()
    for packet in PACKETS:
        conversation_id = avatar.controller.yield_audio_data(packet)
    avatar.controller.yield_audio_data(b"", end=True)
    ogg = whole.taken.of(whole.controller.yield_audio_data(OPUS, end=True))
    bare = avatar.taken.of(conversation_id)
    # The encoder's start-up, 312 samples, and what fills up the last packet are told in the Ogg stream alone.
    np.testing.assert_array_equal(bare[312 : 312 + len(ogg)], ogg)
    assert len(bare) == 960 * len(PACKETS)


def test_each_conversation_is_a_stream_of_its_own() -> None:
    avatar = Avatar()
    first = avatar.controller.yield_audio_data(OPUS, end=True)
    second = avatar.controller.yield_audio_data(PACKETS[0])
    assert second not in (None, first)
    avatar.controller.interrupt()
    third = avatar.controller.yield_audio_data(OPUS[:3000])
    assert third not in (None, first, second)
    assert avatar.controller.yield_audio_data(OPUS[3000:], end=True) == third
    np.testing.assert_array_equal(avatar.taken.of(third), avatar.taken.of(first))


def test_end_with_nothing_open_does_nothing() -> None:
    assert Avatar().controller.yield_audio_data(b"", end=True) is None


def test_turn_takes_opus_and_what_comes_late_to_it_is_counted_whatever_it_is() -> None:
    avatar = Avatar()
    turn = avatar.controller.open_turn()
    assert turn.audio(OPUS[:3000])
    turn.interrupt()
    following = avatar.controller.open_turn()
    assert following.audio(OPUS[:3000])
    assert not turn.audio(OPUS[3000:])
    assert not turn.audio(b"RIFF no Opus at all")
    assert avatar.controller.stats()["late_audio"] == 2
    assert following.audio(OPUS[3000:])
    following.end()
    assert abs(len(avatar.taken.of(following.id)) / 48000 - SECONDS) < 0.03


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "a WAV file"),
        (b"fLaC\x00\x00\x00\x22" + bytes(34), "FLAC"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(50), "MP3"),
        (b"\xff\xfb\x90\x64" + bytes(50), "MP3"),
        (b"\xff\xf1\x50\x80" + bytes(50), "AAC"),
        (b"\x1a\x45\xdf\xa3" + bytes(50), "WebM"),
        (b"\x00\x00\x00\x20ftypM4A " + bytes(50), "MP4"),
        (b'{"error": "quota exceeded"}', "text"),
        (b"T2dnUwACAAAAAAAAAAA=", "text"),
        (b"OggS\x00\x02" + bytes(20) + b"\x01\x1e\x01vorbis" + bytes(23), "not Opus"),
    ],
)
def test_other_formats_are_refused_by_name_and_open_nothing(data: bytes, words: str) -> None:
    avatar = Avatar()
    with pytest.raises(AudioFormatError, match=words):
        avatar.controller.yield_audio_data(data)
    assert avatar.controller.get_current_conversation_id() is None
    assert avatar.controller.yield_audio_data(OPUS, end=True) is not None


def test_packet_that_is_none_is_refused_and_the_conversation_goes_on() -> None:
    avatar = Avatar()
    conversation_id = avatar.controller.yield_audio_data(PACKETS[0])
    with pytest.raises(AudioFormatError, match="no packet of Opus"):
        avatar.controller.yield_audio_data(b"\xff\x80")
    assert avatar.controller.yield_audio_data(PACKETS[1]) == conversation_id


def test_ogg_stream_that_breaks_is_refused_from_there_on_and_costs_no_memory() -> None:
    avatar = Avatar()
    avatar.controller.yield_audio_data(OPUS[:3000])
    for _ in range(3):
        with pytest.raises(AudioFormatError, match="no Ogg page"):
            avatar.controller.yield_audio_data(bytes(100_000))
    avatar.controller.interrupt()
    assert avatar.controller.yield_audio_data(OPUS, end=True) is not None


def test_format_can_be_changed_back_and_is_checked() -> None:
    avatar = Avatar()
    with pytest.raises(ValueError, match="'pcm' or 'opus'"):
        avatar.controller.set_audio_format(audio_format="mp3")
    with pytest.raises(ValueError, match="48000"):
        avatar.controller.set_audio_format(16000, audio_format="opus")
    avatar.controller.set_audio_format(16000)
    conversation_id = avatar.controller.yield_audio_data(speech(), end=True)
    np.testing.assert_array_equal(avatar.taken.of(conversation_id), speech())


def test_controller_that_takes_opus_is_collected_at_once() -> None:
    controller = Controller(16000, output="silent")
    controller.set_audio_format(audio_format="opus")
    controller.yield_audio_data(OPUS)
    gone = weakref.ref(controller)
    gc.disable()
    try:
        del controller
        for _ in range(100):
            if gone() is None:
                break
            __import__("time").sleep(0.01)
        assert gone() is None
    finally:
        gc.enable()
