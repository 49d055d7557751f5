"""``hostmode emulate``, ``serve`` and ``connect`` as processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from hostmode import Recording
from hostmode.cli.app import app

pytest.importorskip("aiohttp")

from relay_rig import nats_server

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.outer


@pytest.mark.skipif(os.name != "posix", reason="ends it by a signal")
def test_emulate_says_where_it_is_answers_there_and_ends_at_a_signal() -> None:
    command = [sys.executable, "-m", "hostmode", "emulate", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "HOSTMODE_API_KEY": "k"}
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().rpartition(" ")[2].strip()
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(url + "/session-tokens", data=b"{}", method="POST"))
        assert refused.value.code == 401
        refused.value.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fault", "nonsense"], "nonsense"),
        (["--host", "0.0.0.0"], "API key"),
        (["--source", "hostmode.motion"], "MODULE:NAME"),
        (["--source", "no_such_module:Motion"], "no_such_module cannot be"),
        (["--source", "hostmode.motion:NoMotion"], "NoMotion"),
    ],
)
def test_emulate_refuses_what_it_cannot_do_in_one_line(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(app, ["emulate", "--port", "0", *arguments])
    assert result.exit_code in (1, 2)
    assert words in result.output


@pytest.mark.skipif(os.name != "posix", reason="ends it by a signal")
def test_connect_plays_what_serve_speaks() -> None:
    command = [sys.executable, "-m", "hostmode"]
    with subprocess.Popen([*command, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().rpartition(" ")[2].strip()
        client = subprocess.run(
            [*command, "connect", url, "--seconds", "3"], capture_output=True, text=True, timeout=60, check=False
        )
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0
    assert client.returncode == 0, client.stderr
    first, *states = client.stdout.splitlines()
    assert first.startswith("connected; sound goes to ")
    assert states[:2] == ["active, user_action", "playing, user_action"]


def test_connect_to_nothing_says_so_in_one_line() -> None:
    result = CliRunner().invoke(app, ["connect", "ws://127.0.0.1:9/", "--seconds", "1"])
    assert result.exit_code == 1
    assert "cannot be reached" in result.output


@pytest.mark.skipif(os.name != "posix", reason="ends it by a signal")
def test_connect_plays_what_another_node_of_the_bus_speaks(tmp_path: Path) -> None:
    pytest.importorskip("nats")
    Recording.embedded().save(tmp_path / "speech.json")
    command = [sys.executable, "-m", "hostmode"]
    with nats_server() as bus, ExitStack() as stack:
        nodes = []
        for arguments in ([str(tmp_path / "speech.json")], []):
            serve = [*command, "serve", *arguments, "--port", "0", "--bus", bus]
            nodes.append(stack.enter_context(subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)))
        url = nodes[1].stdout.readline().rpartition(" ")[2].strip()
        connect = [*command, "connect", "ws://127.0.0.1:9/", url, "--seconds", "30"]
        client = stack.enter_context(subprocess.Popen(connect, stdout=subprocess.PIPE, text=True))
        said = []
        for line in client.stdout:
            said.append(line.strip())
            if "playing, user_action" in line:
                break
        client.terminate()
        for node in nodes:
            node.send_signal(signal.SIGTERM)
            assert node.wait(10) == 0
    assert any("playing, user_action" in line for line in said), said
