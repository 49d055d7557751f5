"""Whatever a command writes is there whole or not at all, and what went wrong is said in one line."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cli_runner import run_cli
from exported_files import short_recording
from graphics import needs_graphics

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.outer


@dataclass(frozen=True)
class Writer:
    """A command that makes a file of a recording."""

    command: str
    name: str
    options: tuple[str, ...] = ()
    needs: str = ""

    def words(self, recording: Path, folder: Path) -> list[str]:
        target = str(folder / self.name)
        if self.command == "batch":
            return ["batch", str(recording), "--to", target, "--manifest", str(recording.with_name("m.ndjson"))]
        if self.command == "play":
            option = "--audio-out" if self.name.endswith(".wav") else "--poses-out"
            return ["play", str(recording), option, target]
        return [self.command, str(recording), target, *self.options]

    def __str__(self) -> str:
        return f"{self.command} {self.name}{'' if '--as' not in self.options else ' as poses'}"


FILM = ("--size", "32", "--fps", "5")
WRITERS = [
    *(Writer("export", f"x.{ending}") for ending in ("csv", "json", "glb", "vrma", "npz")),
    *(Writer("export", f"x.{ending}", needs="pxr") for ending in ("usd", "usda", "usdc")),
    Writer("export", "x.parquet", needs="pyarrow"),
    Writer("export", "x.csv", ("--as", "poses")),
    Writer("export", "x.glb", ("--no-sound",)),
    *(Writer("render", f"x.{ending}", FILM, "av") for ending in ("mp4", "webm", "gif")),
    Writer("render", "x.png", ("--size", "32"), "moderngl"),
    *(Writer("play", f"x.{ending}") for ending in ("wav", "npz", "csv")),
    Writer("plot", "x.png", needs="matplotlib"),
    *(Writer("batch", f"x.{ending}") for ending in ("csv", "glb")),
]


@pytest.fixture(
    params=[
        pytest.param(writer, id=str(writer), marks=[needs_graphics] if writer.command == "render" else [])
        for writer in WRITERS
    ]
)
def writer(request: pytest.FixtureRequest) -> Writer:
    found: Writer = request.param
    if found.needs:
        pytest.importorskip(found.needs)
    return found


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    short_recording().save(tmp_path / "in" / "r.json")
    return tmp_path / "in" / "r.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def made() -> dict[Writer, dict[str, bytes]]:
    """Return what commands of this module have made."""
    return {}


@pytest.fixture
def whole(writer: Writer, recording: Path, folder: Path, made: dict[Writer, dict[str, bytes]]) -> dict[str, bytes]:
    """Return the files of a command, which runs once for all tests, and put them into the folder."""
    if writer not in made:
        assert run(*writer.words(recording, folder)).returncode == 0
        made[writer] = contents(folder)
        # So that a batch does it again.
        recording.with_name("m.ndjson").unlink(missing_ok=True)
    for name, content in made[writer].items():
        (folder / name).write_bytes(content)
    return made[writer]


def run(*words: str, largest: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command; no file of it grows beyond `largest` bytes, as on a disk that is full then."""
    program = "import sys\n"
    if largest is not None:
        program += f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({largest}, {largest}))\n"
    program += "sys.argv = ['hostmode', *sys.argv[1:]]\nfrom hostmode.cli import main; main()"
    # Neither bytecode nor a font cache is what is measured.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)


def complaints(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what was said but for how far a batch has come, which it says now and then on a busy machine."""
    return [line for line in done.stderr.splitlines() if " times real time" not in line]


def assert_failed_in_one_line(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode in (1, 2, 3, 4), done.stderr
    (said,) = complaints(done)
    assert said.startswith(("hostmode: ", "failed: ")) or ": " in said
    assert "Traceback" not in done.stderr


# ---- full disks


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits")
@pytest.mark.parametrize("share", ["begins", "all but a byte"])
def test_full_disk_leaves_what_was_there(
    writer: Writer, recording: Path, folder: Path, whole: dict[str, bytes], share: str
) -> None:
    words = writer.words(recording, folder)
    largest = max(map(len, whole.values())) - 1

    done = run(*words, largest=min(largest, 1000) if share == "begins" else largest)

    assert_failed_in_one_line(done)
    assert writer.name in done.stderr or writer.command == "batch"
    assert ".x." not in done.stderr
    assert contents(folder) == whole


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs a file system of its own")
def test_full_file_system_is_left_empty(
    writer: Writer, recording: Path, folder: Path, whole: dict[str, bytes]
) -> None:
    words = writer.words(recording, folder)
    blocks = max(map(len, whole.values())) // 4096
    # The mount is seen by this command alone, and ends with it.
    script = 'mount -t tmpfs -o "size=$1k" none "$2" || exit 99; shift; folder=$1; shift; '
    script += '"$@"; echo "$?"; find "$folder" -type f'
    program = "import sys; sys.argv = ['hostmode', *sys.argv[1:]]; from hostmode.cli import main; main()"
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(4 * max(blocks, 1))]

    done = subprocess.run(
        [*command, str(folder), sys.executable, "-c", program, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode == 99 or not done.stdout:
        pytest.skip(f"file systems cannot be mounted here: {done.stderr.strip()}")

    assert len(complaints(done)) == 1, done.stderr
    # No file is listed after the exit code.
    assert done.stdout.splitlines()[-1] in ("1", "4"), done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_device_is_no_output_and_stays(writer: Writer, recording: Path, folder: Path) -> None:
    if writer.command == "batch":
        pytest.skip("what a batch makes takes the place of a link")
    (folder / writer.name).symlink_to("/dev/full")

    assert_failed_in_one_line(run(*writer.words(recording, folder)))

    assert [path.name for path in folder.iterdir()] == [writer.name]
    assert (folder / writer.name).is_symlink()


def test_folder_in_the_place_of_an_output_stays(writer: Writer, recording: Path, folder: Path) -> None:
    (folder / writer.name).mkdir()
    (folder / writer.name / "mine").write_text("mine")

    assert_failed_in_one_line(run(*writer.words(recording, folder)))

    assert contents(folder) == {f"{writer.name}/mine": b"mine"}


# ---- folders


def test_missing_folder_is_not_made_half(writer: Writer, recording: Path, tmp_path: Path) -> None:
    if writer.command == "batch":
        pytest.skip("a batch makes the folder of its outputs")

    done = run(*writer.words(recording, tmp_path / "nowhere"))

    assert_failed_in_one_line(done)
    assert "nowhere" in done.stderr
    assert not (tmp_path / "nowhere").exists()


def test_folder_that_is_a_file_stays(writer: Writer, recording: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    assert_failed_in_one_line(run(*writer.words(recording, tmp_path / "file")))

    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_folder_without_permission_stays_empty(writer: Writer, recording: Path, folder: Path) -> None:
    folder.chmod(0o500)
    try:
        assert_failed_in_one_line(run(*writer.words(recording, folder)))
        assert not contents(folder)
    finally:
        folder.chmod(0o700)


# ---- recordings


def cut(share: float) -> Callable[[bytes], bytes]:
    return lambda content: content[: int(share * len(content))]


def with_value(value: float) -> Callable[[bytes], bytes]:
    """Return what puts a number into the last keyframe of each message."""

    def change(content: bytes) -> bytes:
        document = json.loads(content)
        messages = document["animation_messages_base64"]
        for index, message in enumerate(messages):
            raw = bytearray(base64.b64decode(message))
            raw[-40:-36] = struct.pack("<f", value)
            messages[index] = base64.b64encode(raw).decode()
        return json.dumps(document).encode()

    return change


HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "empty": cut(0.0),
    "cut at a tenth": cut(0.1),
    "cut before its end": cut(0.999),
    "zeros": lambda content: bytes(len(content)),
    "no object": lambda content: b"[]",
    "no sound": lambda content: b'{"audio_base64": 3, "animations": []}',
    "NaN": with_value(float("nan")),
    "infinity": with_value(float("-inf")),
    "huge": with_value(3e38),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_recording_leaves_what_was_there(kind: str, recording: Path, folder: Path) -> None:
    recording.write_bytes(HOSTILE[kind](recording.read_bytes()))
    for writer in WRITERS:
        (folder / writer.name).write_bytes(b"mine")
        before = contents(folder)

        run_cli(*writer.words(recording, folder), fails_with=r"r\.json|recording")

        assert contents(folder) == before, writer


@pytest.mark.parametrize("protocol", ["livelink", "vmc"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_recording_is_not_sent(kind: str, protocol: str, recording: Path) -> None:
    recording.write_bytes(HOSTILE[kind](recording.read_bytes()))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.setblocking(False)
        address = f"{protocol}://127.0.0.1:{listening.getsockname()[1]}"

        run_cli("play", recording, "--send", address, fails_with=r"r\.json|recording")

        with pytest.raises(BlockingIOError):
            listening.recv(1)
