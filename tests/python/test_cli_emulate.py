"""``hostmode emulate`` as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from typer.testing import CliRunner

from hostmode.cli.app import app

pytest.importorskip("aiohttp")


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
    ("arguments", "words"), [(["--fault", "nonsense"], "nonsense"), (["--host", "0.0.0.0"], "API key")]
)
def test_emulate_refuses_what_it_cannot_do_in_one_line(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(app, ["emulate", "--port", "0", *arguments])
    assert result.exit_code in (1, 2)
    assert words in result.output
