"""``hostmode inspect`` and what every command has in common: help, one-line errors, exit codes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from typer.testing import CliRunner

import hostmode
from hostmode import Recording
from hostmode.cli.app import COMMANDS, app
from hostmode.cli.style import working
from hostmode.recording.checks import find_notes, find_problems

if TYPE_CHECKING:
    from click.testing import Result

pytestmark = pytest.mark.outer

RATE = 16000


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="hostmode")


def motion(count: int = 25, req_id: str = "r", end: bool = False, **fields: Any) -> bytes:
    """Encode keyframes in which every parameter moves evenly."""
    keyframes = np.linspace(0, 1, count * 120, dtype=np.float32).reshape(count, 120)
    return hostmode.encode_message(keyframes, req_id=req_id, end=end, **fields)


def tone(seconds: float = 1.0, peak: int = 8000) -> np.ndarray:
    phase = np.arange(round(seconds * RATE)) * (2 * np.pi * 220 / RATE)
    return (peak * np.sin(phase)).astype(np.int16)


def test_inspect_real_recording_states_its_content(recordings: Path) -> None:
    result = run("inspect", recordings / "speech-16k.json", "--json")
    summary = json.loads(result.output)

    assert result.exit_code == 0
    assert summary["messages"] == 6
    assert summary["keyframes"] == 507
    assert summary["keyframe_rate"] == 25
    assert summary["audio_seconds"] == pytest.approx(20.3, abs=0.05)
    assert summary["sample_rate"] == 16000
    assert len(summary["req_ids"]) == 1
    assert summary["seams"] == [50, 150, 250, 350, 450]
    assert summary["problems"] == []
    assert summary["notes"]
    assert all("the expression jumps at the seam" in note for note in summary["notes"])


def test_inspect_strict_accepts_the_real_recording(recordings: Path) -> None:
    result = run("inspect", recordings / "speech-16k.json", "--strict")

    assert result.exit_code == 0
    assert "problems    none" in result.output
    assert "smoothed when played" in " ".join(result.output.split())


def test_inspect_for_people_says_the_same(recordings: Path) -> None:
    output = run("inspect", recordings / "speech-16k.json").output

    for fact in ("20.3 s", "507 keyframes", "25/s", "6 messages", "50 100 100 100 100 57"):
        assert fact in output


def test_inspect_sound_recording_reports_no_problems(tmp_path: Path) -> None:
    Recording(tone(), RATE, [motion(end=True)]).save(tmp_path / "x.json")

    result = run("inspect", tmp_path / "x.json", "--strict")

    assert "problems    none" in result.output
    assert result.exit_code == 0


def test_inspect_strict_with_problems_exits_with_1(tmp_path: Path) -> None:
    Recording(tone(), RATE, []).save(tmp_path / "x.json")

    assert run("inspect", tmp_path / "x.json").exit_code == 0
    assert run("inspect", tmp_path / "x.json", "--strict").exit_code == 1


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([], "no motion messages"),
        ([motion(12), motion(13, req_id="s", end=True)], "2 req_ids (r, s)"),
        ([motion(12), motion(13)], "no message carries end"),
        ([motion(12, end=True), motion(13)], "end comes in message 1 of 2"),
        ([motion(12, end=True), motion(13, end=True)], "end comes 2 times, in messages 1, 2"),
        ([b"", motion(end=True)], "message 1 is empty"),
        ([motion(0), motion(end=True)], "message 1 holds no keyframes"),
        ([b"\x08\x03", motion(end=True)], "message 1 is not motion (type 3)"),
        ([motion(12) + motion(13), motion(12, end=True)], "message 1 is 2 messages glued together"),
        ([motion(12, avatar_id="a"), motion(13, avatar_id="b", end=True)], "motion for 2 avatars: a, b"),
        ([motion(50, end=True)], "the motion is 1.00 s longer than the sound (2.00 s, 1.00 s)"),
        ([motion(10, end=True)], "the motion is 0.60 s shorter than the sound (0.40 s, 1.00 s)"),
    ],
)
def test_problems_of_messages_are_found(messages: list[bytes], words: str) -> None:
    assert any(words in problem for problem in find_problems(Recording(tone(), RATE, messages)))


@pytest.mark.parametrize(
    ("audio", "words"),
    [
        (tone(0), "no sound"),
        (tone(peak=20), "silent throughout"),
        (np.clip(3 * tone(peak=16000).astype(np.int32), -32768, 32767).astype(np.int16), "clipped in"),
    ],
)
def test_problems_of_sound_are_found(audio: np.ndarray, words: str) -> None:
    assert any(words in problem for problem in find_problems(Recording(audio, RATE, [motion(end=True)])))


def test_problems_of_sound_touching_full_scale_is_not_clipping() -> None:
    audio = tone()
    audio[[100, 200]] = 32767

    assert find_problems(Recording(audio, RATE, [motion(end=True)])) == []


def test_problem_of_still_jaw_is_found() -> None:
    still = np.zeros((25, 120), np.float32)

    assert "the jaw never moves" in find_problems(Recording.from_keyframes(tone(), RATE, still))


def test_jump_at_seam_is_noted_with_place_and_size_and_no_problem() -> None:
    keyframes = np.zeros((100, 120), np.float32)
    keyframes[:, 9] = np.sin(np.arange(100))
    keyframes[:, 20] = np.arange(100)
    keyframes[50:, 20] += 3

    recording = Recording.from_keyframes(tone(4), RATE, keyframes)
    (note,) = find_notes(recording)

    assert "seam of keyframe 50 (2.00 s): 4.0 times the median step" in note
    assert find_problems(recording) == []


def test_problem_of_ids_that_differ_from_the_file_is_found() -> None:
    recording = Recording(tone(), RATE, [motion(end=True)], req_id="another")

    assert find_problems(recording) == ["the file's req_id another is not the messages' r"]


BAD = {"empty": b"", "cut": b'{"audio', "binary": b"\xff\x00", "list": b"[]", "nothing": b"{}"}


@pytest.mark.parametrize("command", ["inspect", "plot", "play"])
@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_command_on_bad_file_prints_one_line_and_exits_with_3(tmp_path: Path, command: str, content: bytes) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    output = [tmp_path / "out.png"] if command == "plot" else []

    result = run(command, path, *output)

    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr.startswith(f"hostmode: {path}: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["inspect", "play"])
def test_command_on_missing_file_prints_one_line_and_exits_with_4(tmp_path: Path, command: str) -> None:
    result = run(command, tmp_path / "none.json")

    assert result.exit_code == 4
    assert result.stderr == f"hostmode: {tmp_path / 'none.json'}: No such file or directory\n"


def test_inspect_control_characters_of_a_file_do_not_reach_the_terminal(tmp_path: Path) -> None:
    hostile = "a\n\x1b[31mred"
    Recording(tone(), RATE, [motion(req_id=hostile, end=True)], connection_id=hostile).save(tmp_path / "x.json")

    output = run("inspect", tmp_path / "x.json").output

    assert "\x1b" not in output
    assert output.count(r"a\n\x1b[31mred") == 2


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="file names are Unicode there")
def test_command_on_file_whose_name_is_no_text_prints_one_line(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.json")
    (tmp_path / name).write_text("{")

    result = subprocess.run(
        [sys.executable, "-m", "hostmode", "inspect", name], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert result.returncode == 3
    assert result.stderr.startswith(r"hostmode: \udcff.json: not JSON")
    assert result.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="has neither SIGPIPE nor a shell with pipes to try it with")
def test_command_whose_reader_has_left_ends_quietly(tmp_path: Path) -> None:
    Recording(tone(), RATE, [motion(end=True)]).save(tmp_path / "x.json")
    read_end, write_end = os.pipe()
    os.close(read_end)

    result = subprocess.run(
        [sys.executable, "-m", "hostmode", "inspect", "x.json", "--json"],
        cwd=tmp_path,
        stdout=write_end,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write_end)

    assert result.stderr == ""
    assert result.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize(
    "arguments",
    [
        ("inspect", "x.json", "--json"),
        ("inspect", "x.json"),
        ("plot", "x.json", "x.png"),
        ("play", "x.json", "--audio-out", "x.wav"),
        ("bench", "soak", "--controllers", "1", "--minutes", "3"),
        ("bench", "--help"),
        ("--help",),
        ("--version",),
    ],
    ids=" ".join,
)
def test_command_whose_output_cannot_be_written_prints_one_line_and_exits_with_4(
    tmp_path: Path, arguments: tuple[str, ...], unbuffered: bool
) -> None:
    Recording(tone(), RATE, [motion(end=True)]).save(tmp_path / "x.json")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [sys.executable, *(["-u"] if unbuffered else []), "-m", "hostmode", *arguments]

    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            command, cwd=tmp_path, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert (result.returncode, result.stderr) == (4, "hostmode: No space left on device\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_command_that_cannot_complain_either_keeps_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "hostmode", "inspect", "x.json"]
        result = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=full, check=False)

    assert result.returncode == 3


def test_working_in_a_terminal_says_what_takes_time_and_elsewhere_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal, pipe = io.StringIO(), io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    for stream in (terminal, pipe):
        monkeypatch.setattr(sys, "stderr", stream)
        with working("reading [x].json"):
            pass

    assert "reading [x].json" in terminal.getvalue()
    assert pipe.getvalue() == ""


def test_command_that_does_not_exist_exits_with_2() -> None:
    result = run("inspekt")

    assert result.exit_code == 2
    assert "inspekt" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_explains_it(command: str) -> None:
    result = run(command, "--help")

    assert result.exit_code == 0
    assert f"Usage: hostmode {command}" in result.output
    assert len(result.output) > 300


def test_help_lists_every_command() -> None:
    output = run("--help").output

    assert all(command in output for command in COMMANDS)


def test_version_is_that_of_the_package() -> None:
    assert run("--version").output.strip() == hostmode.__version__


def test_hostmode_without_the_cli_extra_names_what_to_install() -> None:
    program = "import sys; sys.modules['typer'] = None; from hostmode.cli import main; main()"

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert result.returncode == 6
    assert result.stderr == 'hostmode: typer is not installed; pip install "hostmode[cli]"\n'


def test_inspect_imports_neither_matplotlib_nor_sound() -> None:
    program = (
        "import sys; from typer.testing import CliRunner; from hostmode.cli.app import app; "
        "CliRunner().invoke(app, ['inspect', 'none']); print(*sys.modules)"
    )

    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert not {"matplotlib", "sounddevice", "hostmode.controller"} & set(modules.stdout.split())
