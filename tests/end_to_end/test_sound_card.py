"""Real sound: a PortAudio stream into a virtual sound card that records what would have been heard."""

from __future__ import annotations

import time

import numpy as np
import pytest
from stage import Program, repeated_where_the_machine_stalls

from hostmode.measure.ramp import count_ramp

RATE = 48000
FADE = round(0.005 * RATE)


@repeated_where_the_machine_stalls
def test_nothing_of_the_tail_is_lost_when_the_controller_is_closed(stage):
    with stage.card.record() as recording:
        program = Program(stage)
        program.do("ramp 0.5")
        program.do("idle")
        program.do("close")
        program.wait_for("closed")
        count = count_ramp(recording.wait(0.3), FADE)
    assert count.exact
    assert count.frames >= round(0.5 * RATE)


@repeated_where_the_machine_stalls
def test_two_conversations_share_one_stream(stage):
    with stage.card.record() as recording:
        program = Program(stage)
        for _ in range(2):
            program.do("ramp 0.3")
            program.do("idle")
            program.wait_for("waited", idle=True)
        stats = program.ask("stats", "stats")
        recorded = recording.wait(0.2)
    assert stats["holes"] == 0
    assert np.count_nonzero(recorded) >= 2 * round(0.3 * RATE)


@repeated_where_the_machine_stalls
def test_e30_audio_at_another_rate_is_heard_at_its_pitch(stage):
    with stage.card.record() as recording:
        program = Program(stage, 16000)
        program.do("tone 1.0")
        program.do("idle")
        program.wait_for("waited", idle=True)
        recorded = recording.wait(0.2)
    sounding = np.flatnonzero(recorded)
    sound = recorded[sounding[0] : sounding[-1] + 1]
    assert len(sound) == pytest.approx(RATE, abs=2 * FADE)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    frequencies = np.fft.rfftfreq(len(sound), 1 / RATE)
    assert frequencies[np.argmax(spectrum)] == pytest.approx(1000.0, abs=2.0)
    # Images and aliases of the conversion lie above the band of the source.
    assert 20 * np.log10(spectrum[frequencies > 8000].max() / spectrum.max()) < -80.0


@repeated_where_the_machine_stalls
def test_e13_interrupt_is_silent_within_the_devices_buffer_and_reports_what_was_heard(stage):
    with stage.card.record() as recording:
        program = Program(stage)
        program.do("ramp 20")
        program.wait_for("playback_started")
        time.sleep(0.7)
        heard_before_s = program.ask("interrupt", "interrupted")["heard"]
        time.sleep(0.4)
        stats = program.ask("stats", "stats")
        count = count_ramp(recording.wait(0.3), FADE)
    assert count.exact
    recorded_s = count.frames / RATE
    # One block more than the buffer: the callback that was under way.
    assert 0.0 <= recorded_s - heard_before_s <= stats["audio_output_latency"] + 0.05
    # What was in the buffer is out by now. The fade ends on a zero that the recording does not tell from silence.
    assert stats["heard"] == pytest.approx(recorded_s, abs=0.001)


@repeated_where_the_machine_stalls
def test_e13_ten_thousand_interrupts_leave_nothing_on_the_card(stage):
    with stage.card.record() as recording:
        program = Program(stage)
        done = program.ask("interrupts 10000", "interrupts")
        recorded = recording.wait(0.5)
    assert done["accepted_late_motion"] == 0
    samples = recorded.astype(np.int64)
    held = (samples[2:] == -samples[1:-1]) & (samples[1:-1] == -samples[:-2]) & (samples[2:] > 0)
    levels = samples[2:][held]
    assert len(done["heard_levels"]) >= 10
    assert set(done["heard_levels"]) <= set(levels)
    # Each conversation is louder than the one before it: none is heard again after a later one.
    assert np.all(np.diff(levels) >= 0)
    assert not samples[-RATE // 10 :].any()


def test_e20_a_sound_server_that_dies_and_returns_is_survived(stage):
    program = Program(stage)
    program.do("ramp 4")
    program.wait_for("playback_started")
    stage.card.kill()
    lost = program.wait_for("error")
    assert lost["reason"] == "audio_output_lost"
    stage.card.start()
    program.wait_for("audio_output_restored")
    ended = program.wait_for("conversation_end")
    assert ended["reason"] == "playback_end"
    started = next(event for event in program.events if event["kind"] == "playback_started")
    # 4 s of sound, less what died in the device's buffer, and the time that it took to notice.
    assert 4.0 - 0.15 <= ended["time"] - started["time"] <= 6.5
    for _ in range(4):
        with stage.card.record() as recording:
            program.do("ramp 0.5")
            program.do("idle")
            program.wait_for("waited", idle=True)
            count = count_ramp(recording.wait(0.2), FADE)
        if count.exact:
            break
    assert count.exact
    assert count.frames >= round(0.5 * RATE)
    program.do("close")
    program.wait_for("closed")
    _, complaints = program.process.communicate(timeout=20)
    assert program.process.returncode == 0
    # PortAudio itself says on the standard error that its device is gone.
    assert "Traceback" not in complaints


def test_e20_a_sound_card_that_comes_later_is_taken(stage):
    stage.card.kill()
    program = Program(stage)
    assert program.output == "silent"
    stage.card.start()
    program.wait_for("audio_output_restored")
    assert program.ask("stats", "stats")["audio_output"] == "sounddevice"


def test_a_program_that_leaves_without_closing_ends_at_once_and_without_a_complaint(stage):
    started = time.monotonic()
    process = stage.start("leave_without_closing.py")
    output, complaints = process.communicate(timeout=60)
    assert (process.returncode, output.strip(), complaints) == (0, "sounddevice", "")
    # Twenty seconds of sound are left.
    assert time.monotonic() - started < 15.0
