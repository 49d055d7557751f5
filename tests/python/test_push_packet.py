"""Packets of an RTC stream in a player: what is shown, what is said, and where AvatarKit's own player fails."""

from __future__ import annotations

import numpy as np
import pytest
from rtc_player import RtcPlayer

import hostmode
from hostmode.rtc.packet import Frame, Packet, encode_packet

FRAME_S = 0.04
CONFIG = hostmode.PlayerConfig(seed=7, layers=False)
GAZE = [12, 13]  # of the 120 floats: an eye up and down, and to the sides
JAW = 9  # of the 120 floats: the jaw's opening


def clip(frames: int = 60) -> np.ndarray:
    """Return speech-like motion: a jaw that opens three times a second."""
    keyframes = np.zeros((frames, 120), np.float32)
    keyframes[:, JAW] = 0.15 + 0.1 * np.sin(2 * np.pi * 3 * FRAME_S * np.arange(frames))
    return keyframes


def packet(seq: int, keyframe: np.ndarray, *, start: bool = False, end: bool = False, before: tuple = ()) -> bytes:
    frames = [Frame(seq, hostmode.encode_message(keyframe[None], req_id="r"))]
    frames += [Frame(seq - 1 - i, hostmode.encode_message(k[None], req_id="r")) for i, k in enumerate(before)]
    return encode_packet(Packet("speech", start=start, end=end, frames=tuple(frames)), "data")


def idle() -> bytes:
    return encode_packet(Packet("idle"), "data")


def talk(events: list[tuple[float, bytes]], until: float, *, rate: float = 120.0, player=None, begin: float = 0.9):
    """Deliver packets at their times; return the times and poses of the pictures, and the player."""
    player = player or hostmode.Player(config=CONFIG)
    times = np.arange(begin, until, 1 / rate)
    poses = np.empty((len(times), 120), np.float32)
    queue = sorted(events, key=lambda event: event[0])
    for i, now in enumerate(times):
        while queue and queue[0][0] <= now:
            at, payload = queue.pop(0)
            player.push_packet(payload, profile="data", now=at)
        player.advance(now)
        player.sample(now, poses[i])
    return times, poses, player


def in_time(keyframes: np.ndarray, *, first: float = 1.0, seq: int = 0, end: bool = True):
    last = len(keyframes) - 1
    return [
        (first + FRAME_S * i, packet((seq + i) % 2**32, k, start=i == 0, end=end and i == last))
        for i, k in enumerate(keyframes)
    ]


def kinds(player: hostmode.Player) -> list[tuple[str, str | None]]:
    return [(event.kind, event.reason) for event in player.poll_events()]


def ends(player: hostmode.Player) -> list[str | None]:
    return [reason for kind, reason in kinds(player) if kind == "conversation_end"]


def test_round_in_time_is_shown_whole_and_ends_once():
    keyframes = clip()
    times, poses, player = talk(in_time(keyframes), 5.0)
    # Later by the delay, which falls from the 80 ms at first by 100 ms a second: until 2.0 the face runs faster.
    shown = (times > 2.0) & (times < 3.2)
    delays, at = np.arange(0, 0.2, 0.002), FRAME_S * np.arange(60)
    errors = [
        np.abs(poses[shown, JAW] - np.interp(times[shown] - 1.0 - d, at, keyframes[:, JAW])).max() for d in delays
    ]
    # Against straight lines between the keyframes.
    assert min(errors) < 0.02
    said = kinds(player)
    assert [k for k, _ in said if k in ("playback_started", "conversation_end")] == [
        "playback_started",
        "conversation_end",
    ]
    assert ("conversation_end", "playback_end") in said
    assert player.state == "idle"
    assert player.conversation_id is None
    assert player.stats().conversations == 1


def test_copies_change_nothing():
    plain = in_time(clip())
    _, wanted, _ = talk(plain, 4.0)
    _, copied, player = talk(plain + [(at + 0.02, p) for at, p in plain], 4.0)
    assert np.abs(copied - wanted).max() < 1e-6
    assert player.stats().duplicate_packets == 60


@pytest.mark.parametrize("late", [0.02, 0.03, 0.041, 0.045, 0.05, 0.06, 0.08])
def test_packets_in_another_order_lose_nothing_once_the_delay_has_grown(late):
    events = [(at + (late if i % 7 == 3 else 0.0), p) for i, (at, p) in enumerate(in_time(clip(250)))]
    _, _, player = talk(events[:100], 5.0)
    learning = player.stats().lost_packets
    _, _, player = talk(events[100:], 12.0, player=player, begin=5.01)
    assert learning <= 2
    assert player.stats().lost_packets == learning


@pytest.mark.parametrize("lost", [5, 20, 33, 58])
def test_one_lost_frame_leaves_no_freeze_where_the_rtc_player_freezes(lost):
    events = in_time(clip())
    _, wanted, _ = talk(events, 4.0)
    fewer = [event for i, event in enumerate(events) if i != lost]
    _, poses, player = talk(fewer, 4.0)
    error = np.abs(poses[:, JAW] - wanted[:, JAW]).max()
    assert error < 0.04, f"{error:.4f} rad of 0.2 that the jaw moves"
    assert player.stats().lost_packets == 1
    theirs = RtcPlayer()
    theirs.play([(at, i) for i, (at, _) in enumerate(events) if i != lost])
    assert max(np.diff([at for at, _ in theirs.rendered])) > 0.1


def test_burst_of_fifty_loses_nothing_where_the_rtc_player_evicts():
    burst = [(1.0 if i < 50 else at, p) for i, (at, p) in enumerate(in_time(clip(), first=-0.96))]
    _, _, player = talk(burst, 6.0)
    assert player.stats().keyframes == 60
    assert player.stats().lost_packets == 0
    theirs = RtcPlayer()
    theirs.play([(1.0, i) for i in range(50)])
    assert len(theirs.rendered) < 10


def test_lone_frame_shows_where_the_rtc_player_shows_none():
    keyframe = clip(1)
    _, poses, player = talk([(1.0, packet(0, keyframe[0], start=True)), (1.05, idle())], 4.0)
    assert poses[:, JAW].max() > 0.05
    assert ends(player) == ["playback_end"]
    theirs = RtcPlayer()
    theirs.play([(1.0, 0)])
    assert theirs.rendered == []


def test_late_copy_of_a_start_opens_nothing():
    events = in_time(clip(20))
    late = [(events[-1][0] + 0.3, idle()), (events[-1][0] + 0.9, events[0][1])]
    _, _, player = talk(events + late, 5.0)
    assert player.stats().conversations == 1


def test_new_round_during_the_end_transition_starts_without_a_jump():
    first = in_time(clip(25))
    other = clip(25)
    other[:, JAW] = 0.3
    other[:, 20] = 1.0
    second = in_time(other, first=1.0 + 25 * FRAME_S + 0.4)
    _, poses, player = talk(first + second, 6.0)
    assert player.stats().conversations == 2
    # The transition's own speed: 1.5 times the mean, over 320 ms, of what lies between.
    # Blinks of the idle face are faster.
    assert np.abs(np.diff(poses[:, [JAW, 20]], axis=0)).max() < 1.5 * 1.0 / (0.32 * 120) * 1.1


def test_numbers_wrap():
    _, _, player = talk(in_time(clip(), seq=2**32 - 30), 5.0)
    assert player.stats().keyframes == 60
    assert player.stats().conversations == 1


def test_lost_start_is_shown_from_the_second_frame_on():
    _, poses, player = talk(in_time(clip())[1:], 5.0)
    assert player.stats().keyframes == 59
    assert poses[:, JAW].max() > 0.2


def test_redundancy_fills_holes():
    keyframes = clip()
    events = [
        (1.0 + FRAME_S * i, packet(i, k, start=i == 0, before=tuple(keyframes[i - 1 - j] for j in range(min(2, i)))))
        for i, k in enumerate(keyframes)
    ]
    kept = [event for i, event in enumerate(events) if i % 3 != 1]
    _, _, player = talk(kept, 4.0)
    assert player.stats().keyframes == 60
    assert player.stats().lost_packets == 0


def test_silence_of_five_seconds_ends_with_one_event():
    _, _, player = talk(in_time(clip(), end=False), 9.0)
    assert ends(player) == ["watchdog"]
    assert player.state == "idle"


def test_interrupt_shuts_the_gate_until_a_start():
    events = in_time(clip())
    player = hostmode.Player(config=CONFIG)
    for at, payload in events[:30]:
        player.push_packet(payload, profile="data", now=at)
    shown = player.interrupt(now=2.2)
    assert shown == pytest.approx(1.2, abs=0.12)
    for at, payload in events[30:]:
        player.push_packet(payload, profile="data", now=max(at, 2.2))
    assert player.conversation_id is None
    assert player.stats().gated_packets == 30
    for at, payload in in_time(clip() + 0.01, first=4.0):
        player.push_packet(payload, profile="data", now=at)
    assert player.conversation_id is not None
    assert ends(player) == ["interrupted"]


def test_malformed_packets_are_counted_and_change_nothing():
    player = hostmode.Player(config=CONFIG)
    broken = encode_packet(Packet("speech", start=True, frames=(Frame(0, b"\xff\xff\xff"),)), "data")
    for payload in (b"", b"\x02", b"\x08\x01\x00\x00\x00\x00", broken):
        assert not player.push_packet(payload, profile="data", now=1.0)
    assert player.stats().malformed_packets == 4
    assert player.conversation_id is None
    assert player.poll_events() == []


def test_media_time_ties_the_face_to_the_clock_of_the_sound():
    keyframes = clip()
    player = hostmode.Player(config=CONFIG)
    rng = np.random.default_rng(3)
    errors = []
    events = in_time(keyframes, end=False)
    for now in np.arange(0.9, 3.2, 0.01):
        # The sound began at 1.2, and its stack reports in steps of 10 ms.
        player.advance_clock(np.floor((now - 1.2) * 100) / 100 + 10.0 + rng.uniform(0, 0.002), now)
        while events and events[0][0] <= now:
            _, payload = events.pop(0)
            i = 60 - len(events) - 1
            player.push_packet(payload, profile="data", now=now, media_time=10.0 + FRAME_S * i)
        if now > 2.0:
            errors.append(player.audio_time(now=now) - (now - 1.2))
    # Told of late at most, but for what the positions themselves say too much: up to 2 ms.
    assert np.abs(np.array(errors) - 0.001).max() < 0.003


@pytest.mark.parametrize("begins", [40, 47, 61])
def test_eyes_that_begin_to_move_in_mid_speech_take_over_by_degrees(begins):
    keyframes = clip(110)
    moving = keyframes.copy()
    moving[begins:, GAZE] = 0.05 * np.sin(0.3 * np.arange(len(keyframes) - begins))[:, None]
    # From idle gaze to the stream's own, over 0.32 and 0.64 s, and what it moves by itself.
    most = 1.5 * (0.07 / 0.32 + 0.05 / 0.64) / 120 + 1.1 * 0.3 * 0.05 / FRAME_S / 120
    farthest = 0.0
    for seed in range(6):
        config = hostmode.PlayerConfig(seed=seed)
        times, idles, _ = talk(in_time(keyframes), 5.5, player=hostmode.Player(config=config))
        _, moves, _ = talk(in_time(moving), 5.5, player=hostmode.Player(config=config))
        idle_gaze, own_gaze = idles[:, GAZE], moves[:, GAZE]
        begun = times > 1.0 + FRAME_S * begins
        farthest = max(farthest, np.abs(idle_gaze[begun][0]).max())
        steps = np.abs(np.diff(own_gaze, axis=0)) - np.abs(np.diff(idle_gaze, axis=0))
        assert steps.max() < most
        assert np.ptp(own_gaze[begun]) > 0.09
    assert farthest > 0.03


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_network_does_no_value_jumps(seed):
    rng = np.random.default_rng(seed)
    events = in_time(clip(200))
    rough = [(at + 0.05 * rng.exponential(), p) for at, p in events if rng.uniform() > 0.1]
    held = [(max(at, 4.5) if 4.0 < at < 4.5 else at, p) for at, p in rough]
    _, poses, _ = talk(held, 11.0)
    own = np.abs(np.diff(clip(200)[:, JAW])).max() * 25 / 120
    transition = 1.5 * 0.25 / (FRAME_S * 120)
    assert np.abs(np.diff(poses[:, JAW])).max() < 1.5 * own + 0.25 * transition
    assert np.isfinite(poses).all()
