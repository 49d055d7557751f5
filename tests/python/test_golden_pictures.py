"""The ten expressions as stored pictures. To store them anew: ``python tests/python/test_golden_pictures.py``.

Renderers differ by rounding and by where edges fall, so pictures are compared as eyes do: blurred, and by the worst
place rather than the mean.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from expressions import EXPRESSIONS, Expression
from graphics import needs_graphics
from scipy.ndimage import gaussian_filter

from hostmode import ARKIT_NAMES
from hostmode.view import Camera, Offscreen

if TYPE_CHECKING:
    import numpy.typing as npt

pytestmark = [needs_graphics, pytest.mark.outer]

STORED: Final = Path(__file__).parents[1] / "data" / "golden_faces.npz"
SIZE: Final = 192
BLUR: Final = 1.5  # pixels
#: Of 255, at the worst place of the blurred pictures.
TOLERANCE: Final = 10.0


def draw(stage: Offscreen, face: Expression) -> npt.NDArray[np.uint8]:
    return stage.render_face(*face)[..., :3]


def difference(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> float:
    """Return how much two pictures differ where they differ most."""
    return float(np.abs(gaussian_filter(a.astype(np.float64) - b, (BLUR, BLUR, 0))).max())


@pytest.fixture(scope="module")
def stage() -> Offscreen:
    return Offscreen(SIZE)


@pytest.fixture(scope="module")
def golden() -> dict[str, npt.NDArray[np.uint8]]:
    with np.load(STORED) as stored:
        return {name: np.cumsum(stored[name], axis=0, dtype=np.uint8) for name in stored.files}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expression_looks_as_stored(name: str, stage: Offscreen, golden: dict[str, npt.NDArray[np.uint8]]) -> None:
    assert difference(draw(stage, EXPRESSIONS[name]), golden[name]) < TOLERANCE


def test_every_expression_is_told_from_the_others(golden: dict[str, npt.NDArray[np.uint8]]) -> None:
    for one in golden:
        for other in golden:
            if one < other:
                assert difference(golden[one], golden[other]) > TOLERANCE, (one, other)


@pytest.mark.parametrize(
    "wrong",
    [{"jawOpen": 0.12}, {"mouthSmileLeft": 0.5}, {"mouthPucker": 0.4}, {"eyeBlinkLeft": 0.6}, {"mouthLeft": 0.4}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_wrong_lip_or_lid_exceeds_the_tolerance(
    wrong: dict[str, float], stage: Offscreen, golden: dict[str, npt.NDArray[np.uint8]]
) -> None:
    weights, joints = EXPRESSIONS["neutral"]
    changed = weights.copy()
    for name, weight in wrong.items():
        changed[ARKIT_NAMES.index(name)] = weight
    assert difference(draw(stage, (changed, joints)), golden["neutral"]) > TOLERANCE


@pytest.mark.parametrize("blink", [0.0, 0.15, 0.3, 0.5])
def test_upper_lid_has_no_edge_across_it(blink: float) -> None:
    weights = np.zeros(len(ARKIT_NAMES), np.float32)
    weights[ARKIT_NAMES.index("eyeBlinkLeft")] = blink
    near = Camera(position=(2.85, 0.0, 60.0), target=(2.85, 0.0, 10.0), fov=4.5)
    with Offscreen(300, camera=near, smooth=False) as close:
        picture = close.render_face(weights, np.zeros((4, 3), np.float32))[40:, 110:200, :3].astype(int).sum(axis=2)
    for column in picture.T:
        lashes = int(np.argmax(column < 300))
        assert lashes > 40
        assert np.abs(np.diff(column[: lashes - 6])).max() < 35  # of 765, from row to row


@pytest.mark.parametrize(("jaw", "lower_lip"), [(0.12, 0.6), (0.25, 0.8), (0.35, 0.6), (0.5, 0.34)])
def test_tongue_stays_behind_the_lower_teeth(jaw: float, lower_lip: float) -> None:
    weights = np.zeros(len(ARKIT_NAMES), np.float32)
    for name, weight in (("jawOpen", jaw), ("mouthLowerDownLeft", lower_lip), ("mouthLowerDownRight", lower_lip)):
        weights[ARKIT_NAMES.index(name)] = weight
    near = Camera(position=(0.0, -6.5, 60.0), target=(0.0, -6.5, 8.0), fov=7.0)
    with Offscreen(256, camera=near, smooth=False) as close:
        picture = close.render_face(weights, np.zeros((4, 3), np.float32))[128:, 90:166, :3].astype(int)
    teeth = (picture.min(axis=2) > 105) & (picture[..., 0] - picture[..., 2] < 45)
    assert teeth.sum() > 300
    for column in teeth.T:
        rows = np.flatnonzero(column)
        assert rows.size == 0 or column[rows[0] : rows[-1]].all()


def test_missing_eye_exceeds_the_tolerance(stage: Offscreen, golden: dict[str, npt.NDArray[np.uint8]]) -> None:
    weights, joints = EXPRESSIONS["neutral"]
    backwards = joints.copy()
    backwards[2, 1] = np.pi  # the pupil looks into the head
    assert difference(draw(stage, (weights, backwards)), golden["neutral"]) > TOLERANCE


def test_light_per_pixel_looks_like_light_per_vertex(stage: Offscreen) -> None:
    with Offscreen(SIZE, per_pixel=True) as other:
        for name in ("neutral", "aa", "turned"):
            one, two = draw(stage, EXPRESSIONS[name]), draw(other, EXPRESSIONS[name])
            assert np.abs(one.astype(float) - two).mean() < 4


def test_transparent_picture_has_the_head_alone(stage: Offscreen) -> None:
    with Offscreen(SIZE, background=None) as clear:
        picture = clear.render_face(*EXPRESSIONS["neutral"])
    alpha = picture[..., 3]
    assert alpha[2, 2] == 0
    assert alpha[SIZE // 2, SIZE // 2] == 255
    assert 0.3 < (alpha > 127).mean() < 0.8
    solid = draw(stage, EXPRESSIONS["neutral"])
    assert np.abs(solid[alpha == 255].astype(int) - picture[alpha == 255][:, :3]).max() <= 4


def test_same_face_gives_the_same_bytes(stage: Offscreen) -> None:
    one, two = draw(stage, EXPRESSIONS["aa"]), draw(stage, EXPRESSIONS["aa"])
    np.testing.assert_array_equal(one, two)


def main() -> None:
    with Offscreen(SIZE) as stage:
        pictures = {name: draw(stage, face) for name, face in EXPRESSIONS.items()}
    # As differences between rows, which pack better.
    np.savez_compressed(STORED, **{name: np.diff(p, axis=0, prepend=np.uint8(0)) for name, p in pictures.items()})


if __name__ == "__main__":
    main()
