"""``hostmode serve``: a relay that speaks a recording to whoever connects."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hostmode.cli.emulate import until_signal
from hostmode.cli.style import new_app
from hostmode.cli.tls import CertificateOption, KeyOption, server_context

if TYPE_CHECKING:
    from hostmode.recording import Recording
    from hostmode.relay import Relay, RelaySettings

app = new_app()

_POLL_S = 0.05


@app.command()
def serve(
    file: Annotated[
        Path | None, typer.Argument(help="A recording; without one, the embedded utterance.", metavar="[FILE]")
    ] = None,
    host: Annotated[str, typer.Option(help="Where to listen; others than this machine need a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0: a free one.", min=0, max=65535)] = 8788,
    token: Annotated[
        str | None,
        typer.Option(help="What clients must show; better in the environment.", envvar="HOSTMODE_TOKEN"),
    ] = None,
    bus: Annotated[
        str | None,
        typer.Option(help="nats://HOST:4222: be one of several nodes; without FILE, carry what the others say."),
    ] = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    pause: Annotated[float, typer.Option(help="Seconds from the end to the next time.", min=0.0)] = 3.0,
) -> None:
    """Speak a recording, over and over, to all clients that are connected: `hostmode connect`, or any other.

    Example: `hostmode serve speech.json --port 8788`

    Example: `hostmode serve --host 0.0.0.0 --certificate fullchain.pem --key privkey.pem`
    """
    from hostmode.recording import Recording, load_recording
    from hostmode.relay import RelaySettings

    tls = server_context(certificate, key)
    silent = bus is not None and file is None
    recording = Recording.embedded() if file is None else load_recording(file)
    settings = RelaySettings(host, port, recording.sample_rate, token, tls=tls)
    asyncio.run(_serve(settings, bus, None if silent else recording, pause))


async def _serve(settings: RelaySettings, bus: str | None, recording: Recording | None, pause_s: float) -> None:
    from hostmode.relay import serve

    async with serve(settings, bus=bus) as relay:
        print(f"relay at {relay.url}", flush=True)
        # Clients of other nodes are not seen from here.
        speaking = None if recording is None else asyncio.ensure_future(_speak(relay, recording, pause_s, bool(bus)))
        await until_signal()
        if speaking is not None:
            speaking.cancel()


async def _speak(relay: Relay, recording: Recording, pause_s: float, at_once: bool) -> None:
    from hostmode.relay.publish import publish_recording

    while True:
        while not (relay.viewers or at_once):
            await asyncio.sleep(_POLL_S)
        await publish_recording(relay, recording)
        await asyncio.sleep(pause_s)
