"""The mouth of real speech, measured from the pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from graphics import needs_graphics

from hostmode import Recording, load_recording
from hostmode.rig import Face
from hostmode.view import Camera, Offscreen, perform

if TYPE_CHECKING:
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

pytestmark = [needs_graphics, pytest.mark.outer]

RATE = 25
#: The mouth and the chin fill the picture.
CLOSE = Camera(position=(0.0, -7.0, 60.0), target=(0.0, -7.0, 8.0), fov=9.0)
SIZE = 128


#: Across the picture: the whole mouth, and its middle, which tells of the jaw more than of the corners.
WIDTHS = {"whole": slice(0, SIZE), "middle": slice(54, 74)}


def pictures(recording: Recording) -> npt.NDArray[np.int64]:
    """Return the mouth at each instant; the head is still, because a nod would move the shadows."""
    performance = perform(recording, RATE)
    still = np.zeros_like(performance.joints[0])
    with Offscreen(SIZE, camera=CLOSE, smooth=False) as stage:
        return np.array([stage.render_face(weights, still)[..., :3] for weights in performance.weights], np.int64)


def openings(shown: npt.NDArray[np.int64], width: str, silent: npt.NDArray[np.bool_]) -> Values:
    """Return how many pixels are dark or teeth, beyond what those of a resting face are."""
    red, green, blue = np.moveaxis(shown[:, 20:110, WIDTHS[width]], -1, 0)
    dark = (red + green + blue < 270) & (red > 0)
    teeth = (np.minimum(np.minimum(red, green), blue) > 105) & (red - blue < 45)
    seen = np.count_nonzero(dark | teeth, axis=(1, 2)).astype(np.float64)
    return np.maximum(seen - np.median(seen[silent]), 0.0)


def of_another_head(spoken: Recording) -> Recording:
    """Return the same as a stream for a head of other expressions, ahead of the sound as those are."""
    keyframes = np.roll(spoken.keyframes, -2, axis=0)
    mixed = np.linalg.qr(np.random.default_rng(25).normal(size=(50, 50)))[0]
    keyframes[:, 20:70] = keyframes[:, 20:70] @ mixed
    keyframes[:, 70:] = 0.0  # the marks of motion that was made here
    return Recording.from_keyframes(spoken.audio, spoken.sample_rate, keyframes)


@pytest.fixture(scope="module", params=["real", "another's", "own"])
def speech(request: pytest.FixtureRequest) -> Recording:
    if request.param == "own":
        return Recording.embedded()
    if request.param == "another's":
        return of_another_head(Recording.embedded())
    return load_recording(request.getfixturevalue("recordings") / "speech-16k.json")


@pytest.fixture(scope="module")
def shown(speech: Recording) -> dict[str, npt.NDArray[np.int64]]:
    """The pictures of the recording, of its sound alone and of its motion alone."""
    still = np.zeros_like(speech.keyframes)
    noise = np.random.default_rng(0).normal(0, 3000, len(speech.audio)).astype(np.int16)
    return {
        "both": pictures(speech),
        "sound": pictures(Recording.from_keyframes(speech.audio, speech.sample_rate, still)),
        "motion": pictures(Recording.from_keyframes(noise, speech.sample_rate, speech.keyframes)),
    }


@pytest.fixture(scope="module", params=WIDTHS)
def seen(
    speech: Recording, shown: dict[str, npt.NDArray[np.int64]], request: pytest.FixtureRequest
) -> dict[str, Any]:
    """How far the mouth is open in each picture, and what is heard there."""
    face = Face(speech.sample_rate)
    face.push_audio(speech.audio, "a", end=True)
    heard = np.array([face.sound_at(i / RATE, "a") for i in range(len(shown["both"]))])
    silent = heard[:, 3] < 0.02
    assert silent.sum() > 20
    return {
        **{name: openings(each, request.param, silent) for name, each in shown.items()},
        "opening": heard[:, 0],
        "closing": heard[:, 2],
        "gate": heard[:, 3],
        "silent": silent,
    }


def likeness(a: Values, b: Values) -> float:
    return float(np.corrcoef(a, b)[0, 1])


# Own motion is shown as it is written, whatever the sound.
@pytest.mark.parametrize("speech", ["real", "another's"], indirect=True)
def test_opening_follows_the_sound_almost_as_well_as_sound_alone(seen: dict[str, Any]) -> None:
    heard = seen["opening"] * seen["gate"]
    alone, both = likeness(seen["sound"], heard), likeness(seen["both"], heard)
    assert alone > 0.7
    assert both > alone - 0.03
    assert likeness(seen["motion"], heard) < both - 0.3


def test_motion_visibly_shapes_the_mouth(seen: dict[str, Any]) -> None:
    assert np.abs(seen["both"] - seen["sound"]).mean() > 0.08 * seen["both"].std()


def test_lips_meet_in_silence_and_where_sound_is_closed(seen: dict[str, Any]) -> None:
    open_at = 0.06 * np.percentile(seen["both"], 99)
    assert (seen["both"][seen["silent"]] < open_at).mean() > 0.97
    closed = (seen["closing"] > 0.9) & (seen["gate"] > 0.5)
    assert closed.any()
    assert (seen["both"][closed] < 3 * open_at).mean() > 0.8


def test_mouth_does_not_flicker(seen: dict[str, Any]) -> None:
    """No picture stands alone: open between two that are shut, or the other way round, is nothing a jaw can do."""
    whole = np.percentile(seen["both"], 99)
    steps = np.diff(seen["both"])
    alone = (np.abs(steps[1:]) > 0.5 * whole) & (np.abs(steps[:-1]) > 0.5 * whole) & (steps[1:] * steps[:-1] < 0)
    assert alone.mean() < 0.005
