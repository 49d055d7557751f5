"""The C API as an extension of somebody else sees it: compiled in Cython against the installed package."""

from __future__ import annotations

import gc
import importlib.util
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hostmode

SETUP = """
from Cython.Build import cythonize
from setuptools import Extension, setup

import hostmode

setup(
    name="consumer",
    ext_modules=cythonize(
        [Extension("consumer", ["consumer.pyx"], include_dirs=[hostmode.get_include()], language={language!r})]
    ),
)
"""

OK, MALFORMED, INVALID_ARGUMENT = 0, 1, 4
RATE = 16000


@pytest.fixture(scope="module", params=["c", "c++"])
def consumer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the compiled consumer."""
    directory = tmp_path_factory.mktemp("consumer")
    shutil.copy(Path(__file__).with_name("consumer.pyx"), directory)
    (directory / "setup.py").write_text(SETUP.format(language=request.param))
    build = subprocess.run(
        [sys.executable, "setup.py", "build_ext", "--inplace"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stdout + build.stderr
    (path,) = [p for p in directory.glob("consumer.*") if p.suffix in {".so", ".pyd"}]
    spec = importlib.util.spec_from_file_location("consumer", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def speaking_player() -> hostmode.Player:
    """Return a player that speaks one second from time 0 on, with motion."""
    player = hostmode.Player(RATE, hostmode.PlayerConfig(seed=7))
    player.start_silent_clock(now=0.0)
    conversation_id = player.push_audio(tone(), end=True, now=0.0)
    player.push_motion([motion()], conversation_id, now=0.0)
    return player


def tone() -> np.ndarray:
    return (8000 * np.sin(np.arange(RATE) * 0.1)).astype(np.int16)


def motion() -> bytes:
    keyframes = np.random.default_rng(3).normal(scale=0.1, size=(26, hostmode.KEYFRAME_FLOATS))
    return hostmode.encode_message(keyframes.astype(np.float32), req_id="r", end=True)


def test_sample_without_the_gil_gives_the_poses_of_player_sample(consumer: Any) -> None:
    times = np.linspace(0.0, 1.5, 91)
    native = np.empty((len(times), hostmode.KEYFRAME_FLOATS), np.float32)
    expected = np.empty_like(native)
    player = speaking_player()

    outcome = consumer.Handle(speaking_player()).sample(times, native)

    for time, row in zip(times, expected, strict=True):
        player.sample(time, row)
    assert outcome == OK
    assert np.ptp(expected, axis=0).max() > 0.05
    np.testing.assert_array_equal(native, expected)


def test_sample_many_gives_one_row_a_player(consumer: Any) -> None:
    players = [speaking_player(), hostmode.Player()]
    out = np.empty((2, hostmode.KEYFRAME_FLOATS), np.float32)
    expected = np.empty_like(out)

    assert consumer.sample_pair(*map(consumer.Handle, players), 0.5, out) == OK

    hostmode.sample_many(players, 0.5, expected)
    np.testing.assert_array_equal(out, expected)


def test_push_and_render_through_the_table_play_what_python_plays(consumer: Any) -> None:
    config = hostmode.PlayerConfig(seed=7)
    by_table, by_python = hostmode.Player(RATE, config), hostmode.Player(RATE, config)
    handle = consumer.Handle(by_table)
    heard, expected = np.empty(1600, np.float32), np.empty(1600, np.float32)

    outcome, conversation_id = handle.push_audio(tone().view(np.uint8), True, 0.0)
    assert (outcome, conversation_id) == (OK, by_table.conversation_id)
    assert handle.push_motion(motion(), conversation_id.encode(), 0.0) == (OK, True)
    by_python.push_motion(motion(), by_python.push_audio(tone(), end=True, now=0.0), now=0.0)

    for block in range(5):
        at = block * 0.1
        handle.render_audio(heard, at + 0.02, at, math.nan)
        by_python.render_audio(expected, at + 0.02, entry_time=at)
        np.testing.assert_array_equal(heard, expected)
    assert np.abs(heard).max() > 0.1


def test_interrupt_through_the_table_ends_the_conversation(consumer: Any) -> None:
    player = speaking_player()
    handle = consumer.Handle(player)
    assert handle.advance(0.5) == OK
    assert player.state == "playing"

    assert handle.interrupt(0.5) == OK

    assert (player.state, player.conversation_id) == ("idle", None)


def test_interrupt_through_the_table_says_what_was_heard(consumer: Any) -> None:
    by_table, by_python = speaking_player(), speaking_player()
    handle = consumer.Handle(by_table)
    for time in np.arange(0.0, 0.7, 0.05):
        assert handle.advance(time) == OK
        by_python.advance(time)
    assert handle.audio_time(0.65) == (OK, by_python.audio_time(now=0.65))

    assert handle.interrupt_heard(0.65) == (OK, by_python.interrupt(now=0.65))

    outcome, heard = handle.interrupt_heard(0.65)
    assert outcome == OK
    assert math.isnan(heard)
    assert handle.audio_time(0.65) == (OK, 0.0)


def test_audio_through_the_table_goes_to_the_conversation_it_names(consumer: Any) -> None:
    player = hostmode.Player(RATE)
    handle = consumer.Handle(player)
    pcm = tone().view(np.uint8)
    assert handle.conversation_id() == ""
    _, first = handle.push_audio(pcm, False, 0.0)
    assert handle.conversation_id() == first == player.conversation_id

    assert handle.push_audio_to(pcm, first.encode(), 0.0) == (OK, first)
    handle.interrupt(0.0)
    assert handle.push_audio_to(pcm, first.encode(), 0.0) == (OK, "")

    assert handle.conversation_id() == ""
    assert player.stats().late_audio == 1


@pytest.mark.parametrize("wrong", [-5.0, 3600.0, 1.7e9, 600_000.0])
def test_time_far_from_the_present_changes_nothing_until_the_clock_is_reset(consumer: Any, wrong: float) -> None:
    player = speaking_player()
    handle = consumer.Handle(player)
    assert handle.advance(0.2) == OK

    assert handle.advance(wrong) == INVALID_ARGUMENT
    assert handle.push_audio(tone().view(np.uint8), False, wrong)[0] == INVALID_ARGUMENT
    assert handle.interrupt(wrong) == INVALID_ARGUMENT
    assert handle.audio_time(0.3) == (OK, pytest.approx(player.audio_time(now=0.3)))
    assert player.state == "playing"

    assert handle.reset_clock(wrong) == OK
    assert handle.advance(wrong + 0.1) == OK
    assert handle.audio_time(wrong + 0.1)[1] == pytest.approx(0.3, abs=0.02)


def test_malformed_motion_is_an_outcome(consumer: Any) -> None:
    player = speaking_player()
    assert player.conversation_id is not None

    outcome, complete = consumer.Handle(player).push_motion(b"\xff", player.conversation_id.encode(), 0.0)

    assert (outcome, complete) == (MALFORMED, False)


@pytest.mark.parametrize("time", [math.nan, math.inf])
def test_time_that_is_not_finite_is_an_invalid_argument(consumer: Any, time: float) -> None:
    out = np.empty((1, hostmode.KEYFRAME_FLOATS), np.float32)

    assert consumer.Handle(hostmode.Player()).sample(np.array([time]), out) == INVALID_ARGUMENT


def test_handle_of_another_object_is_a_type_error(consumer: Any) -> None:
    with pytest.raises(TypeError, match=r"given int, wanted a hostmode\.Player"):
        consumer.Handle(3)


def test_handle_outlives_the_python_object(consumer: Any) -> None:
    out = np.empty((1, hostmode.KEYFRAME_FLOATS), np.float32)
    expected = np.empty(hostmode.KEYFRAME_FLOATS, np.float32)
    handle = consumer.Handle(speaking_player())
    gc.collect()

    assert handle.sample(np.array([0.5]), out) == OK

    speaking_player().sample(0.5, expected)
    np.testing.assert_array_equal(out[0], expected)


def test_clock_is_that_of_now(consumer: Any) -> None:
    before = hostmode.now()
    assert before <= consumer.clock() <= hostmode.now()


def test_table_of_another_version_is_refused(consumer: Any) -> None:
    with pytest.raises(ImportError, match="compile it again"):
        consumer.check_table(1, 0)


def test_table_that_lacks_functions_is_refused(consumer: Any) -> None:
    with pytest.raises(ImportError, match="upgrade hostmode"):
        consumer.check_table(0, -8)


def test_table_with_more_functions_is_accepted(consumer: Any) -> None:
    consumer.check_table(0, 8)
