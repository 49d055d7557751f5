"""A sound system that hangs, wakes slowly, or changes under a running application."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from stage import Program

from hostmode.measure.virtual_sound_card import VirtualSoundCard

# Everything here waits for other processes, on a machine that may be busy.
SLACK_S = 3.0


@pytest.fixture
def thawed(stage):
    """Return the stage and let its server go on in the end, whatever happened."""
    yield stage
    stage.card.thaw()


def test_a_frozen_sound_server_is_told_and_playback_goes_on(thawed):
    program = Program(thawed)
    program.do("ramp 8")
    started = program.wait_for("playback_started")
    time.sleep(3.5)
    thawed.card.freeze()
    assert program.wait_for("error")["reason"] == "audio_output_lost"
    assert program.ask("stats", "stats")["audio_output"] == "silent"
    ended = program.wait_for("conversation_end")
    assert ended["reason"] == "playback_end"
    # 8 s, and what it took to notice.
    assert 7.8 <= ended["time"] - started["time"] <= 9.5 + SLACK_S
    before = time.monotonic()
    program.do("close")
    program.wait_for("closed")
    assert time.monotonic() - before < 2.0 + SLACK_S
    program.process.communicate(timeout=20)
    assert program.process.returncode == 0


def test_a_sound_server_that_goes_on_is_used_again(thawed):
    program = Program(thawed)
    program.do("ramp 60")
    program.wait_for("playback_started")
    time.sleep(3.5)
    thawed.card.freeze()
    program.wait_for("error")
    time.sleep(1.0)
    thawed.card.thaw()
    program.wait_for("audio_output_restored")
    assert program.ask("stats", "stats")["audio_output"] == "sounddevice"


def test_close_does_not_wait_for_a_server_that_has_just_frozen(thawed):
    program = Program(thawed)
    program.do("ramp 20")
    program.wait_for("playback_started")
    time.sleep(1.0)
    thawed.card.freeze()
    before = time.monotonic()
    program.do("close")
    program.wait_for("closed")
    assert time.monotonic() - before < 2.5 + SLACK_S
    program.process.communicate(timeout=20)
    assert program.process.returncode == 0


def test_a_server_that_is_frozen_from_the_beginning_holds_up_nobody(thawed):
    thawed.card.freeze()
    program = Program(thawed)
    assert program.output == "silent"
    assert "does not answer" in program.ask("stats", "stats")["audio_output_error"]
    program.do("ramp 1")
    program.do("idle")
    assert program.wait_for("waited")["idle"]
    thawed.card.thaw()
    program.wait_for("audio_output_restored")


def test_a_sink_that_wakes_slowly_is_not_given_up(stage):
    # Without norewinds and without a listener the null sink takes 2 s at a time at first.
    stage.card.control("unload-module", "module-null-sink")
    stage.card.control("load-module", "module-null-sink", "sink_name=slow")
    stage.card.control("set-default-sink", "slow")
    program = Program(stage)
    program.do("ramp 6")
    program.wait_for("conversation_end", reason="playback_end")
    assert not [event for event in program.events if event["kind"] == "error"]
    stats = program.ask("stats", "stats")
    assert stats["audio_output_losses"] == 0
    assert stats["longest_callback_gap"] > 1.0


def test_sound_follows_to_another_loudspeaker_beside_the_applications_microphone(stage):
    card = stage.card
    card.control("load-module", "module-null-sink", "sink_name=room", "norewinds=1")
    program = Program(stage)
    program.do("microphone room.monitor")
    program.do("ramp 60")
    program.wait_for("playback_started")
    card.control("load-module", "module-null-sink", "sink_name=headset", "norewinds=1")
    card.control("set-default-sink", "headset")
    modules = card.control("list", "short", "modules").splitlines()
    loudspeaker = next(line.split()[0] for line in modules if "sink_name=virtual_speaker" in line)
    card.control("unload-module", loudspeaker)
    time.sleep(2.0)
    sinks = {line.split()[1]: line.split()[0] for line in card.control("list", "short", "sinks").splitlines()}
    (played,) = card.control("list", "short", "sink-inputs").splitlines()
    assert played.split()[1] == sinks["headset"]
    assert program.ask("stats", "stats")["audio_output"] == "sounddevice"
    assert program.ask("listened", "listened")["active"]


def test_a_named_device_that_comes_later_is_taken_beside_the_applications_microphone(stage):
    headset = VirtualSoundCard()
    address = headset.environment["PULSE_SERVER"]
    with (Path(stage.card.environment["HOME"]) / ".asoundrc").open("a") as settings:
        settings.write(f'pcm.headset {{ type pulse server "{address}" }}\n')
    program = Program(stage, 48000, "headset")
    assert program.output == "silent"
    program.do("microphone virtual_speaker.monitor")
    program.do("ramp 60")
    before = program.ask("listened", "listened")["frames"]
    with headset:
        program.wait_for("audio_output_restored")
        assert headset.control("list", "short", "sink-inputs")
        time.sleep(0.5)
        after = program.ask("listened", "listened")
        assert after["active"]
        assert after["frames"] > before


def test_a_program_that_leaves_without_closing_does_not_wait_for_a_frozen_server(thawed):
    process = thawed.start("leave_without_closing.py")
    assert process.stdout.readline().strip() == "sounddevice"
    thawed.card.freeze()
    process.communicate(timeout=20)
    assert process.returncode == 0
