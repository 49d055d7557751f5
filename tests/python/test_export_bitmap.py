"""A controller's face as a picture, and in a notebook."""

from __future__ import annotations

import base64
import itertools
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import numpy as np
import pytest
from graphics import needs_graphics

from hostmode import ClosedError, Controller, Recording
from hostmode.rig import Rig
from hostmode.view import Camera, Offscreen, Transform, WebFace

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

pytestmark = [needs_graphics, pytest.mark.outer]


@pytest.fixture
def avatar() -> Iterator[Controller]:
    with Controller(Recording.embedded().sample_rate, output="silent") as controller:
        yield controller


def head_of(picture: npt.NDArray[np.uint8]) -> tuple[float, float, int]:
    """Return the middle of what is seen, of the picture's width and height, and how many pixels that is."""
    rows, columns = np.nonzero(picture[..., 3] > 127)
    return columns.mean() / picture.shape[1], rows.mean() / picture.shape[0], len(rows)


def test_export_bitmap_shows_the_avatar_as_it_speaks(avatar: Controller) -> None:
    still = avatar.export_bitmap(128)
    assert still.shape == (128, 128, 4)
    assert still.dtype == np.uint8
    assert still[..., :3].std() > 20
    recording = Recording.embedded()
    conversation_id = avatar.yield_audio_data(recording.audio.data, end=True)
    avatar.yield_frames_data(list(recording.messages), conversation_id)
    assert avatar.wait_until_idle(timeout=0.5) is False
    mouths = [avatar.export_bitmap(128)[66:96, 48:80, :3].astype(int) for _ in range(20)]
    assert max(np.abs(a - b).max() for a, b in itertools.pairwise(mouths)) > 15


def test_export_bitmap_transparent_of_another_size(avatar: Controller) -> None:
    picture = avatar.export_bitmap((64, 96), transparent=True)
    assert picture.shape == (96, 64, 4)
    assert set(np.unique(picture[..., 3])) >= {0, 255}


def test_export_bitmap_after_close_is_refused() -> None:
    controller = Controller(16000, output="silent")
    controller.export_bitmap(32)
    controller.close()
    with pytest.raises(ClosedError):
        controller.export_bitmap(32)


def test_transform_moves_and_enlarges_the_head(avatar: Controller) -> None:
    large, small = (
        head_of(avatar.export_bitmap(128, transform=Transform(scale=scale), transparent=True)) for scale in (0.4, 0.2)
    )
    assert small[2] == pytest.approx(large[2] / 4, rel=0.05)
    moved = head_of(avatar.export_bitmap(128, transform=Transform(0.5, 0.25, 0.4), transparent=True))
    centre = head_of(avatar.export_bitmap(128, transform=Transform(scale=0.4), transparent=True))
    assert moved[0] - centre[0] == pytest.approx(0.25, abs=0.02)
    assert centre[1] - moved[1] == pytest.approx(0.125, abs=0.02)


def test_camera_that_fits_sees_the_whole_head() -> None:
    rig = Rig.load()
    for size in ((128, 128), (192, 96), (96, 192)):
        with Offscreen(size, rig, camera=Camera.fitting(rig, size[0] / size[1]), background=None) as stage:
            alpha = stage.render_face(np.zeros(52, np.float32), np.zeros((4, 3), np.float32))[..., 3]
        edge = np.concatenate((alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]))
        assert not edge.any(), size
        assert (alpha > 0).mean() > 0.1


@pytest.mark.parametrize("wrong", [{"scale": 0.0}, {"scale": -1.0}, {"x": float("nan")}, {"y": float("inf")}])
def test_transform_that_shows_nothing_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        Transform(**wrong)


def test_notebook_shows_the_face(avatar: Controller) -> None:
    formatters = pytest.importorskip("IPython.core.formatters")
    shown, _ = formatters.DisplayFormatter().format(avatar)
    png = shown["image/png"]
    data = base64.b64decode(png) if isinstance(png, str) else png
    assert data.startswith(b"\x89PNG")
    assert len(data) > 10_000


def test_notebook_executed_holds_the_face() -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    code = "import hostmode\navatar = hostmode.Controller(16000, output='silent')\navatar"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=60).execute()
    (output,) = [one for one in notebook.cells[0].outputs if one.output_type == "execute_result"]
    assert base64.b64decode(output.data["image/png"]).startswith(b"\x89PNG")


def test_notebook_may_show_the_live_face_with_its_key_alone(avatar: Controller) -> None:
    pytest.importorskip("av")
    with WebFace(avatar, size=64) as face:
        html = face._repr_html_()
        address = html.split('"')[1]
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
            assert b"image/jpeg" in answer.read(100)
        for other in (address.partition("?")[0], address[:-1] + ("a" if address[-1] != "a" else "b")):
            with urllib.request.urlopen(other, timeout=10) as answer:
                assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        strange = urllib.request.Request(address, headers={"Origin": "http://evil.example"})
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(strange, timeout=10)


def test_notebook_of_a_closed_controller_says_so() -> None:
    controller = Controller(16000, output="silent")
    controller.close()
    assert "closed" in json.dumps(controller._repr_mimebundle_())
