"""A player that hears the sound of a track shows the packets that belong to it where that is heard."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
from heard_speech import FRAME, OPUS_LATE_S, RATE, Sound, delayed, first_sound_s, recorded
from hypothesis import given, settings
from hypothesis import strategies as st

import hostmode
from hostmode.rtc.packet import Frame, LoudnessMeter, Packet, encode_packet

BLOCK = RATE // 100
# Packets of position 0 come so long after the track begins.
BEGUN_S = 0.5
# The jaw says which position is shown.
JAW = 9
PER_S = 0.05


def packets_of(audio: Sound, *, says: bool = True, first: int = 0) -> list[bytes]:
    """Return SEI packets for `audio`, whose jaw opens evenly."""
    meter, packets = LoudnessMeter(RATE), []
    for i in range(len(audio) // FRAME):
        keyframe = np.zeros((1, 120), np.float32)
        keyframe[0, JAW] = PER_S * 0.04 * i
        message = hostmode.encode_message(keyframe, req_id=f"r{first}")
        if says:
            message = meter.say(message, audio[i * FRAME : (i + 1) * FRAME])
        packets.append(encode_packet(Packet("speech", (Frame(i, message),), start=i == 0), "sei"))
    return packets


class Room:
    """Packets that come in time, and a track that is heard in blocks of 10 ms."""

    def __init__(self, *, listens: bool = True, always: bool = False) -> None:
        self.player = hostmode.Player(RATE, hostmode.PlayerConfig(seed=1))
        self.listens, self.always = listens, always
        self.listens_until = np.inf
        self.times: list[float] = []
        self.positions: list[float] = []
        self.confidences: list[float] = []

    def play(self, packets: list[bytes], track: Sound, *, start: float = 0.0, media: float | None = None) -> None:
        sent = 0
        for i in range(len(track) // BLOCK):
            now = start + i * 0.01
            while sent < len(packets) and start + BEGUN_S + 0.04 * sent <= now + 1e-9:
                time = None if media is None else media + 0.04 * sent
                assert self.player.push_packet(packets[sent], profile="sei", now=now, media_time=time)
                sent += 1
            if media is not None:
                self.player.advance_clock(now, now)
            if self.listens and now < self.listens_until:
                self.player.listen(track[i * BLOCK : (i + 1) * BLOCK], time=now, always=self.always)
            self.times.append(now)
            self.positions.append(float(self.player.sample(now)["jaw_pose"][0]) / PER_S)
            self.confidences.append(self.player.stats().listening_confidence)

    def errors(self, base_s: float, stretch: float, length_s: float) -> list[tuple[float, float]]:
        """Return time and error of what was shown while the place of the sound was known."""
        found = []
        for now, position, confidence in zip(self.times, self.positions, self.confidences, strict=True):
            heard_s = (now - base_s) / stretch
            if confidence > 0 and 0.4 < heard_s < length_s - 0.1:
                found.append((now, position - heard_s))
        return found


@pytest.mark.parametrize("which", ["real", "embedded"])
@pytest.mark.parametrize(("delay", "stretch"), [(0.083, 1.05), (0.2, 1.0), (0.317, 0.95), (0.4, 1.0)])
def test_packets_are_shown_where_their_sound_is_heard(which: str, delay: float, stretch: float) -> None:
    sent = recorded(which)[: 3 * RATE]
    room = Room()
    room.play(packets_of(sent), delayed(sent, BEGUN_S + delay, stretch))
    base_s = BEGUN_S + delay + OPUS_LATE_S
    first = next(now for now, confidence in zip(room.times, room.confidences, strict=True) if confidence > 0)
    assert first - base_s - stretch * first_sound_s(sent) < 0.9
    settled = [abs(error) for now, error in room.errors(base_s, stretch, 3.0) if now > first + 1.5]
    assert len(settled) > 20
    assert np.percentile(settled, 95) < 0.012
    assert abs(room.player.stats().listening_correction) < 0.5


@pytest.mark.parametrize(("delay", "least", "most"), [(0.13, 0.85, 1.15), (0.4, -2.0, 2.0)])
def test_a_correction_slews_the_face_or_blends_it_and_never_jumps(delay: float, least: float, most: float) -> None:
    sent = recorded("embedded")[: 3 * RATE]
    room = Room()
    room.play(packets_of(sent), delayed(sent, BEGUN_S + delay))
    assert abs(room.player.stats().listening_correction) > 0.01
    steps = np.diff(room.positions)[110:-80] / 0.01
    assert np.all((least < steps) & (steps < most))


def test_what_was_found_counts_from_the_next_utterance_on() -> None:
    sent = recorded("embedded")[: 2 * RATE]
    track = np.concatenate((delayed(sent, BEGUN_S + 0.3), np.zeros(RATE, np.int16)))
    idle = encode_packet(Packet("idle"), "sei")
    room = Room()
    room.play(packets_of(sent), track)
    end = room.times[-1] + 0.01
    room.player.push_packet(idle, profile="sei", now=end)
    room.play(packets_of(sent, first=1), track, start=end)
    base_s = end + BEGUN_S + 0.3 + OPUS_LATE_S
    early = [
        position - (now - base_s)
        for now, position in zip(room.times, room.positions, strict=True)
        if 0.4 < now - base_s < 0.6
    ]
    assert len(early) > 10
    assert np.max(np.abs(early)) < 0.02


def test_what_was_heard_of_a_round_says_nothing_of_the_next() -> None:
    sent = recorded("embedded")[: 3 * RATE]
    idle = encode_packet(Packet("idle"), "sei")
    room = Room()
    room.play(packets_of(sent), np.concatenate((delayed(sent, BEGUN_S + 0.35), np.zeros(RATE, np.int16))))
    end = room.times[-1] + 0.01
    room.player.push_packet(idle, profile="sei", now=end)
    room.play(packets_of(sent, first=1), delayed(sent, BEGUN_S + 0.12), start=end)
    base_s = end + BEGUN_S + 0.12 + OPUS_LATE_S
    settled = [abs(error) for now, error in room.errors(base_s, 1.0, 3.0) if now > base_s + 2.0]
    assert len(settled) > 20
    assert np.percentile(settled, 95) < 0.012


def test_sound_that_is_stretched_is_so_where_it_is_listened_to_no_longer() -> None:
    sent, stretch = recorded("embedded")[: 4 * RATE], 1.05
    room = Room()
    room.listens_until = BEGUN_S + 2.5
    room.play(packets_of(sent), delayed(sent, BEGUN_S + 0.2, stretch))
    base_s = BEGUN_S + 0.2 + OPUS_LATE_S
    late = [abs(error) for now, error in room.errors(base_s, stretch, 4.0) if now > room.listens_until + 0.8]
    assert len(late) > 20
    assert max(late) < 0.055


def _shown(*, listens: bool, says: bool, track: Sound, sent: Sound) -> tuple[list[float], hostmode.Stats]:
    room = Room(listens=listens)
    room.play(packets_of(sent, says=says), track)
    return room.positions, room.player.stats()


def test_other_speech_and_packets_that_say_nothing_change_nothing() -> None:
    audio = recorded("embedded")
    sent, other = audio[: 2 * RATE], audio[8 * RATE : 10 * RATE]
    for track, says in ((delayed(other, BEGUN_S + 0.2), True), (delayed(sent, BEGUN_S + 0.2), False)):
        heard, stats = _shown(listens=True, says=says, track=track, sent=sent)
        unheard, _ = _shown(listens=False, says=says, track=track, sent=sent)
        assert heard == unheard
        assert stats.listening_confidence == stats.listening_correction == 0.0


def test_what_other_speech_contradicts_at_once_is_taken_back_without_a_jump() -> None:
    audio = recorded("embedded")
    cut = round(0.55 * RATE)
    sent = audio[: 3 * RATE]
    said = np.concatenate((sent[:cut], audio[9 * RATE : 11 * RATE]))
    track = delayed(said, BEGUN_S + 0.35)
    room, alone = Room(), Room(listens=False)
    room.play(packets_of(sent), track)
    alone.play(packets_of(sent), track)
    assert max(room.confidences) > 0.9
    assert room.confidences[-1] == room.player.stats().listening_correction == 0.0
    assert room.positions[-30:] == pytest.approx(alone.positions[-30:], abs=1e-4)
    steps = np.diff(room.positions)[110:-30] / 0.01
    assert np.all((steps > -3.0) & (steps < 3.0))


@pytest.mark.parametrize("always", [False, True])
def test_packets_with_a_media_time_are_listened_to_only_when_that_is_asked_for(always: bool) -> None:
    sent = recorded("embedded")[: 2 * RATE]
    room = Room(always=always)
    room.play(packets_of(sent), delayed(sent, BEGUN_S + 0.2), media=BEGUN_S + 0.2 + OPUS_LATE_S)
    assert (max(room.confidences) > 0.9) == always
    assert room.positions[200] == pytest.approx(2.0 - BEGUN_S - 0.2 - OPUS_LATE_S, abs=0.01)


@functools.cache
def _short() -> tuple[list[bytes], Sound]:
    sent = recorded("embedded")[3 * RATE : round(4.2 * RATE)]
    return packets_of(sent), delayed(sent, 0.2)


def _heard_in(cuts: list[int], at: int) -> tuple[float, float, bytes]:
    packets, track = _short()
    player = hostmode.Player(RATE, hostmode.PlayerConfig(seed=1))
    for i, packet in enumerate(packets):
        player.push_packet(packet, profile="sei", now=0.04 * i)
    for begin, end in itertools.pairwise(sorted({0, at, *(cut for cut in cuts if cut < at)})):
        player.listen(track[begin:end].tobytes(), time=0.4 + begin / RATE)
    stats = player.stats()
    return stats.listening_confidence, stats.listening_correction, player.sample(2.0).tobytes()


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(1, RATE), max_size=60))
def test_pieces_of_any_size_are_heard_alike(cuts: list[int]) -> None:
    confidence, correction, _ = _heard_in(list(range(0, RATE, BLOCK)), RATE)
    other = _heard_in(cuts, RATE)
    assert confidence > 0.9
    assert other[0] == pytest.approx(confidence, abs=1e-4)
    assert other[1] == pytest.approx(correction, abs=0.002)


@settings(max_examples=60, deadline=None)
@given(
    pcm=st.one_of(st.binary(max_size=400), st.just(np.zeros((4, 2), np.int16)), st.just(np.zeros(8, np.float32))),
    time=st.floats(),
    rate=st.one_of(st.none(), st.sampled_from(hostmode.PCM_RATES), st.integers(-1, 200000)),
)
def test_whatever_is_heard_is_taken_or_refused_as_documented_and_moves_nothing(
    pcm: bytes, time: float, rate: int | None
) -> None:
    player = hostmode.Player(RATE, hostmode.PlayerConfig(seed=1))
    player.advance(10.0)
    before = player.sample(10.0).tobytes()
    try:
        player.listen(pcm, time=time, rate=rate)
    except (ValueError, TypeError):
        pass
    else:
        assert len(pcm) % 2 == 0
        assert 9.0 <= time <= 70.0
        assert rate is None or rate in range(8000, 192001)
    assert player.sample(10.0).tobytes() == before
    player.listen(b"\0\0" * 160, time=10.0)


def test_a_controller_listens_until_it_is_closed() -> None:
    controller = hostmode.Controller(RATE, output="silent")
    controller.listen(np.zeros(160, np.int16))
    controller.listen(b"\0\0" * 441, rate=44100, time=hostmode.now())
    with pytest.raises(TypeError, match="floating-point"):
        controller.listen(np.zeros(160, np.float32))
    controller.close()
    with pytest.raises(hostmode.ClosedError):
        controller.listen(np.zeros(160, np.int16))
