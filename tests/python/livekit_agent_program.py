"""An agent with the official LiveKit plugin, in a process of its own: `python livekit_agent_program.py SETTINGS`.

It says three utterances in a room, interrupts the second, and prints a line of JSON for whatever happens.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from livekit import rtc
from livekit.agents import Agent, AgentSession
from room_on_socket import SocketRoom

RATE = 24000
SECOND = " ".join(f"second{number}" for number in range(16))


def say(event: str, **values: Any) -> None:
    print(json.dumps({"event": event, "at": time.time(), **values}), flush=True)


async def frames(pcm: bytes) -> Any:
    """Give the sound faster than it is heard, as speech synthesis does."""
    for start in range(0, len(pcm), RATE // 10 * 2):
        piece = pcm[start : start + RATE // 10 * 2]
        yield rtc.AudioFrame(piece, RATE, 1, len(piece) // 2)
        await asyncio.sleep(0.02)


async def main(settings: dict[str, Any]) -> None:
    if settings["plugin"] == "spatius":
        importlib.import_module("spatius").configure_telemetry("")
    plugin = importlib.import_module(f"livekit.plugins.{settings['plugin']}")
    pcm = Path(settings["speech"]).read_bytes()
    long = Path(settings["long"]).read_bytes()
    room = SocketRoom() if settings.get("stub") else rtc.Room()
    await room.connect(settings["livekit"], settings["token"])
    session = AgentSession()
    session.on("conversation_item_added", lambda e: say("kept", text=e.item.text_content, cut=e.item.interrupted))
    avatar = plugin.AvatarSession(
        api_key=settings.get("service_key", "any"),
        app_id="app",
        avatar_id="avatar",
        console_endpoint_url=settings["service"],
        ingress_endpoint_url=settings["service"],
        **settings.get("options", {}),
    )
    credentials = {f"livekit_{name}": settings[name] for name in ("api_key", "api_secret")}
    try:
        await avatar.start(session, room, livekit_url=settings["livekit"], **credentials)
    except Exception as error:
        say("refused", error=str(error), cause=str(error.__cause__), code=str(getattr(error.__cause__, "code", "")))
        await room.disconnect()
        say("left")
        return
    await avatar.wait_for_join(timeout=10)
    say("joined")
    await session.start(Agent(instructions="none"), room=room)
    output = session.output.audio
    output.on("playback_started", lambda _: say("started"))
    output.on("playback_finished", lambda e: say("finished", position=e.playback_position, interrupted=e.interrupted))
    await asyncio.sleep(1.0)  # until the listener is subscribed
    say("says", what=0)
    await session.say("first", audio=frames(pcm))
    say("says", what=1)
    second = session.say(SECOND, audio=frames(long))
    await asyncio.sleep(settings["interrupt_after"])
    say("interrupts")
    second.interrupt(force=True)
    await second
    say("over", what=1)
    say("says", what=2)
    await session.say("third", audio=frames(pcm))
    say("over", what=2)
    await asyncio.sleep(0.5)
    await session.aclose()
    await avatar.aclose()
    await room.disconnect()
    say("left")


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
