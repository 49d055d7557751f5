"""The published server SDKs, unmodified, against the motion service."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from server_sdk import VERSIONS, environment_with

import hostmode
from hostmode.relay import Faults, ServiceSettings, serve_motion

PROGRAMS = Path(__file__).parent / "programs"
KEY = "a key of a test"


async def run(program: str, sdk: str, *arguments: str, settings: ServiceSettings, authority: str = "") -> Any:
    trusted = {"SSL_CERT_FILE": authority} if authority else {}
    async with serve_motion(settings) as service:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(PROGRAMS / program),
            sdk,
            service.url,
            *arguments,
            env={**environment_with(sdk), **trusted},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        stdout, stderr = await asyncio.wait_for(process.communicate(), 120)
        assert process.returncode == 0, stderr.decode()[-3000:]
        return json.loads(stdout)


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    recording = hostmode.Recording.embedded()
    path = tmp_path / "speech.npz"
    np.savez(path, audio=recording.audio[: 4 * recording.sample_rate], rate=recording.sample_rate)
    return path


@pytest.mark.parametrize("sdk", VERSIONS)
def test_server_sdk_gets_the_motion_of_its_speech(sdk: str, speech: Path) -> None:
    said = asyncio.run(run("sdk_session.py", sdk, KEY, str(speech), settings=ServiceSettings(api_key=KEY)))
    assert said.get("error") is None
    assert said["errors"] == []
    motions = [hostmode.decode_message(base64.b64decode(data)) for data, _ in said["frames"]]
    first, second, third = said["requests"]
    of = {req_id: [m for m in motions if m is not None and m.req_id == req_id] for req_id in said["requests"]}
    assert {m.connection_id for m in motions if m is not None} == {said["connection"]}
    for req_id in (first, third):
        assert sum(len(m.keyframes) for m in of[req_id]) == 100
        assert [m.end for m in of[req_id]] == [False] * (len(of[req_id]) - 1) + [True]
    assert sum(len(m.keyframes) for m in of[second]) < 60
    assert not any(m.end for m in of[second])
    np.testing.assert_array_equal(
        np.concatenate([m.keyframes for m in of[first]]), np.concatenate([m.keyframes for m in of[third]])
    )


@pytest.mark.parametrize("sdk", VERSIONS)
def test_server_sdk_with_a_wrong_key_gets_its_own_error_for_that(sdk: str, speech: Path) -> None:
    said = asyncio.run(run("sdk_session.py", sdk, "another key", str(speech), settings=ServiceSettings(api_key=KEY)))
    assert said["error"] == "SessionTokenError"
    assert "sessionTokenInvalid" in said["code"]


@pytest.mark.parametrize("sdk", VERSIONS)
def test_server_sdk_drives_a_controller_and_is_interrupted_both_ways(sdk: str) -> None:
    settings = ServiceSettings(api_key=KEY, faults=Faults(latency=0.05, jitter=0.05))
    said = asyncio.run(run("sdk_bridge.py", sdk, KEY, settings=settings))
    assert said["ends"] == ["playback_end", "interrupted", "playback_end", "interrupted"]
    assert said["malformed"] == 0
    for speaking in ("first", "second", "third", "fourth"):
        assert said["largest"][speaking] > 0.05
    assert said["largest"]["silence"] < 0.02


@pytest.mark.parametrize("sdk", VERSIONS)
def test_server_sdk_connects_over_tls_to_whom_it_trusts(sdk: str, speech: Path, tmp_path: Path) -> None:
    trustme = pytest.importorskip("trustme")
    authority, tls = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    command = ("sdk_session.py", sdk, KEY, str(speech))
    settings, trusted = ServiceSettings(tls=tls), str(tmp_path / "authority.pem")
    trusting = asyncio.run(run(*command, settings=settings, authority=trusted))
    assert trusting.get("error") is None
    assert sum(last for _, last in trusting["frames"]) == 2
    assert "CERTIFICATE_VERIFY_FAILED" in asyncio.run(run(*command, settings=settings))["text"]
