"""What ``hostmode emulate --api-key`` asks of the published server SDKs, in the clear and over TLS."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from server_sdk import VERSIONS, environment_with

import hostmode

pytest.importorskip("aiohttp")
trustme = pytest.importorskip("trustme")

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = Path(__file__).parent / "programs" / "sdk_session.py"
KEY = "a key of a test"
SPEECH_S = 1


@pytest.fixture(scope="module")
def authority() -> Any:
    return trustme.CA()


@pytest.fixture(scope="module")
def files(authority: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with speech, a certificate and its key, and the certificate of who made it."""
    folder = tmp_path_factory.mktemp("keys")
    recording = hostmode.Recording.embedded()
    rate = recording.sample_rate
    np.savez(folder / "speech.npz", audio=recording.audio[rate : (1 + SPEECH_S) * rate], rate=rate)
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    return folder


@contextmanager
def emulating(*arguments: object, environment: dict[str, str]) -> Iterator[str]:
    """Run ``hostmode emulate`` in a process of its own, and yield its address."""
    command = [sys.executable, "-m", "hostmode", "emulate", "--port", "0", *map(str, arguments)]
    env = {**os.environ, **environment}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "it ended at once"
            yield line.rpartition(" ")[2].strip()
        finally:
            process.kill()


@pytest.fixture(scope="module", params=["named", "in the environment"])
def plain(request: pytest.FixtureRequest) -> Iterator[str]:
    arguments, environment = (("--api-key", KEY), {}) if request.param == "named" else ((), {"HOSTMODE_API_KEY": KEY})
    with emulating(*arguments, environment=environment) as url:
        yield url


@pytest.fixture(scope="module")
def secure(files: Path) -> Iterator[str]:
    given = ("--certificate", files / "certificate.pem", "--key", files / "key.pem")
    with emulating(*given, environment={"HOSTMODE_API_KEY": KEY}) as url:
        assert url.startswith("https://")
        yield url


def session(sdk: str, url: str, key: str, files: Path, **environment: str) -> Any:
    """Let an SDK open a session and speak; return what it says of it."""
    said = subprocess.run(
        [sys.executable, str(PROGRAM), sdk, url, key, str(files / "speech.npz")],
        env={**environment_with(sdk), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert said.returncode == 0, said.stderr[-3000:]
    return json.loads(said.stdout)


def require_whole(said: Any) -> None:
    assert said.get("error") is None
    assert said["errors"] == []
    motions = [hostmode.decode_message(base64.b64decode(data)) for data, _ in said["frames"]]
    for req_id in (said["requests"][0], said["requests"][2]):
        made = [motion for motion in motions if motion is not None and motion.req_id == req_id]
        assert sum(len(motion.keyframes) for motion in made) == 25 * SPEECH_S
        assert made[-1].end


@pytest.mark.parametrize("sdk", VERSIONS)
def test_right_key_opens_a_session(sdk: str, plain: str, files: Path) -> None:
    require_whole(session(sdk, plain, KEY, files))


@pytest.mark.parametrize("sdk", VERSIONS)
@pytest.mark.parametrize("key", ["another key", KEY + "!", KEY[:-1], " "])
def test_wrong_key_and_a_blank_one_give_the_sdks_own_error(sdk: str, key: str, plain: str, files: Path) -> None:
    said = session(sdk, plain, key, files)
    assert said["error"] == "SessionTokenError"
    assert "sessionTokenInvalid" in said["code"]


@pytest.mark.parametrize("sdk", VERSIONS)
def test_sdk_without_a_key_says_so_itself(sdk: str, plain: str, files: Path) -> None:
    said = session(sdk, plain, "", files)
    assert said["error"] == "ValueError"
    assert re.search("API ?Key", said["text"], re.IGNORECASE)


@pytest.mark.parametrize("sdk", VERSIONS)
def test_over_tls_the_right_key_opens_a_session_and_a_wrong_one_does_not(sdk: str, secure: str, files: Path) -> None:
    trusted = str(files / "authority.pem")
    require_whole(session(sdk, secure, KEY, files, SSL_CERT_FILE=trusted))
    said = session(sdk, secure, "another key", files, SSL_CERT_FILE=trusted)
    assert said["error"] == "SessionTokenError"
    assert "sessionTokenInvalid" in said["code"]


@pytest.mark.parametrize("sdk", VERSIONS)
def test_over_tls_a_service_that_nobody_vouches_for_gets_no_key(sdk: str, secure: str, files: Path) -> None:
    assert "CERTIFICATE_VERIFY_FAILED" in session(sdk, secure, KEY, files)["text"]
