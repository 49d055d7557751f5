"""An agent with one of LiveKit's own plugins, in a process of its own; `run_agent` skips where there is none."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from livekit_room import KEY, SECRET, token

import hostmode

if TYPE_CHECKING:
    import numpy.typing as npt

AGENT_RATE = 24000
LONG_S = 8.0


def plugin_python(plugin: str) -> str:
    """Return a Python that has the plugin: that of HOSTMODE_LIVEKIT_AGENT_PYTHON, or this one; skips without."""
    python = os.environ.get("HOSTMODE_LIVEKIT_AGENT_PYTHON", sys.executable)
    probe = f"import livekit.agents, livekit.plugins.{plugin}"
    if subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode:
        pytest.skip(f"no livekit-plugins-{plugin}; name a Python that has it in HOSTMODE_LIVEKIT_AGENT_PYTHON")
    return python


def rising_tone(rate: int) -> npt.NDArray[np.int16]:
    """Return a tone whose pitch rises: each instant of it sounds like no other."""
    at = np.arange(round(LONG_S * rate)) / rate
    return (8000 * np.sin(2 * np.pi * (400 * at + 100 * at**2))).astype("<i2")


async def run_agent(server: str, service: str, plugin: str, folder: Path, **more: Any) -> list[dict[str, Any]]:
    """Let an agent with LiveKit's plugin say three utterances, the second interrupted; return what happened to it."""
    python = plugin_python(plugin)
    recording = hostmode.Recording.embedded()
    rate = recording.sample_rate
    seconds = np.arange(2 * AGENT_RATE) / AGENT_RATE
    speech = np.interp(seconds, np.arange(2 * rate) / rate, recording.audio[: 2 * rate]).astype("<i2")
    (folder / "speech").write_bytes(speech.tobytes())
    (folder / "long").write_bytes(rising_tone(AGENT_RATE).tobytes())
    settings = {
        "plugin": plugin,
        "speech": str(folder / "speech"),
        "long": str(folder / "long"),
        "livekit": server,
        "token": token("agent"),
        "service": service,
        "api_key": KEY,
        "api_secret": SECRET,
        "interrupt_after": 3.0,
        **more,
    }
    program = Path(__file__).with_name("livekit_agent_program.py")
    agent = await asyncio.create_subprocess_exec(
        python, program, json.dumps(settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        out, errors = await asyncio.wait_for(agent.communicate(), 60)
    except asyncio.TimeoutError:
        agent.kill()
        raise
    happened = [json.loads(line) for line in out.decode().splitlines()]
    # How the process ends after that is the affair of LiveKit's library, which may panic then.
    assert happened[-1]["event"] == "left", errors.decode()[-3000:]
    return happened
