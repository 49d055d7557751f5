"""A relay in a FastAPI server, and a client of it in Python.

The server has pages and an API as any other; clients of the avatar connect to /avatar. What is posted to /say is
spoken to all of them. Here server and client are one program, so that it can be tried at once:

    python examples/fastapi_relay.py [recording.json]

In a server of yours, ``uvicorn your_module:app`` runs it, and clients connect from other machines: give them a token
(`RelaySettings`).
"""

from __future__ import annotations

import asyncio
import sys
import urllib.request

import fastapi
import uvicorn

import hostmode
from hostmode.relay import Relay, RelaySettings, asgi, connect
from hostmode.relay.publish import publish_recording

recording = hostmode.load_recording(sys.argv[1]) if sys.argv[1:] else hostmode.Recording.embedded()
relay = Relay(RelaySettings(sample_rate=recording.sample_rate))
app = fastapi.FastAPI()
app.mount("/avatar", asgi(relay))


@app.post("/say")
async def say() -> dict[str, float]:
    await publish_recording(relay, recording)
    return {"seconds": recording.audio_duration}


async def client(port: int) -> None:
    async with (
        hostmode.Controller(recording.sample_rate, output="silent") as avatar,
        connect(f"ws://127.0.0.1:{port}/avatar/", avatar),
    ):
        avatar.on_conversation_state = lambda state, reason: print(f"  {state} ({reason})")
        print(f"{relay.viewers} client")
        said = await asyncio.to_thread(post, f"http://127.0.0.1:{port}/say")
        print(f"said: {said}")
        await avatar.idle()
        print(f"{avatar.stats()['keyframes']} keyframes")


def post(url: str) -> str:
    with urllib.request.urlopen(urllib.request.Request(url, method="POST")) as answer:
        return answer.read().decode()


async def main() -> None:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    await client(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await serving


if __name__ == "__main__":
    asyncio.run(main())
