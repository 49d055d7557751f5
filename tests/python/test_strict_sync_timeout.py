"""In strict_sync, a conversation whose motion never comes is ended like one whose end never comes (E3)."""

from __future__ import annotations

from player_rig import Rig, motion, tone


def test_e3_motion_that_never_comes_in_strict_sync_is_ended_by_the_watchdog() -> None:
    rig = Rig(frame_starvation_mode="strict_sync", end_timeout=1.0)
    conversation = rig.speak(tone(2.0), end=True)
    rig.move([motion(11)], conversation)

    rig.run(1.3)
    assert rig.ends() == []
    rig.run(0.3)

    assert rig.ends() == [(conversation, "watchdog")]
    assert [event.value for event in rig.of_kind("playback_stall")] == [1.0, 0.0]
    assert rig.player.state == "idle"
    assert not rig.run(0.5).any()


def test_e3_motion_that_comes_within_the_timeout_keeps_a_stalled_conversation() -> None:
    rig = Rig(frame_starvation_mode="strict_sync", end_timeout=1.0)
    conversation = rig.speak(tone(2.0), end=True)
    rig.move([motion(11)], conversation)
    for _ in range(3):
        rig.run(1.2)
        rig.move([motion(6)], conversation)

    assert rig.ends() == []
    assert rig.audio_time() > 0.4


def test_e3_a_stalled_conversation_is_not_ended_while_paused() -> None:
    rig = Rig(frame_starvation_mode="strict_sync", end_timeout=0.5)
    conversation = rig.speak(tone(2.0), end=True)
    rig.move([motion(11)], conversation)
    rig.run(0.6)
    rig.pause()

    rig.run(2.0)
    assert rig.ends() == []
    rig.resume()
    rig.run(0.4)
    assert rig.ends() == []
    rig.run(0.3)
    assert rig.ends() == [(conversation, "watchdog")]
