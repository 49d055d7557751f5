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
    from pathlib import Path

    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

pytestmark = needs_graphics

RATE = 25
#: The mouth and the chin fill the picture.
CLOSE = Camera(position=(0.0, -7.0, 60.0), target=(0.0, -7.0, 8.0), fov=9.0)
SIZE = 128


def openings(recording: Recording) -> Values:
    """Return how high the gap between the lips is in each picture: dark pixels and teeth, across the middle."""
    performance = perform(recording, RATE)
    still = np.zeros_like(performance.joints[0])  # a nod would move the shadows
    with Offscreen(SIZE, camera=CLOSE, smooth=False) as stage:
        pictures = [stage.render_face(weights, still)[..., :3].astype(int) for weights in performance.weights]
    shown = np.array(pictures)[:, 20:110, 54:74]
    red, green, blue = np.moveaxis(shown, -1, 0)
    dark = (red + green + blue < 270) & (red > 0)
    teeth = (np.minimum(np.minimum(red, green), blue) > 105) & (red - blue < 45)
    seen = np.count_nonzero(dark | teeth, axis=(1, 2)).astype(np.float64)
    rest = float(np.percentile(seen, 5))
    return np.maximum(seen - rest, 0.0)


@pytest.fixture(scope="module")
def speech(recordings: Path) -> Recording:
    return load_recording(recordings / "speech-16k.json")


@pytest.fixture(scope="module")
def seen(speech: Recording) -> dict[str, Values]:
    """What the pictures show of the recording, of its sound alone and of its motion alone, and what is heard."""
    face = Face(speech.sample_rate)
    face.push_audio(speech.audio, "a", end=True)
    still = np.zeros_like(speech.keyframes)
    noise = np.random.default_rng(0).normal(0, 3000, len(speech.audio)).astype(np.int16)
    shown: dict[str, Any] = {
        "both": openings(speech),
        "sound": openings(Recording.from_keyframes(speech.audio, speech.sample_rate, still)),
        "motion": openings(Recording.from_keyframes(noise, speech.sample_rate, speech.keyframes)),
    }
    times = np.arange(len(shown["both"])) / RATE
    heard = np.array([face.sound_at(t, "a") for t in times])
    return {**shown, "opening": heard[:, 0], "closing": heard[:, 2], "gate": heard[:, 3]}


def likeness(a: Values, b: Values) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def test_opening_follows_the_sound_almost_as_well_as_sound_alone(seen: dict[str, Values]) -> None:
    heard = seen["opening"] * seen["gate"]
    alone, both = likeness(seen["sound"], heard), likeness(seen["both"], heard)
    assert alone > 0.7
    assert both > alone - 0.03
    assert likeness(seen["motion"], heard) < both - 0.3


def test_motion_visibly_shapes_the_mouth(seen: dict[str, Values]) -> None:
    assert np.abs(seen["both"] - seen["sound"]).mean() > 0.08 * seen["both"].std()


def test_lips_meet_in_silence_and_where_sound_is_closed(seen: dict[str, Values]) -> None:
    open_at = 0.06 * np.percentile(seen["both"], 99)
    silent = seen["gate"] < 0.02
    assert silent.sum() > 20
    assert (seen["both"][silent] < open_at).mean() > 0.97
    closed = (seen["closing"] > 0.9) & (seen["gate"] > 0.5)
    assert closed.sum() > 3
    assert (seen["both"][closed] < 3 * open_at).mean() > 0.8


def test_mouth_does_not_flicker(seen: dict[str, Values]) -> None:
    """No picture stands alone: open between two that are shut, or the other way round, is nothing a jaw can do."""
    whole = np.percentile(seen["both"], 99)
    steps = np.diff(seen["both"])
    alone = (np.abs(steps[1:]) > 0.5 * whole) & (np.abs(steps[:-1]) > 0.5 * whole) & (steps[1:] * steps[:-1] < 0)
    assert alone.mean() < 0.005
