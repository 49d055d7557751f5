"""What ``on_animation_state`` says follows what the face shows, on virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from player_rig import START, Rig, motion, tone

import hostmode

if TYPE_CHECKING:
    from collections.abc import Sequence

HITCH = 0.3
"""Motion that is missing for no longer is late, not over: what a face delay makes up for, in seconds."""

BLOCK = 0.011


def changes(rig: Rig) -> list[tuple[str | None, float]]:
    """Return the states that were said and when, in seconds after the start."""
    return [(event.state, round(event.time - START, 3)) for event in rig.of_kind("animation_state")]


def assert_changes(rig: Rig, wanted: Sequence[tuple[str, float]]) -> None:
    assert [state for state, _ in changes(rig)] == [state for state, _ in wanted]
    for (_, at), (_, wanted_at) in zip(changes(rig), wanted, strict=True):
        assert at == pytest.approx(wanted_at, abs=BLOCK)


@pytest.mark.parametrize(("moves", "sounds"), [(1.0, 3.0), (2.0, 4.0), (2.0, 2.4), (0.4, 9.5)])
def test_e21_face_is_idle_from_where_its_motion_ends_though_its_sound_goes_on(moves: float, sounds: float) -> None:
    rig = Rig()
    conversation = rig.speak(tone(sounds), end=True)
    rig.move([motion(round(moves * 25) + 1, level=1.0, end=True)], conversation)
    rig.run(sounds + 1.0)

    assert_changes(rig, [("mono", 0.0), ("idle", moves)])


@pytest.mark.parametrize("sounds", [3.0, 12.0])
@pytest.mark.parametrize("end", [False, True])
def test_e21_face_whose_motion_just_stops_is_idle_after_a_hitch(sounds: float, end: bool) -> None:
    rig = Rig(end_timeout=30.0)
    conversation = rig.speak(tone(sounds), end=end)
    rig.move([motion(26, level=1.0)], conversation)
    rig.run(sounds - 0.1)

    assert_changes(rig, [("mono", 0.0), ("idle", 1.0 + HITCH)])


@pytest.mark.parametrize("late", [0.02, 0.1, 0.25])
def test_e21_one_late_message_does_not_make_the_face_idle(late: float) -> None:
    rig = Rig()
    conversation = rig.speak(tone(4.0), end=True)
    rig.move([motion(26, level=1.0)], conversation)
    rig.run(1.0 + late)
    rig.move([motion(75, level=1.0, end=True)], conversation)
    rig.run(4.0)

    assert_changes(rig, [("mono", 0.0), ("idle", 4.0)])


@pytest.mark.parametrize("late", [0.5, 1.0, 2.0])
def test_e21_motion_that_comes_back_in_mid_speech_animates_the_face_at_once(late: float) -> None:
    rig = Rig()
    conversation = rig.speak(tone(5.0), end=True)
    rig.move([motion(26, level=1.0)], conversation)
    rig.run(1.0 + late)
    rig.move([motion(100, level=1.0, end=True)], conversation)
    rig.run(5.0)

    assert_changes(rig, [("mono", 0.0), ("idle", 1.0 + HITCH), ("mono", 1.0 + late), ("idle", 5.0)])


@pytest.mark.parametrize("late", [0.0, 0.04, 0.12, 0.2])
def test_sender_whose_every_keyframe_is_late_does_not_flap(late: float) -> None:
    rig = Rig(end_timeout=30.0)
    conversation = rig.speak(tone(6.0), end=True)
    sent = 0
    for _ in range(490):
        while sent < 125 and START + sent / 25 + late <= rig.now:
            rig.move([motion(1, level=0.5 + 0.002 * sent, req_id="a", end=sent == 124)], conversation)
            sent += 1
        rig.run(0.01)

    assert [state for state, _ in changes(rig)] == ["mono"]
    rig.run(2.0)
    assert [state for state, _ in changes(rig)] == ["mono", "idle"]


@pytest.mark.parametrize("short", [0.0, 0.04, 0.2, -0.1])
def test_e4_queued_sentences_stay_animated(short: float) -> None:
    rig = Rig(queue=True)
    for number in range(3):
        conversation = rig.speak(tone(1.0, seed=number), end=True)
        rig.move([motion(round((1.0 - short) * 25) + 1, level=0.5, req_id=str(number), end=True)], conversation)
    rig.run(5.0)

    assert [state for state, _ in changes(rig)] == ["mono", "idle"]


@pytest.mark.parametrize("late", [-0.5, 0.1, 0.25])
def test_sentences_of_one_conversation_stay_animated(late: float) -> None:
    rig = Rig()
    conversation = rig.speak(tone(2.0))
    rig.move([motion(51, level=0.5, req_id="one", end=True)], conversation)
    rig.run(1.4)
    rig.speak(tone(2.0))
    rig.run(0.6 + late)
    rig.move([motion(51, level=0.7, req_id="two", end=True)], conversation)
    rig.speak(b"", end=True)
    rig.run(3.0)

    assert [state for state, _ in changes(rig)] == ["mono", "idle"]


@pytest.mark.parametrize("moves", [0, 10])
def test_audio_only_conversation_is_animated_for_what_motion_it_had(moves: int) -> None:
    rig = Rig()
    conversation = rig.speak(tone(3.0), end=True)
    if moves:
        rig.move([motion(moves + 1, level=0.5)], conversation)
    rig.move([], conversation)
    rig.run(4.0)

    assert_changes(rig, [("mono", 0.0), ("idle", moves / 25)] if moves else [])


@pytest.mark.parametrize("after", [0.3, 0.95])
def test_face_that_stands_still_with_its_sound_is_animated_still(after: float) -> None:
    rig = Rig()
    conversation = rig.speak(tone(2.0), end=True)
    rig.move([motion(26, level=0.5)], conversation)
    rig.run(after)
    rig.pause()
    rig.run(5.0)
    assert_changes(rig, [("mono", 0.0)])
    rig.resume()
    rig.run(1.6 - after)
    assert_changes(rig, [("mono", 0.0), ("idle", 1.0 + HITCH + 5.0)])


def test_strict_sync_holds_face_and_sound_alike() -> None:
    rig = Rig(frame_starvation_mode="strict_sync", end_timeout=30.0)
    conversation = rig.speak(tone(2.0), end=True)
    rig.move([motion(26, level=0.5)], conversation)
    rig.run(6.0)

    assert_changes(rig, [("mono", 0.0)])


@pytest.mark.parametrize("offset", [-0.2, 0.2])
def test_face_that_is_shown_at_another_time_rests_then(offset: float) -> None:
    rig = Rig(av_offset=offset)
    conversation = rig.speak(tone(4.0), end=True)
    rig.move([motion(51, level=0.5, end=True)], conversation)
    rig.run(5.0)

    assert_changes(rig, [("mono", 0.0), ("idle", 2.0 + offset)])


def test_controller_hears_of_a_face_at_rest_in_mid_speech() -> None:
    clock = [0.0]
    said: list[tuple[str, float]] = []
    with hostmode.Controller(16000, output="silent", clock=lambda: clock[0]) as avatar:
        avatar.on_animation_state = lambda state: said.append((state, clock[0]))
        conversation = avatar.yield_audio_data(tone(12.0), end=True)
        avatar.yield_frames_data([motion(51, level=0.5, end=True)], conversation)
        for _ in range(700):
            clock[0] += 0.02
            avatar.advance()

    assert [state for state, _ in said] == ["mono", "idle"]
    assert said[1][1] - said[0][1] == pytest.approx(2.0, abs=0.05)


def test_e21_face_that_its_sound_has_waited_for_is_idle_as_soon_as_any() -> None:
    pcm = tone(7.0)
    pcm[32000:37000] = 0
    rig = Rig()
    conversation = rig.speak(pcm, end=True)
    for sent in range(100):
        rig.run(max(0.0, sent / 25 + 0.2 - rig.frames / 16000))
        rig.move([motion(1, level=1.0)], conversation)
    rig.run(1.5)

    waited = rig.player.stats().waited_for_motion
    assert waited > 0.125
    (state, at) = changes(rig)[-1]
    assert state == "idle"
    assert at == pytest.approx(99 / 25 + HITCH + waited, abs=0.05)
