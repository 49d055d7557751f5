"""Speech to face over all there is: a published server SDK, ``hostmode emulate``, a relay, its client."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from server_sdk import VERSIONS, environment_with

import hostmode

pytest.importorskip("aiohttp")

PROGRAMS = Path(__file__).parent / "programs"
KEY = "a key of a test"
RATE = 16000
SPEECH_S = 20
INTERRUPT_S = 2.0
# Poses, of which there are at most 100 a second; the fade to rest takes 0.8 s.
AT_ONCE = 15
FADED = 150


class Processes:
    """Python programs, none of which outlives it."""

    def __init__(self) -> None:
        self._started: list[asyncio.subprocess.Process] = []

    async def start(self, *command: str, env: dict[str, str] | None = None) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, cwd=PROGRAMS, env=env, stdout=asyncio.subprocess.PIPE, limit=1 << 26
        )
        self._started.append(process)
        return process

    async def end(self) -> None:
        for process in self._started:
            if process.returncode is None:
                process.kill()
            await process.communicate()


async def output(process: asyncio.subprocess.Process) -> Any:
    stdout, _ = await asyncio.wait_for(process.communicate(), 80)
    assert process.returncode == 0
    return json.loads(stdout)


async def url_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 40)
    assert line, "it ended at once"
    return line.decode().rpartition(" ")[2].strip()


async def perform(sdk: str, env: dict[str, str], speech: Path) -> tuple[Any, Any]:
    """Return what was shown in the backend's process and what at its client."""
    options = ["--port", "0", "--latency", "0.1", "--jitter", "0.1", "--source", "marked_motion:MarkedMotion"]
    run = Processes()
    try:
        service = await run.start("-m", "hostmode", "emulate", *options, env={**os.environ, "HOSTMODE_API_KEY": KEY})
        backend = await run.start("sdk_relay.py", sdk, await url_of(service), KEY, str(speech), env=env)
        viewer = await run.start("relay_viewer.py", await url_of(backend), str(RATE), str(INTERRUPT_S))
        both = await asyncio.gather(output(backend), output(viewer))
    finally:
        await run.end()
    return both[0], both[1]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, Any]]:
    """What all of them did, each in processes of its own, at the same time."""
    environments = {sdk: environment_with(sdk) for sdk in VERSIONS}
    audio = np.resize(hostmode.Recording.embedded().audio, SPEECH_S * RATE)
    speech = tmp_path_factory.mktemp("speech") / "speech.npz"
    np.savez(speech, audio=audio, rate=RATE)

    async def main() -> list[tuple[Any, Any]]:
        return await asyncio.gather(*(perform(sdk, env, speech) for sdk, env in environments.items()))

    return dict(zip(environments, asyncio.run(main()), strict=True))


@pytest.mark.parametrize("sdk", VERSIONS)
@pytest.mark.parametrize("place", ["backend", "client"])
def test_server_sdk_drives_controllers_here_and_over_the_relay(said: Any, sdk: str, place: str) -> None:
    one = said[sdk][place == "client"]
    assert [reason for reason, _ in one["ends"]] == ["playback_end", "interrupted", "playback_end"]
    first_s, second_s, third_s = (heard_s for _, heard_s in one["ends"])
    assert first_s == pytest.approx(SPEECH_S, abs=0.01)
    assert INTERRUPT_S - 0.5 < second_s < INTERRUPT_S + 2.0
    assert third_s == pytest.approx(4.0, abs=0.01)
    assert [one["seconds"][0], one["seconds"][2]] == [SPEECH_S, 4.0]
    # More of the second had been made than was heard, and not all of it.
    assert second_s < one["seconds"][1] < SPEECH_S
    assert [one["keyframes"][0], one["keyframes"][2]] == [25 * SPEECH_S, 100]
    assert one["keyframes"][1] > 25 * second_s
    assert one["mixed"] == one["malformed"] == 0
    assert max(one["jaws"]) > 0.05


@pytest.mark.parametrize("sdk", VERSIONS)
@pytest.mark.parametrize("place", ["backend", "client"])
def test_no_motion_of_an_interrupted_turn_is_shown_after_the_interrupt(said: Any, sdk: str, place: str) -> None:
    one = said[sdk][place == "client"]
    before, after = np.array(one["before"]), np.array(one["after"])
    np.testing.assert_allclose(before[:, :2].max(axis=0), 1.0, atol=1e-4)
    assert not before[:, 2].any()
    fading = after[:, 1]
    assert fading[0] > 0.5
    # At once, and not when the next turn takes its place, which is 0.5 s away.
    assert fading[AT_ONCE] < 0.995
    assert (np.diff(fading) <= 1e-6).all()
    assert not fading[FADED:].any()
    assert not after[:, 0].any()
    assert after[:, 2].max() == pytest.approx(1.0, abs=1e-4)
    # The third is shown alone for as long as it is heard, less its fade in.
    assert np.count_nonzero((after[:, 2] > 0.999) & (fading == 0.0)) > 100


def test_pause_and_resume_of_an_sdk_hold_the_service_and_the_controller(said: Any) -> None:
    held_s, pause, resume = said["spatialreal"][0]["held"]
    assert 1.0 < held_s < 3.0
    assert [pause[0], resume[0]] == ["paused", "playing"]
    assert pause[1] == resume[1]
    assert 0 < pause[1] < 1000 * SPEECH_S
