"""Sound that goes into a file."""

from __future__ import annotations

import threading
import wave

import numpy as np
import pytest
from controller_rig import JAW, RATE

from hostmode import KEYFRAME_FLOATS, ClosedError, Controller, PlayerConfig, encode_message
from hostmode.audio import WavOutput


def test_a_wav_file_holds_what_would_have_been_heard(tmp_path):
    time = 0.0
    avatar = Controller(output=WavOutput(tmp_path / "out.wav"), clock=lambda: time)
    ramp = (np.arange(RATE) % 20000 + 1000).astype("<i2")
    avatar.yield_audio_data(ramp, end=True)
    while time < 2.0:
        time += 1 / 60
        avatar.advance()
    avatar.close()
    with wave.open(str(tmp_path / "out.wav")) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(int)
    assert len(heard) == pytest.approx(2.0 * RATE, abs=RATE / 60)
    first = np.flatnonzero(heard == ramp[1000])[0] - 1000
    # The first and the last 5 ms are faded.
    assert np.array_equal(heard[first + 100 : first + RATE - 100], ramp[100:-100])
    assert not heard[first + RATE + 100 :].any()


@pytest.mark.parametrize("pause_ms", range(0, 20, 2))
def test_a_controller_may_be_closed_while_another_thread_writes(tmp_path, pause_ms):
    time = 0.0
    avatar = Controller(output=WavOutput(tmp_path / "out.wav"), clock=lambda: time)
    surprises = []

    def write():
        nonlocal time
        while True:
            time += 0.1
            try:
                avatar.advance()
            except ClosedError:
                return
            except Exception as error:
                surprises.append(error)
                return

    writer = threading.Thread(target=write)
    writer.start()
    threading.Event().wait(pause_ms / 1000)
    avatar.close()
    writer.join(10)
    assert surprises == []
    with wave.open(str(tmp_path / "out.wav")) as file:
        assert len(file.readframes(file.getnframes())) == 2 * file.getnframes()


def test_hours_of_silence_take_seconds(tmp_path):
    time = 0.0
    avatar = Controller(RATE, output=WavOutput("/dev/null"), clock=lambda: time)
    for _ in range(6):
        time += 3600.0
        avatar.advance()
    assert avatar.stats()["output_frames"] == pytest.approx(6 * 3600 * RATE)
    avatar.close()


@pytest.mark.parametrize("wrong", [1.7e9, 1e12, 6 * 3600.0 + 1.0])
def test_a_clock_that_leaps_is_refused_and_writes_nothing(tmp_path, wrong):
    time = 0.0
    path = tmp_path / "out.wav"
    avatar = Controller(output=WavOutput(path), clock=lambda: time)
    time = wrong
    with pytest.raises(ValueError, match=r"from 0\.000 to"):
        avatar.advance()
    time = 1.0
    avatar.advance()
    avatar.close()
    with wave.open(str(path)) as file:
        assert file.getnframes() == RATE


def test_a_clock_that_starts_again_goes_on_in_the_file(tmp_path):
    time = 0.0
    path = tmp_path / "out.wav"
    avatar = Controller(output=WavOutput(path), clock=lambda: time)
    for _ in range(3):
        time = 0.0
        while time < 2.0:
            avatar.advance()
            time += 0.1
    avatar.close()
    with wave.open(str(path)) as file:
        assert file.getnframes() == pytest.approx(3 * 1.9 * RATE, abs=RATE * 0.01)


@pytest.mark.parametrize("fps", [24, 30, 60])
def test_the_picture_sampled_at_an_instant_belongs_to_the_sound_there(tmp_path, fps):
    """The loop of the documentation: frame k is shown k / fps seconds after the file begins."""
    time = 0.0
    path = tmp_path / "out.wav"
    config = PlayerConfig(layers=False, motion_wait=0.0)
    avatar = Controller(output=WavOutput(path), clock=lambda: time, config=config)
    keyframes = np.zeros((50, KEYFRAME_FLOATS), np.float32)
    keyframes[:, JAW] = np.linspace(0.1, 0.9, 50)
    pcm = np.full(2 * RATE, 3000, np.int16)
    conversation = avatar.yield_audio_data(pcm, end=True)
    avatar.yield_frames_data([encode_message(keyframes, end=True)], conversation)
    jaws = []
    while avatar.get_current_conversation_id() is not None:
        avatar.advance()
        jaws.append(avatar.sample(out=np.empty(KEYFRAME_FLOATS, np.float32))[JAW])
        time += 1 / fps
    avatar.close()
    with wave.open(str(path)) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    start = np.flatnonzero(heard == 3000)[0] / RATE - 0.005
    media = np.arange(len(jaws)) / fps - start
    inner = (media > 0.5) & (media < 1.7)
    expected = np.interp(media[inner], np.arange(50) / 25, keyframes[:, JAW])
    slope = float(keyframes[1, JAW] - keyframes[0, JAW]) * 25
    lead = (np.asarray(jaws)[inner] - expected) / slope
    assert np.abs(lead).max() < 0.006
