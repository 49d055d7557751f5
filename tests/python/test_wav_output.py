"""Sound that goes into a file."""

from __future__ import annotations

import threading
import wave

import numpy as np
import pytest
from controller_rig import RATE

from hostmode import ClosedError, Controller
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
