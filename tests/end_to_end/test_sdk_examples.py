"""The examples with the real server SDK, run as they are; and nothing of hostmode stands in an SDK's way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from server_sdk import VERSIONS, environment_with

from hostmode import Recording

sys.path.append(str(Path(__file__).parents[1] / "python"))
from relay_rig import nats_server

EXAMPLES = Path(__file__).parents[2] / "examples"
SHORT_KEYFRAMES = 60

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not part of this installation")

POOL = """
import importlib, pkgutil, sys
import hostmode

for module in pkgutil.walk_packages(hostmode.__path__, "hostmode."):
    if "hook-" not in module.name and not module.name.endswith("__main__"):
        try:
            importlib.import_module(module.name)
        except ImportError as error:
            print("not there:", module.name, error)
from hostmode.relay import envelope
envelope.new_envelope(envelope.CONFIRM)
from google.protobuf import descriptor_pool
pool = descriptor_pool.Default()
for find, name in (
    (pool.FindFileByName, "message.proto"),
    (pool.FindMessageTypeByName, "message.Message"),
    (pool.FindMessageTypeByName, "driveningress.v2.Message"),
):
    try:
        find(name)
    except KeyError:
        continue
    sys.exit(f"{name} is in the default pool")
sdk = importlib.import_module(sys.argv[1])
print("imported", sdk.__name__, bool(sdk.new_avatar_session))
found = 0
for name in ("message.proto", "driveningress/v2/driveningress.proto"):
    try:
        pool.FindFileByName(name)
        found += 1
    except KeyError:
        pass
print("registered by the SDK:", found)
"""


@pytest.fixture
def short(tmp_path: Path) -> Path:
    whole = Recording.embedded()
    recording = Recording.from_keyframes(
        whole.audio[: SHORT_KEYFRAMES * 640],
        whole.sample_rate,
        whole.keyframes[:SHORT_KEYFRAMES],
        req_id=whole.req_id,
    )
    recording.save(tmp_path / "short.json")
    return tmp_path / "short.json"


def run(sdk: str, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env=environment_with(sdk),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_sdk_backend_drives_an_avatar_of_its_process(short: Path) -> None:
    said = run("avatarkit", str(EXAMPLES / "sdk_backend.py"), str(short))
    assert f"{SHORT_KEYFRAMES} keyframes from the SDK" in said
    assert "playing" in said


def test_sdk_backend_drives_a_client_of_another_node(short: Path) -> None:
    pytest.importorskip("nats")
    with nats_server() as bus:
        said = run("avatarkit", str(EXAMPLES / "sdk_over_two_nodes.py"), bus, str(short))
    assert f"{SHORT_KEYFRAMES} keyframes over two nodes" in said
    assert "idle (playback_end)" in said


@pytest.mark.parametrize("sdk", VERSIONS)
def test_all_of_hostmode_can_be_imported_before_a_server_sdk(sdk: str) -> None:
    said = run(sdk, "-c", POOL, sdk)
    assert f"imported {sdk} True" in said
