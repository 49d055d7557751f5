"""Videos, decoded again: what is seen in them, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from cli_runner import run_cli
from graphics import needs_graphics
from head_damage import whole

from hostmode import Recording, decode_message
from hostmode.measure.clicks import click_audio, click_instants, click_motion, find_clicks
from hostmode.view.png import write_png

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

av = pytest.importorskip("av")

pytestmark = [needs_graphics, pytest.mark.outer]

RATE = 16000
SECONDS = 4.0
SIZE = 256


@pytest.fixture(scope="module")
def clicks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of clicks and jaw pulses."""
    path = tmp_path_factory.mktemp("clicks") / "clicks.json"
    keyframes = np.concatenate([decode_message(message).keyframes for message in click_motion(SECONDS)])
    Recording.from_keyframes(click_audio(SECONDS, RATE), RATE, keyframes).save(path)
    return path


def pictures(path: Path) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint8]]:
    with av.open(str(path)) as file:
        frames = list(file.decode(video=0))
    return np.array([frame.time for frame in frames]), np.array([f.to_ndarray(format="rgb24") for f in frames])


def sound(path: Path) -> tuple[npt.NDArray[np.int16], int]:
    with av.open(str(path)) as file:
        frames = list(file.decode(audio=0))
        rate = file.streams.audio[0].rate
    start = round((frames[0].time or 0.0) * rate)
    samples = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
    whole = np.zeros(max(start, 0) + len(samples), np.float32)
    whole[max(start, 0) :] = samples
    return (np.clip(whole[max(-start, 0) :], -1, 1) * 32767).astype(np.int16), rate


def mouth_opening(shown: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return how many more dark pixels than when shut are where the mouth is: its inside lies in shadow."""
    height, width = shown.shape[1:3]
    part = shown[:, int(0.54 * height) : int(0.72 * height), int(0.38 * width) : int(0.62 * width)]
    dark = np.count_nonzero(part.mean(3) < 90, axis=(1, 2)).astype(np.float64)
    return np.maximum(dark - np.median(dark) - 5, 0)


@pytest.mark.parametrize("fps", [24, 25, 30, 60])
def test_mp4_mouth_opens_with_the_sound(fps: int, clicks: Path, tmp_path: Path) -> None:
    film = tmp_path / "clicks.mp4"
    run_cli("render", clicks, film, "--size", SIZE, "--fps", fps)
    heard, rate = sound(film)
    instants = find_clicks(heard, rate) / rate
    np.testing.assert_allclose(instants, click_instants(SECONDS), atol=0.001)
    times, shown = pictures(film)
    np.testing.assert_allclose(np.diff(times), 1 / fps, atol=1e-3)
    opening = mouth_opening(shown)
    assert opening.max() > 30
    for instant in instants:
        near = np.abs(times - instant) < 0.22
        weight = opening[near]
        assert weight.max() > 0.3 * opening.max()
        middle = np.dot(times[near], weight) / weight.sum()
        assert abs(middle - instant) < 1 / fps


def test_mp4_sound_is_the_recordings(clicks: Path, tmp_path: Path) -> None:
    film = tmp_path / "clicks.mp4"
    run_cli("render", clicks, film, "--size", 64, "--lead-in", 0.5)
    heard, rate = sound(film)
    given = click_audio(SECONDS, RATE).astype(np.float64)
    placed = heard[RATE // 2 :][: len(given)].astype(np.float64)
    assert rate == RATE
    lags = range(-40, 41)
    likeness = [np.dot(placed[100:-100], np.roll(given, lag)[100:-100]) for lag in lags]
    assert lags[int(np.argmax(likeness))] == 0
    assert np.abs(heard[: RATE // 4]).max() < 100


def test_mp4_comes_to_rest(clicks: Path, tmp_path: Path) -> None:
    film = tmp_path / "clicks.mp4"
    run_cli("render", clicks, film, "--size", SIZE, "--lead-out", 1.5)
    times, shown = pictures(film)
    assert times[-1] == pytest.approx(SECONDS + 1.5, abs=0.05)
    assert mouth_opening(shown)[-10:].max() < 5


@pytest.mark.parametrize("ending", [".mp4", ".png", ".gif", ".webm"])
def test_same_recording_gives_the_same_bytes(ending: str, clicks: Path, tmp_path: Path) -> None:
    films = [tmp_path / f"{name}{ending}" for name in ("one", "two")]
    for film in films:
        run_cli("render", clicks, film, "--size", 64, "--fps", 12)
    assert films[0].read_bytes() == films[1].read_bytes()


def test_png_is_a_sheet_of_twenty(clicks: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    run_cli("render", clicks, sheet, "--size", "64x80")
    _, shown = pictures(sheet)
    assert shown.shape == (1, 4 * 80, 5 * 64, 3)


def test_webm_transparent_keeps_its_alpha(clicks: Path, tmp_path: Path) -> None:
    film = tmp_path / "clear.webm"
    run_cli("render", clicks, film, "--size", 64, "--fps", 5, "--transparent")
    with av.open(str(film)) as file:
        assert file.streams.video[0].metadata.get("alpha_mode") == "1"
        assert file.streams.audio[0].codec_context.name in ("opus", "libopus")


def test_background_colour_and_picture_are_seen(clicks: Path, tmp_path: Path) -> None:
    wall, sheet = tmp_path / "wall.png", tmp_path / "sheet.png"
    run_cli("render", clicks, wall, "--size", 32, "--background", "#ff0000")
    assert tuple(pictures(wall)[1][0, 0, 0]) == (255, 0, 0)
    halves = np.zeros((40, 60, 3), np.uint8)
    halves[:, :30, 0] = halves[:, 30:, 2] = 255
    write_png(wall, halves)
    run_cli("render", clicks, sheet, "--size", 64, "--background", wall, "--fps", 5)
    picture = pictures(sheet)[1][0, :64, :64]
    assert tuple(picture[0, 0]) == (255, 0, 0)
    assert tuple(picture[0, 63]) == (0, 0, 255)


@pytest.mark.parametrize("kind", ["pickle", "glb without bones"])
def test_head_of_the_users_own_is_filmed(kind: str, clicks: Path, tmp_path: Path) -> None:
    head, sheet = tmp_path / ("head.pkl" if kind == "pickle" else "head.glb"), tmp_path / "sheet.png"
    head.write_bytes(whole(kind))
    run_cli("render", clicks, sheet, "--size", 64, "--head", head)
    own = pictures(sheet)[1]
    run_cli("render", clicks, sheet, "--size", 64)
    assert np.abs(own.astype(int) - pictures(sheet)[1]).mean() > 5
    assert own.std() > 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("out.avi",), "must end in"),
        (("out.mp4", "--size", "63"), "even"),
        (("out.mp4", "--size", "9000"), "16 to 4096"),
        (("out.mp4", "--transparent"), "webm"),
        (("out.mp4", "--background", "nowhere.jpg"), "neither a colour"),
        (("out.mp4", "--head", "{recording}"), "no head that can be read"),
    ],
)
def test_wrong_use_is_said_in_one_line(arguments: tuple[str, ...], words: str, clicks: Path, tmp_path: Path) -> None:
    name, *options = (argument.format(recording=clicks) for argument in arguments)
    run_cli("render", clicks, tmp_path / name, *options, fails_with=words)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("option", ["--head", "--map"])
def test_play_with_a_head_that_nobody_would_see_is_refused(option: str, clicks: Path) -> None:
    run_cli("play", clicks, option, "mine.npz", fails_with="add --window or --web")


def test_fit_shows_the_whole_head(clicks: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    run_cli("render", clicks, sheet, "--size", "96x64", "--fit", "--background", "#ff0000")
    first = pictures(sheet)[1][0, :64, :96]
    for edge in (first[0], first[-1], first[:, 0], first[:, -1]):
        assert (edge == (255, 0, 0)).all()
