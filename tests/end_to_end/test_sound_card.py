"""Real sound: a PortAudio stream into a virtual sound card that records what would have been heard."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from hostmode.measure.stall_monitor import StallMonitor

RATE = 48000
FADE = round(0.005 * RATE)
# A machine that stood still for longer than this, of the 0.1 s in the device's buffer, proves nothing.
STALL_S = 0.05
ATTEMPTS = 4


def breaks_in_ramp(recorded: np.ndarray, fade: int = 0) -> tuple[int, int]:
    """Return how many samples of sound there are, and at how many of them the ramp is broken."""
    sounding = np.flatnonzero(recorded)
    if len(sounding) == 0:
        return 0, 0
    sound = recorded[sounding[0] : sounding[-1] + 1].astype(np.int64)
    inner = sound[fade : len(sound) - fade]
    steps = np.diff(inner)
    return len(sound), int(np.count_nonzero((steps != 1) & (steps != -29999)))


class Program:
    """A running tests/end_to_end/programs/play_on_command.py."""

    def __init__(self, stage, *arguments: object) -> None:
        self.process = stage.start("play_on_command.py", *arguments)
        self.events: list[dict] = []
        self.output = self.wait_for("ready")["output"]

    def do(self, command: str) -> None:
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def wait_for(self, kind: str, **values: object) -> dict:
        for line in self.process.stdout:
            event = json.loads(line)
            self.events.append(event)
            if event["kind"] == kind and all(event[name] == value for name, value in values.items()):
                return event
        raise AssertionError(f"the program ended without {kind} {values}; it said {self.events}")


@pytest.mark.parametrize("load", ["call", "json", "regex"])
def test_a_ramp_arrives_exact_to_the_sample_while_the_interpreter_lock_is_held(stage, load):
    seconds = 12.0
    for _ in range(ATTEMPTS):
        with stage.card.record() as recording, StallMonitor() as monitor:
            stats = stage.run("play_ramp.py", "native", load, seconds)
            recorded = recording.wait(0.3)
        if monitor.longest_s < STALL_S:
            break
    else:
        pytest.skip(f"this machine stands still for {monitor.longest_s * 1000:.0f} ms at a time")
    length, breaks = breaks_in_ramp(recorded, FADE)
    assert breaks == 0
    # The fade out continues for 5 ms after the last sample, less the zero it ends on.
    assert round(seconds * RATE) <= length <= round(seconds * RATE) + FADE
    assert stats["audio_output"] == "sounddevice"


def test_an_ordinary_python_callback_drops_out_under_the_same_load(stage):
    with stage.card.record() as recording:
        stage.run("play_ramp.py", "python", "call", 5.0)
        recorded = recording.wait(0.3)
    length, breaks = breaks_in_ramp(recorded)
    assert length > 0
    assert breaks > 0


def test_nothing_of_the_tail_is_lost_when_the_controller_is_closed(stage):
    with stage.card.record() as recording:
        program = Program(stage)
        program.do("ramp 0.5")
        program.do("idle")
        program.do("close")
        program.wait_for("closed")
        recorded = recording.wait(0.3)
    length, breaks = breaks_in_ramp(recorded, FADE)
    assert breaks == 0
    assert length >= round(0.5 * RATE)


def test_two_conversations_share_one_stream(stage):
    with stage.card.record() as recording:
        program = Program(stage)
        for _ in range(2):
            program.do("ramp 0.3")
            program.do("idle")
            program.wait_for("waited", idle=True)
        program.do("stats")
        stats = program.wait_for("stats")
        recorded = recording.wait(0.2)
    assert stats["holes"] == 0
    assert np.count_nonzero(recorded) >= 2 * round(0.3 * RATE)


def test_audio_at_another_rate_is_heard_at_its_pitch(stage):
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


def test_interrupt_is_silent_within_the_devices_buffer(stage):
    with stage.card.record() as recording:
        program = Program(stage)
        program.do("ramp 20")
        program.wait_for("playback_started")
        time.sleep(0.7)
        program.do("interrupt")
        heard = program.wait_for("interrupted")["heard"]
        program.do("stats")
        latency = program.wait_for("stats")["audio_output_latency"]
        recorded = recording.wait(0.6)
    sounding = np.flatnonzero(recorded)
    total = (sounding[-1] - sounding[0]) / RATE
    # One block more than the buffer: the callback that was under way.
    assert 0.0 <= total - heard <= latency + 0.05


def test_a_sound_server_that_dies_and_returns_is_survived(stage):
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
    with stage.card.record() as recording:
        program.do("ramp 0.5")
        program.do("idle")
        program.wait_for("waited", idle=True)
        recorded = recording.wait(0.2)
    length, breaks = breaks_in_ramp(recorded, FADE)
    assert (length >= round(0.5 * RATE), breaks) == (True, 0)
    program.do("close")
    program.wait_for("closed")


def test_a_sound_card_that_comes_later_is_taken(stage):
    stage.card.kill()
    program = Program(stage)
    assert program.output == "silent"
    stage.card.start()
    program.wait_for("audio_output_restored")
    program.do("stats")
    assert program.wait_for("stats")["audio_output"] == "sounddevice"
