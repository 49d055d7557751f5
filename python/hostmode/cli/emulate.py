"""``hostmode emulate``: a motion service on this machine."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from hostmode.cli.style import new_app
from hostmode.cli.tls import CertificateOption, KeyOption, server_context

if TYPE_CHECKING:
    from hostmode.relay import ServiceSettings

app = new_app()


@app.command()
def emulate(
    host: Annotated[str, typer.Option(help="Where to listen; others than this machine need a key.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0: a free one.", min=0, max=65535)] = 8787,
    api_key: Annotated[
        str | None,
        typer.Option(
            help="What clients must show. Better than here, where others can read it: in the environment.",
            envvar="HOSTMODE_API_KEY",
            show_envvar=True,
        ),
    ] = None,
    latency: Annotated[float, typer.Option(help="Every message comes so many seconds later.", min=0, max=60)] = 0.0,
    jitter: Annotated[float, typer.Option(help="And up to so many more, by chance.", min=0, max=60)] = 0.0,
    fault: Annotated[
        list[str] | None, typer.Option(help="no-end, twice, malformed, error or close; repeatable.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="A motion source of your own, called with the sample rate.", metavar="MODULE:NAME"),
    ] = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
) -> None:
    """Serve motion to the published server SDKs, without an account: they connect unmodified.

    The motion is made here, of the sound, and is not the vendor's model; `--source` puts yours in its place. Give an
    SDK the printed address as console and as ingress endpoint, and any application id and avatar id. Ctrl-C ends it.

    Example: `hostmode emulate --port 8787 --latency 0.2 --jitter 0.1`
    """
    from hostmode.motion import LocalMotion, source_named
    from hostmode.relay import Faults, ServiceSettings

    try:
        faults = Faults(latency, jitter, frozenset(fault or ()))
        make_source = LocalMotion if source is None else source_named(source)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    asyncio.run(
        _serve(ServiceSettings(host, port, api_key, faults, make_source, tls=server_context(certificate, key)))
    )


async def _serve(settings: ServiceSettings) -> None:
    from hostmode.relay import serve_motion

    async with serve_motion(settings) as service:
        print(f"motion service at {service.url}", flush=True)
        await until_signal()


async def until_signal(seconds: float | None = None) -> None:
    """Wait for Ctrl-C or SIGTERM, or so many seconds."""
    ending = asyncio.Event()
    if os.name == "posix":
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ending.set)
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(ending.wait(), seconds)
