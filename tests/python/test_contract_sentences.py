"""What the Host Mode contract says of an answer in several sentences, E26: each begins with its own sound."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from player_rig import Rig, motion, tone

import hostmode

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

RISE = 0.01  # of a keyframe over the one before, anew in every sentence
# Seconds of sound. None is a whole number of keyframe intervals; added up, they are nine intervals short.
SENTENCES = [1.21, 0.97, 1.53, 1.05, 0.825, 1.37, 1.13, 0.925, 1.61, 1.25, 0.85, 1.013, 1.29]


def whole(pcm: npt.NDArray[np.int16]) -> list[npt.NDArray[np.int16]]:
    return [pcm]


def tenths(pcm: npt.NDArray[np.int16]) -> list[npt.NDArray[np.int16]]:
    return np.split(pcm, range(1600, len(pcm), 1600))


def small(pcm: npt.NDArray[np.int16]) -> list[npt.NDArray[np.int16]]:
    return np.split(pcm, range(208, len(pcm), 208))  # 13 ms


def behind_ms(
    cut: Callable[[npt.NDArray[np.int16]], list[npt.NDArray[np.int16]]], messages: int
) -> npt.NDArray[np.float64]:
    """Return by how much each sentence's motion is behind its sound half a second after its beginning, in ms."""
    rig, conversation = Rig(), None
    for number, seconds in enumerate(SENTENCES):
        count = math.ceil(seconds * hostmode.KEYFRAME_RATE)
        for chunk in cut(tone(seconds)):
            conversation = rig.speak(chunk)
        cuts = np.linspace(0, count, messages + 1).astype(int)
        for begin, end in itertools.pairwise(cuts):
            part = motion(end - begin, RISE * begin, RISE, req_id=f"sentence {number}", end=bool(end == count))
            rig.move([part], conversation)
    behind, begins, heard = [], 0.0, 0.0
    for seconds in SENTENCES:
        heard += len(rig.run(begins + 0.5 - heard)) / rig.sample_rate
        behind.append(heard - begins - rig.level() / RISE / hostmode.KEYFRAME_RATE)
        begins += seconds
    return 1000 * np.array(behind)


@pytest.mark.parametrize("messages", [1, 4])
@pytest.mark.parametrize("cut", [whole, tenths])
def test_e26_every_sentence_is_in_step_with_its_sound(cut: Callable[..., list[npt.NDArray[np.int16]]], messages: int):
    assert np.abs(behind_ms(cut, messages)).max() < 1.0


def test_e26_sentence_follows_at_once_where_chunks_do_not_tell_where_it_begins() -> None:
    # Three chunks begin in every keyframe interval. What each sentence's motion is too long adds up.
    too_long = [math.ceil(seconds * 25) / 25 - seconds for seconds in SENTENCES[:-1]]
    np.testing.assert_allclose(behind_ms(small, 1), 1000 * np.cumsum([0, *too_long]), atol=1.0)


def test_e26_sentence_begins_where_sound_given_later_will() -> None:
    rig = Rig()
    conversation = rig.speak(tone(1.01))
    rig.move([motion(26, 0.0, RISE, req_id="one", end=True)], conversation)
    rig.move([motion(50, 0.0, RISE, req_id="two", end=True)], conversation)
    rig.speak(tone(2.0), end=True)
    rig.run(1.51)
    assert rig.level() == pytest.approx(RISE * 25 * 0.5, abs=1e-4)


def test_e26_sentence_whose_sound_begins_elsewhere_follows_at_once() -> None:
    rig = Rig()
    conversation = rig.speak(tone(1.3))
    rig.speak(tone(2.0), end=True)
    rig.move([motion(26, 0.0, RISE, req_id="one", end=True)], conversation)
    rig.move([motion(50, 0.0, RISE, req_id="two", end=True)], conversation)
    rig.run(1.54)
    assert rig.level() == pytest.approx(RISE * 25 * 0.5, abs=1e-4)


def test_e26_sentence_that_begins_sooner_makes_no_jump() -> None:
    rig = Rig()
    conversation = rig.speak(tone(1.005))
    rig.move([motion(26, 0.2, 0.0, req_id="one", end=True)], conversation)
    rig.speak(tone(1.0), end=True)
    rig.move([motion(25, 0.2, 0.05, req_id="two", end=True)], conversation)
    rig.run(0.8)
    levels = []
    for _ in range(60):
        rig.run(0.01)
        levels.append(rig.level())
    # 0.05 in 40 ms, at most a twelfth faster; the curve itself is up to half steeper than its chord.
    assert np.abs(np.diff(levels)).max() < 0.05 / 4 * 13 / 12 * 1.5


def test_e26_request_after_motion_that_names_none_follows_at_once() -> None:
    rig = Rig()
    conversation = rig.speak(tone(1.01))
    rig.move([motion(26, 0.0, RISE)], conversation)
    rig.speak(tone(2.0), end=True)
    rig.move([motion(50, 0.0, RISE, req_id="one", end=True)], conversation)
    rig.run(1.54)
    assert rig.level() == pytest.approx(RISE * 25 * 0.5, abs=1e-4)


def test_e26_sentence_that_comes_while_the_one_before_is_heard_is_not_late() -> None:
    rig = Rig()
    conversation = rig.speak(tone(1.0))
    rig.move([motion(25, 0.0, RISE, req_id="one", end=True)], conversation)
    rig.run(0.7)
    rig.speak(tone(1.0), end=True)
    rig.move([motion(25, 0.0, RISE, req_id="two", end=True)], conversation)
    rig.run(0.8)
    assert rig.player.stats().face_delay == 0.0
    assert rig.level() == pytest.approx(RISE * 25 * 0.5, abs=1e-4)
