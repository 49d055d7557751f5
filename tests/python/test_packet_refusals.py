"""Hostile packets and wrong times, given to a player whose sound somebody else plays."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hostmode
from hostmode.rtc.packet import Frame, LoudnessMeter, Packet, Profile, encode_packet

RATE = 16000


def message(i: int) -> bytes:
    keyframe = np.full((1, 120), 0.01 * i, np.float32)
    return LoudnessMeter(RATE).say(hostmode.encode_message(keyframe, req_id="r"), np.arange(640, dtype=np.int16))


def speaking() -> hostmode.Player:
    """Return a player at 10.4 s in the middle of a round that began at 10 s."""
    player = hostmode.Player(RATE, hostmode.PlayerConfig(seed=1))
    for i in range(10):
        payload = encode_packet(Packet("speech", (Frame(i, message(i)),), start=i == 0), "data")
        assert player.push_packet(payload, profile="data", now=10 + 0.04 * i, media_time=5 + 0.04 * i)
    player.advance(10.4)
    player.poll_events()
    return player


def shown(player: hostmode.Player) -> bytes:
    out = np.empty((8, 120), np.float32)
    player.sample_into(10.4 + 0.02 * np.arange(8), out)
    return out.tobytes()


# ---- E34: times

WRONG_TIMES = [10.4 - 1.001, 10.4 + 61.0, -1e9, 1e9, 1e300, -1e300, 10.4e3, 10.4e9]


@pytest.mark.parametrize("wrong", [*WRONG_TIMES, 0.0])
def test_e34_wrong_time_of_an_external_clock_is_refused_and_changes_nothing(wrong: float) -> None:
    player = speaking()
    before = shown(player)
    with pytest.raises(ValueError, match=r"now is .* the latest time before it 10\.4"):
        player.advance_clock(5.4, wrong)
    with pytest.raises(ValueError, match=r"now is .* the latest time before it 10\.4"):
        player.listen(b"\0\0" * 160, time=wrong)
    assert shown(player) == before
    assert player.poll_events() == []
    player.advance_clock(5.4, 10.4)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_e34_time_or_position_that_is_no_number_is_refused(wrong: float) -> None:
    player = speaking()
    before = shown(player)
    with pytest.raises(ValueError, match="time: given"):
        player.advance_clock(5.4, wrong)
    with pytest.raises(ValueError, match="position: given"):
        player.advance_clock(wrong, 10.4)
    with pytest.raises(ValueError, match="time: given"):
        player.listen(b"\0\0" * 160, time=wrong)
    assert shown(player) == before


def test_e34_wall_clock_beside_a_monotonic_one_is_refused() -> None:
    controller = hostmode.Controller(RATE, output="silent")
    with controller:
        controller.yield_audio_data(b"\0\0" * 1600, end=True)
        with pytest.raises(ValueError, match="from one clock"):
            controller.advance_clock(0.0, time.time() + 1e6)
        controller.advance_clock(0.0)
        controller.advance_clock(0.1, hostmode.now())


def test_e34_time_that_goes_back_a_little_moves_nothing_back() -> None:
    player = speaking()
    for step in range(50):
        now = 10.4 + 0.02 * step
        player.advance_clock(5.4 + 0.02 * step, now)
        player.advance_clock(5.4 + 0.02 * step - 0.5, now - 0.5)
    player.advance(11.4)
    assert player.stats().heard == pytest.approx(0.36, abs=0.05)


def test_e34_positions_of_any_size_leave_finite_poses() -> None:
    for position in (1e308, -1e308, 1e18, -1e-300, 0.0):
        player = speaking()
        player.advance_clock(position, 10.4)
        player.advance_clock(-position, 10.41)
        player.advance(10.5)
        assert np.all(np.isfinite(np.frombuffer(shown(player), np.float32)))


# ---- packets


def sound_packet(profile: Profile, *, compress: bool) -> bytes:
    return encode_packet(Packet("speech", (Frame(10, message(10)),)), profile, compress=compress)


@pytest.mark.parametrize("profile", ["sei", "data"])
@pytest.mark.parametrize("compress", [False, True])
def test_every_truncation_of_a_packet_is_counted_or_taken_and_raises_nothing(
    profile: Profile, compress: bool
) -> None:
    payload = sound_packet(profile, compress=compress)
    for length in range(len(payload)):
        _feed(speaking(), payload[:length], profile)


@settings(max_examples=300, deadline=None)
@given(
    profile=st.sampled_from(["sei", "data"]),
    compress=st.booleans(),
    changes=st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), min_size=1, max_size=8),
    tail=st.binary(max_size=30),
)
def test_damaged_packet_is_counted_or_taken_and_raises_nothing(
    profile: Profile, compress: bool, changes: list[tuple[int, int]], tail: bytes
) -> None:
    payload = bytearray(sound_packet(profile, compress=compress))
    for place, value in changes:
        payload[place % len(payload)] = value
    _feed(speaking(), bytes(payload) + tail, profile)


@settings(max_examples=300, deadline=None)
@given(profile=st.sampled_from(["sei", "data"]), payload=st.binary(max_size=200), media=st.floats(-1e9, 1e9))
def test_any_bytes_are_counted_or_taken_and_raise_nothing(profile: Profile, payload: bytes, media: float) -> None:
    _feed(speaking(), payload, profile, media)


def _feed(player: hostmode.Player, payload: bytes, profile: Profile, media: float | None = None) -> None:
    before, stats = shown(player), player.stats()
    taken = player.push_packet(payload, profile=profile, now=10.4, media_time=media)
    after = player.stats()
    if not taken:
        assert after.malformed_packets == stats.malformed_packets + 1
        names = [name for name in dir(after) if not name.startswith("_") and name != "malformed_packets"]
        assert [getattr(after, name) for name in names] == [getattr(stats, name) for name in names]
        assert shown(player) == before
        assert player.poll_events() == []
    else:
        assert after.malformed_packets == stats.malformed_packets
    player.listen(b"\0\0" * 640, time=10.4)
    player.advance(12.0)
    assert np.all(np.isfinite(np.frombuffer(shown(player), np.float32)))
