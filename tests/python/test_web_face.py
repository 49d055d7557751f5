"""The face in a browser: pictures, state, and who is refused."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hostmode import Controller, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

av = pytest.importorskip("av")

from graphics import needs_graphics  # noqa: E402

from hostmode.view import WebFace  # noqa: E402

pytestmark = [needs_graphics, pytest.mark.outer]


@pytest.fixture
def avatar() -> Iterator[Controller]:
    with Controller(Recording.embedded().sample_rate, output="silent") as controller:
        yield controller


def speak(avatar: Controller) -> None:
    recording = Recording.embedded()
    conversation_id = avatar.yield_audio_data(recording.audio.data, end=True)
    avatar.yield_frames_data(list(recording.messages), conversation_id)


def get(face: WebFace, path: str, **headers: str) -> http.client.HTTPResponse:
    host, port = face.url.removeprefix("http://").rstrip("/").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


def read_pictures(response: http.client.HTTPResponse, count: int) -> list[npt.NDArray[np.uint8]]:
    pictures = []
    decoder = av.CodecContext.create("mjpeg", "r")
    while len(pictures) < count:
        line = response.readline()
        if line.startswith(b"Content-Length:"):
            length = int(line.split(b":")[1])
            response.readline()
            data = response.read(length)
            pictures += [frame.to_ndarray(format="rgb24") for frame in decoder.decode(av.Packet(data))]
    return pictures


def test_page_pictures_and_state_are_served(avatar: Controller) -> None:
    with WebFace(avatar, size=128) as face:
        assert b"/next" in get(face, "/").read()
        assert get(face, "/elsewhere").status == 404
        stream = get(face, "/face.mjpg")
        states = get(face, "/state")
        speak(avatar)
        pictures = read_pictures(stream, 30)
        assert pictures[0].shape == (128, 128, 3)
        assert pictures[0].std() > 20
        mouths = np.array(pictures)[:, 68:94, 48:80].astype(int)
        assert np.abs(np.diff(mouths, axis=0)).max() > 20
        assert set(json.loads(states.readline()[6:])) == {"state", "audio_time"}


def test_state_follows_the_controller(avatar: Controller) -> None:
    with WebFace(avatar, size=64) as face:
        states = get(face, "/state")
        seen = []
        speak(avatar)
        for _ in range(20):
            line = states.readline()
            if line.startswith(b"data: "):
                seen.append(json.loads(line[6:]))
        assert seen[-1]["state"] == "playing"
        assert seen[-1]["audio_time"] > seen[0]["audio_time"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1:1"},
        {"Origin": "https://127.0.0.1"},
    ],
)
def test_strange_origin_or_host_is_refused(headers: dict[str, str], avatar: Controller) -> None:
    with WebFace(avatar, size=64) as face:
        for path in ("/", "/face.mjpg", "/state"):
            assert get(face, path, **headers).status == 403
        assert get(face, "/", Origin=face.url.rstrip("/")).status == 200


def test_only_loopback_is_listened_on(avatar: Controller) -> None:
    with WebFace(avatar, size=64) as face:
        assert face._server.server_address[0] == "127.0.0.1"
        own = socket.gethostbyname(socket.gethostname())
        if not own.startswith("127."):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((own, face._server.server_address[1]), timeout=2)


def test_ten_browsers_share_the_pictures_that_are_drawn_once(avatar: Controller) -> None:
    with WebFace(avatar, size=64, rate=20) as face:
        begun, before = time.monotonic(), face.pictures
        counts: list[int] = []
        threads = [
            threading.Thread(target=lambda: counts.append(len(read_pictures(get(face, "/face.mjpg"), 20))))
            for _ in range(10)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        drawn = face.pictures - before
        assert counts == [20] * 10
        assert drawn <= (time.monotonic() - begun) * 20 + 5


def test_nobody_looks_nothing_is_drawn(avatar: Controller) -> None:
    with WebFace(avatar, size=64) as face:
        time.sleep(0.1)
        before = face.pictures
        time.sleep(0.4)
        assert face.pictures == before


def _browser() -> str:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("needs chromium")
    return found


def test_ten_tabs_of_a_browser_are_served_and_cost_no_more_than_one(avatar: Controller, tmp_path: Path) -> None:
    """A browser has six connections for all its tabs: none may keep one for itself. Each picture is drawn once."""
    profile = tmp_path / "profile"
    with WebFace(avatar, size=64, rate=10) as face:
        browser = subprocess.Popen(
            [_browser(), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
             "--remote-debugging-port=0", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            waited = time.monotonic() + 60
            while not (port_file := profile / "DevToolsActivePort").exists() and time.monotonic() < waited:
                time.sleep(0.1)
            port = port_file.read_text().split()[0]

            def ask(method: str, path: str) -> Any:
                request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.loads(answer.read())

            begun, before = time.monotonic(), face.pictures
            for tab in range(10):
                ask("PUT", f"/json/new?{face.url}?tab={tab}")
            asked = set()
            face_next = face._send_next

            def count(request: Any, query: str) -> None:
                asked.add(request.headers["Referer"])
                face_next(request, query)

            face._send_next = count  # type: ignore[method-assign]
            while len(asked) < 10 and time.monotonic() < waited + 30:
                time.sleep(0.1)
            assert len(asked) == 10
            assert face.pictures - before <= (time.monotonic() - begun) * 10 + 5
        finally:
            browser.terminate()
            browser.wait(30)


def test_next_picture_comes_with_the_state(avatar: Controller) -> None:
    with WebFace(avatar, size=64) as face:
        first = get(face, "/next?after=0")
        facts = json.loads(first.headers["X-Hostmode"])
        assert facts["state"] == "idle"
        assert first.read().startswith(b"\xff\xd8")
        assert (
            json.loads(get(face, f"/next?after={facts['number']}").headers["X-Hostmode"])["number"] > facts["number"]
        )
        assert get(face, "/next?after=none").status == 200
        assert get(face, "/next?after=0", Origin="http://evil.example").status == 403


def test_browser_shows_the_face(avatar: Controller, tmp_path: Path) -> None:
    browser = _browser()
    with WebFace(avatar, size=256) as face:
        speak(avatar)
        shots = []
        # On a busy machine the browser may have drawn nothing yet when it is to take its picture.
        patience = time.monotonic() + 60
        while len(shots) < 2 and time.monotonic() < patience:
            name = f"{time.monotonic()}.png"
            subprocess.run(
                [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
                 "--window-size=400,400", "--timeout=3000", f"--screenshot={tmp_path / name}", face.url],
                check=False, capture_output=True, timeout=60,
            )  # fmt: skip
            with av.open(str(tmp_path / name)) as file:
                shot = next(file.decode(video=0)).to_ndarray(format="rgb24")
            if shot.std() > 20:
                shots.append(shot)
    assert len(shots) == 2
    assert (shots[0] != shots[1]).any()
