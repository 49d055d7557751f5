"""Positions on a track that a source plays in real time."""

from __future__ import annotations

from hostmode.rtc.track_position import POSITION_HZ, TrackPosition


def test_what_is_given_ahead_follows_without_a_gap() -> None:
    track = TrackPosition()
    given = [track.give(0.04, now) for now in (7.0, 7.0, 7.03, 7.07, 7.2)]
    assert given[:4] == [0, 1920, 3840, 5760]
    # 0.16 s were given by then, and have been played since 7.16: silence went on.
    assert given[4] == round(0.2 * POSITION_HZ)


def test_silence_counts_whatever_its_length() -> None:
    track = TrackPosition()
    track.give(0.04, 1.0)
    assert track.give(0.04, 601.2345) == round(600.2345 * POSITION_HZ)


def test_what_is_dropped_does_not_count() -> None:
    track = TrackPosition()
    for _ in range(3):
        track.give(0.04, 5.0)
    track.clear(5.05)
    assert track.give(0.04, 5.05) == round(0.05 * POSITION_HZ)
    # Of a source that holds nothing, nothing is dropped.
    track.clear(6.0)
    assert track.give(0.04, 6.0) == round(1.0 * POSITION_HZ)
