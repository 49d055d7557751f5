"""``hostmode play`` and ``devices``: files equal the recording; live runs end with facts."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

import hostmode
from hostmode import Recording
from hostmode.cli.app import app
from hostmode.cli.live import Playback, motion_lag, play_live
from hostmode.offline import render_offline
from hostmode.recording.checks import SEAM_STEP_RATIO, seam_step_ratios

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

pytestmark = pytest.mark.outer

RAMP_S = 0.005


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="hostmode")


def samples_of(path: Path) -> tuple[int, np.ndarray]:
    with wave.open(str(path)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        return sound.getframerate(), np.frombuffer(sound.readframes(sound.getnframes()), "<i2")


def excerpt(seconds: float) -> Recording:
    whole = Recording.embedded()
    count = round(seconds * 25)
    return Recording.from_keyframes(
        whole.audio[: count * whole.sample_rate // 25],
        whole.sample_rate,
        whole.keyframes[:count],
        req_id=whole.req_id,
    )


def assert_same_away_from_ramps(heard: np.ndarray, given: np.ndarray, rate: int) -> None:
    ramp = round(RAMP_S * rate)
    assert len(heard) == len(given)
    np.testing.assert_array_equal(heard[ramp:-ramp], given[ramp:-ramp])


def test_play_offline_real_recording_writes_its_own_sound(recordings: Path, tmp_path: Path) -> None:
    source = recordings / "speech-16k.json"

    result = run("play", source, "--audio-out", tmp_path / "out.wav")
    rate, heard = samples_of(tmp_path / "out.wav")

    assert result.exit_code == 0
    assert rate == 16000
    assert_same_away_from_ramps(heard, hostmode.load_recording(source).audio, rate)


@pytest.mark.parametrize("rate", hostmode._core.PCM_RATES)
def test_render_offline_at_every_rate_gives_the_recording_s_own_sound(rate: int) -> None:
    audio = np.random.default_rng(1).integers(-9000, 9000, rate).astype(np.int16)
    recording = Recording.from_keyframes(audio, rate, np.zeros((25, 120), np.float32))

    assert_same_away_from_ramps(render_offline(recording).audio, audio, rate)


def test_play_offline_writes_poses_at_the_rate_asked_for(tmp_path: Path) -> None:
    excerpt(2.0).save(tmp_path / "x.json")

    run("play", tmp_path / "x.json", "--poses-out", tmp_path / "out.npz", "--rate", 50)
    with np.load(tmp_path / "out.npz") as stored:
        times, poses = stored["times"], stored["poses"]

    np.testing.assert_allclose(times, np.arange(100) / 50)
    assert (times.dtype, poses.dtype, poses.shape) == (np.float64, np.float32, (100, 120))


def test_play_offline_csv_has_one_named_column_a_value(tmp_path: Path) -> None:
    excerpt(1.0).save(tmp_path / "x.json")

    run("play", tmp_path / "x.json", "--poses-out", tmp_path / "out.csv", "--rate", 25, "--exact")
    header, *_ = (tmp_path / "out.csv").read_text().splitlines()
    table = np.loadtxt(tmp_path / "out.csv", delimiter=",", skiprows=1)

    assert header.split(",")[:2] == ["time", "translation_0"]
    assert header.split(",")[-1] == "expression_99"
    assert table.shape == (25, 121)
    # The first syllable comes out of silence: a seam, which is spread over the keyframes 6 and 7.
    np.testing.assert_allclose(table[8:, 1 + 9], excerpt(1.0).keyframes[8:, 9], atol=1e-4)


def published_pair(folder: Path, rate: int, keyframes: int = 50) -> Path:
    """Write two seconds of sound at `rate`, and motion beside it, in files that say nothing about a rate."""
    (1000 * np.sin(np.arange(2 * rate) / 20)).astype("<i2").tofile(folder / "audio_7.pcm")
    names = {
        "translation": 3,
        "rotation": 3,
        "neckPose": 3,
        "jawPose": 3,
        "eyePose": 6,
        "eyeLid": 2,
        "expression": 100,
    }
    frames = [{name: [index / 100] * width for name, width in names.items()} for index in range(keyframes)]
    path = folder / "flame_7.json"
    path.write_text(json.dumps({"reqId": "r", "keyframesCount": keyframes, "keyframes": frames}))
    return path


@pytest.mark.parametrize("rate", [24000, 44100, 48000, 8000])
def test_play_published_pair_takes_as_long_as_it_should_and_says_the_rate(tmp_path: Path, rate: int) -> None:
    result = run("play", published_pair(tmp_path, rate), "--audio-out", tmp_path / "out.wav")

    assert result.exit_code == 0
    assert f"{rate} Hz, at which the sound is as long as the motion" in result.stderr
    heard_rate, heard = samples_of(tmp_path / "out.wav")
    assert (heard_rate, len(heard)) == (rate, 2 * rate)


def test_play_at_a_rate_that_nobody_knows_is_refused_and_given_it_plays(tmp_path: Path) -> None:
    source = published_pair(tmp_path, 24000, keyframes=40)

    refused = run("play", source, "--audio-out", tmp_path / "out.wav")
    played = run("play", source, "--audio-out", tmp_path / "out.wav", "--sample-rate", 24000)

    assert refused.exit_code == 3
    assert "give the rate: --sample-rate" in refused.stderr
    assert (played.exit_code, played.stderr) == (0, "")
    assert samples_of(tmp_path / "out.wav")[0] == 24000


def test_play_with_another_sound_plays_that_one_and_does_not_overwrite_it(tmp_path: Path) -> None:
    source = published_pair(tmp_path, 16000)
    with wave.open(str(tmp_path / "other.wav"), "wb") as file:
        file.setparams((1, 2, 32000, 0, "NONE", ""))
        file.writeframes(np.full(64000, 99, "<i2").tobytes())

    played = run("play", source, "--audio", tmp_path / "other.wav", "--audio-out", tmp_path / "out.wav")
    refused = run("play", source, "--audio", tmp_path / "other.wav", "--audio-out", tmp_path / "other.wav")

    assert played.exit_code == 0
    rate, heard = samples_of(tmp_path / "out.wav")
    assert (rate, heard[32000]) == (32000, 99)
    assert refused.exit_code == 2


@pytest.mark.parametrize("command", ["play", "inspect", "plot"])
def test_command_with_a_rate_that_is_none_of_the_seven_exits_with_2(tmp_path: Path, command: str) -> None:
    output = [tmp_path / "out.png"] if command == "plot" else []

    result = run(command, published_pair(tmp_path, 24000), *output, "--sample-rate", 12345)

    assert result.exit_code == 2
    assert "22050" in result.stderr


def test_render_offline_exact_equals_the_keyframes_at_their_instants(recordings: Path) -> None:
    recording = hostmode.load_recording(recordings / "speech-16k.json")
    smoothed = [seam for seam, ratio in seam_step_ratios(recording).items() if ratio > SEAM_STEP_RATIO]
    eased = [keyframe for seam in smoothed for keyframe in range(seam - 2, seam + 3)]

    poses = render_offline(recording, rate=25, exact=True).poses[: len(recording.keyframes)]

    np.testing.assert_allclose(
        np.delete(poses, eased, axis=0), np.delete(recording.keyframes, eased, axis=0), atol=1e-4
    )


def test_render_offline_without_end_plays_the_same(tmp_path: Path) -> None:
    complete = excerpt(2.0)
    endless = Recording(
        complete.audio,
        complete.sample_rate,
        [hostmode.encode_message(complete.keyframes, req_id=complete.req_id)],
        req_id="the file's own",
    )

    np.testing.assert_array_equal(
        render_offline(endless, exact=True).poses, render_offline(complete, exact=True).poses
    )


def test_render_offline_motion_longer_than_sound_goes_on_in_silence() -> None:
    whole = excerpt(2.0)
    recording = Recording.from_keyframes(whole.audio[:16000], 16000, whole.keyframes)

    rendering = render_offline(recording, rate=25, exact=True)

    assert len(rendering.audio) == 32000
    assert not rendering.audio[16000:].any()
    np.testing.assert_allclose(rendering.poses[45], whole.keyframes[45], atol=1e-4)


@pytest.mark.parametrize("rate", [0, -1, float("nan"), 1001])
def test_render_offline_impossible_rate_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1000"):
        render_offline(excerpt(1.0), rate)


@pytest.mark.alone
def test_play_offline_is_ten_times_faster_than_real_time(tmp_path: Path) -> None:
    Recording.embedded().save(tmp_path / "x.json")
    outputs = ["--audio-out", str(tmp_path / "x.wav"), "--poses-out", str(tmp_path / "x.npz")]
    command = [sys.executable, "-m", "hostmode", "play", str(tmp_path / "x.json"), *outputs]

    # Processor time where the system counts it: the wall clock says how busy the machine is.
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    after, elapsed = os.times(), time.perf_counter() - start
    used = after.children_user + after.children_system - before.children_user - before.children_system

    assert (used or elapsed) < Recording.embedded().audio_duration / 10


def test_play_without_sound_prints_one_line_and_exits_with_3(tmp_path: Path) -> None:
    Recording(np.empty(0, np.int16), 16000, []).save(tmp_path / "x.json")

    for output in ([], ["--audio-out", tmp_path / "x.wav"]):
        result = run("play", tmp_path / "x.json", *output)
        assert result.exit_code == 3
        assert result.stderr.count("\n") == 1
        assert "no sound" in result.stderr


def test_play_unknown_poses_format_exits_with_2(tmp_path: Path) -> None:
    result = run("play", tmp_path / "x.json", "--poses-out", tmp_path / "x.mat")

    assert result.exit_code == 2
    assert ".npz or .csv" in " ".join(result.stderr.split())


@pytest.mark.parametrize("name", ["x.mp3", "x"])
def test_play_unknown_sound_format_exits_with_2(tmp_path: Path, name: str) -> None:
    result = run("play", tmp_path / "x.json", "--audio-out", tmp_path / name)

    assert result.exit_code == 2
    assert "must end in .wav" in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize(("option", "name"), [("--audio-out", "x.wav"), ("--poses-out", "x.npz")])
def test_play_onto_the_recording_itself_is_refused_and_leaves_it_alone(
    tmp_path: Path, option: str, name: str
) -> None:
    source = tmp_path / name
    excerpt(0.2).save(source)
    before = source.read_bytes()

    result = run("play", source, option, tmp_path / "." / name)

    assert result.exit_code == 2
    assert "is the recording itself" in " ".join(result.stderr.replace("│", " ").split())
    assert source.read_bytes() == before


@pytest.mark.parametrize("option", [["--exact"], ["--rate", "30"]])
def test_play_how_to_write_poses_without_where_exits_with_2(tmp_path: Path, option: list[str]) -> None:
    excerpt(0.2).save(tmp_path / "x.json")

    result = run("play", tmp_path / "x.json", "--audio-out", tmp_path / "x.wav", *option)

    assert result.exit_code == 2
    assert "--poses-out" in result.stderr


@pytest.mark.parametrize("rate", ["0", "-5", "nan", "inf", "1e9", "fast"])
def test_play_impossible_rate_exits_with_2(tmp_path: Path, rate: str) -> None:
    result = run("play", tmp_path / "x.json", "--poses-out", tmp_path / "x.npz", "--rate", rate)

    assert result.exit_code == 2
    assert "--rate" in result.stderr


def test_play_on_device_that_does_not_exist_names_it_and_exits_with_5(tmp_path: Path) -> None:
    excerpt(0.4).save(tmp_path / "x.json")

    result = run("play", tmp_path / "x.json", "--device", "no such device")

    assert (result.exit_code, result.stdout) == (5, "")
    assert "no such device" in result.stderr


def test_play_into_missing_folder_exits_with_4(tmp_path: Path) -> None:
    excerpt(0.2).save(tmp_path / "x.json")

    result = run("play", tmp_path / "x.json", "--audio-out", tmp_path / "none" / "x.wav")

    assert result.exit_code == 4
    assert result.stderr.count("\n") == 1


def test_play_live_ends_with_sync_and_buffers(tmp_path: Path) -> None:
    excerpt(3.0).save(tmp_path / "x.json")

    result = run("play", tmp_path / "x.json")

    assert result.exit_code == 0
    assert "sync     face" in result.output
    assert "buffers  0 underruns, 0 stalls" in result.output
    assert "75 keyframes" in result.output


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_play_live_where_output_cannot_show_a_bar_still_plays(encoding: str, tmp_path: Path) -> None:
    excerpt(0.5).save(tmp_path / "x.json")

    shown = subprocess.run(
        [sys.executable, "-m", "hostmode", "play", tmp_path / "x.json"],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        encoding=encoding,
        check=False,
    )

    assert shown.returncode == 0, shown.stderr
    assert "jaw ????" in shown.stdout or "jaw ····" in shown.stdout


def test_play_live_in_a_terminal_draws_a_face_and_leaves_nothing_behind() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=90)

    playback = play_live(excerpt(1.0), "title", console)

    assert ".-----------." in screen.getvalue()
    assert "1.00 s" in screen.getvalue()
    assert playback.stats["keyframes"] == 25
    assert playback.times == sorted(playback.times)


def test_motion_lag_of_a_late_face_is_found() -> None:
    recording = Recording.embedded()
    late_s = 0.06
    times = np.arange(0.1, 13.0, 1 / 30)
    expression = recording.keyframes[:, 20:]
    instants = np.arange(len(expression)) / 25
    shown = [np.array([np.interp(t - late_s, instants, c) for c in expression.T], np.float32) for t in times]

    lag_s = motion_lag(Playback(times=times.tolist(), expressions=shown), recording)

    assert lag_s == pytest.approx(late_s, abs=0.003)


def test_devices_as_json_lists_only_what_can_play() -> None:
    pytest.importorskip("sounddevice", exc_type=OSError)

    result = run("devices", "--json")

    assert result.exit_code == 0
    assert all(device["channels"] > 0 for device in json.loads(result.output))


def test_devices_without_sounddevice_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)

    result = run("devices")

    assert result.exit_code == 6
    assert result.stderr == 'hostmode: sound needs sounddevice: pip install "hostmode[audio]"\n'
