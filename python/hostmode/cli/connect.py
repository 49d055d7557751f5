"""``hostmode connect``: a client of a relay."""

from __future__ import annotations

import asyncio
import warnings
from typing import TYPE_CHECKING, Annotated

import typer

from hostmode.cli.emulate import until_signal
from hostmode.cli.style import new_app

if TYPE_CHECKING:
    from hostmode.controller import Controller

app = new_app()

_PATIENCE_S = 10.0


@app.command()
def connect(
    url: Annotated[
        list[str],
        typer.Argument(help="ws:// or wss://; with ?protocol=json by the JSON protocol. Several: nodes of one bus."),
    ],
    token: Annotated[
        str | None, typer.Option(help="Shown to the server; better in the environment.", envvar="HOSTMODE_TOKEN")
    ] = None,
    sample_rate: Annotated[int, typer.Option(help="Of the relay's audio, Hz.")] = 16000,
    seconds: Annotated[float | None, typer.Option(help="End after so long; without it, at Ctrl-C.", min=0.0)] = None,
) -> None:
    """Play what a relay sends, and say what happens.

    Example: `hostmode connect ws://127.0.0.1:8788/`
    """
    asyncio.run(_connect(url, token, sample_rate, seconds))


async def _connect(urls: list[str], token: str | None, sample_rate: int, seconds: float | None) -> None:
    from hostmode.audio import AudioOutputWarning
    from hostmode.controller import Controller
    from hostmode.relay import connect

    with warnings.catch_warnings():
        # Where the sound goes is said below.
        warnings.simplefilter("ignore", AudioOutputWarning)
        controller = Controller(sample_rate)
    async with controller as avatar, connect(urls, avatar, token=token, give_up_after=_PATIENCE_S):
        print(f"connected; sound goes to {avatar.stats()['audio_output']}", flush=True)
        telling = asyncio.ensure_future(_tell(avatar))
        await until_signal(seconds)
        telling.cancel()


async def _tell(avatar: Controller) -> None:
    async for event in avatar.events():
        if event.kind == "conversation_state":
            print(f"{event.state}, {event.reason}", flush=True)
        elif event.kind == "error":
            print(f"{event.reason}: {event.message}", flush=True)
