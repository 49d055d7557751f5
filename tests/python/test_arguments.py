"""An argument of the wrong type is answered with what was given and what is wanted."""

from __future__ import annotations

import numpy as np
import pytest

import hostmode

PLAYER = hostmode.Player(16000)
OUT = np.empty((1, 120), np.float32)

TIMES = {
    "push_audio": lambda t: PLAYER.push_audio(b"", now=t),
    "push_motion": lambda t: PLAYER.push_motion([], None, now=t),
    "open_conversation": lambda t: PLAYER.open_conversation(now=t),
    "render_audio": lambda t: PLAYER.render_audio(np.empty(1, np.float32), t),
    "advance": PLAYER.advance,
    "pause": lambda t: PLAYER.pause(now=t),
    "resume": lambda t: PLAYER.resume(now=t),
    "interrupt": lambda t: PLAYER.interrupt(now=t),
    "sample": PLAYER.sample,
    "sample by name": lambda t: PLAYER.sample(now=t),
    "audio_time": lambda t: PLAYER.audio_time(now=t),
    "start_silent_clock": lambda t: PLAYER.start_silent_clock(now=t),
    "stop_silent_clock": lambda t: PLAYER.stop_silent_clock(now=t),
    "reset_clock": PLAYER.reset_clock,
    "sample_many": lambda t: hostmode.sample_many([PLAYER], t, OUT),
}


@pytest.mark.parametrize("wrong", ["soon", None, [1.0], b"1", 1j], ids=repr)
@pytest.mark.parametrize("call", TIMES)
def test_a_time_that_is_none_is_named(call: str, wrong: object) -> None:
    with pytest.raises(TypeError) as caught:
        TIMES[call](wrong)

    assert str(caught.value) == (
        f"given {wrong!r} ({type(wrong).__name__}), wanted a time: float seconds of one monotonic clock, such as "
        "hostmode.now()"
    )


@pytest.mark.parametrize("right", [1, 1.0, np.float32(1.0), np.float64(1.0), np.int64(1), True])
def test_every_number_is_a_time(right: float) -> None:
    assert PLAYER.sample(right) == PLAYER.sample(1.0)


def test_an_id_or_a_volume_of_the_wrong_type_is_named() -> None:
    with pytest.raises(TypeError, match=r"given 7 \(int\), wanted a conversation id: the str that push_audio"):
        PLAYER.push_motion([], 7, now=0.0)
    with pytest.raises(TypeError, match="wanted a conversation id"):
        PLAYER.push_audio(b"", now=0.0, conversation_id=b"x")
    with pytest.raises(TypeError, match=r"given 'loud' \(str\), wanted a number from 0.0 to 1.0"):
        PLAYER.volume = "loud"


def test_a_long_object_is_not_printed_whole() -> None:
    with pytest.raises(TypeError, match=r"^given an object \(list\)"):
        PLAYER.sample(list(range(1000)))
