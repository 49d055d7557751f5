"""TLS on both servers, with a certificate made for the test."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest
from cli_runner import run_cli

from hostmode import HostModeError
from hostmode.relay import connect

pytest.importorskip("aiohttp")
trustme = pytest.importorskip("trustme")

from relay_rig import avatar  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.outer

posix = pytest.mark.skipif(os.name != "posix", reason="ends it by a signal")


class Files(NamedTuple):
    """PEM files, and the environment of a client that trusts who made them."""

    certificate: Path
    key: Path
    both: Path
    authority: Path

    @property
    def trusting(self) -> dict[str, str]:
        return {**os.environ, "SSL_CERT_FILE": str(self.authority)}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("tls")
    files = Files(*(folder / f"{name}.pem" for name in Files._fields))
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(files.certificate)
    issued.private_key_pem.write_to_path(files.key)
    issued.private_key_and_cert_chain_pem.write_to_path(files.both)
    authority.cert_pem.write_to_path(files.authority)
    return files


@contextmanager
def serving(*arguments: object) -> Iterator[str]:
    """Run a command that serves; yield its URL."""
    command = [sys.executable, "-m", "hostmode", *map(str, arguments), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().rpartition(" ")[2].strip()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()


@posix
def test_connect_plays_what_serve_speaks_over_tls(files: Files) -> None:
    with serving("serve", "--certificate", files.certificate, "--key", files.key) as url:
        assert url.startswith("wss://127.0.0.1:")
        client = subprocess.run(
            [sys.executable, "-m", "hostmode", "connect", url, "--seconds", "3"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=files.trusting,
        )
        with pytest.raises(HostModeError, match="certificate verify failed"):
            asyncio.run(once(url))
        with pytest.raises(HostModeError, match="cannot be reached"):
            asyncio.run(once(url.replace("wss:", "ws:")))
    assert client.returncode == 0, client.stderr
    assert "playing, user_action" in client.stdout


async def once(url: str) -> None:
    with avatar() as controller:
        async with connect(url, controller, give_up_after=0.0):
            pass


@posix
@pytest.mark.parametrize("in_one_file", [True, False])
def test_emulate_answers_over_tls(files: Files, in_one_file: bool) -> None:
    given = [files.both] if in_one_file else [files.certificate, "--key", files.key]
    with serving("emulate", "--certificate", *given) as url:
        assert url.startswith("https://127.0.0.1:")
        # What answers is the service, over a connection that is trusted.
        program = "import sys, urllib.request as r; r.urlopen(r.Request(sys.argv[1], data=b'{}', method='POST'))"
        asked = [sys.executable, "-c", program, url + "/session-tokens"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False, env=files.trusting)
        assert "HTTP Error 4" in answer.stderr
        with pytest.raises(urllib.error.URLError, match="certificate verify failed"):
            urllib.request.urlopen(url)


@pytest.mark.parametrize("command", ["serve", "emulate"])
@pytest.mark.parametrize(
    ("certificate", "key", "words"),
    [
        (None, "key", "add --certificate"),
        ("certificate", None, "no PEM certificate with its key"),
        ("key", "certificate", "no PEM certificate with its key"),
        ("authority", "key", "no PEM certificate with its key"),
        ("certificate", "nothing", "is no file"),
        ("nothing", None, "is no file"),
        ("certificate", "locked", "unencrypted"),
    ],
)
def test_certificate_that_does_not_fit_is_said_in_one_line(
    command: str, certificate: str | None, key: str | None, words: str, files: Files
) -> None:
    from cryptography.hazmat.primitives import serialization as pem

    private = pem.load_pem_private_key(files.key.read_bytes(), None)
    (files.key.parent / "locked.pem").write_bytes(
        private.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.BestAvailableEncryption(b"secret"))
    )
    arguments: list[object] = []
    for option, name in (("--certificate", certificate), ("--key", key)):
        arguments += [] if name is None else [option, files.key.parent / f"{name}.pem"]
    run_cli(command, "--port", "0", *arguments, fails_with=words)
