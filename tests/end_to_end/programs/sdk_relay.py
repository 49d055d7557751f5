"""A backend with a published server SDK, unmodified: its session drives an avatar here, and a relay's clients.

Usage: ``python sdk_relay.py MODULE URL API_KEY SPEECH.npz``. Prints the relay's URL; then, when its one client has
seen three turns and is gone, one JSON object.
"""

import asyncio
import importlib
import json
import sys
from datetime import datetime, timedelta, timezone

import numpy as np
from shown_motion import Shown

import hostmode
import hostmode.relay

PATIENCE_S = 30.0


class Publishing:
    """Publishes what a controller takes in: a conversation is a turn."""

    def __init__(self, relay: hostmode.relay.Relay) -> None:
        self._relay = relay
        self._turns = {}
        self._missing = {}

    def heard(self, data: bytes, conversation_id: str, end: bool) -> None:
        if conversation_id not in self._turns:
            self._turns[conversation_id] = self._relay.open_turn(conversation_id)
            self._missing[conversation_id] = {"sound", "motion"}
        self._turns[conversation_id].audio(data)
        if end:
            self._complete(conversation_id, "sound")

    def moved(self, frames: list[bytes], conversation_id: str) -> None:
        self._turns[conversation_id].motion(frames)
        if any(hostmode.decode_message(frame).end for frame in frames):
            self._complete(conversation_id, "motion")

    def _complete(self, conversation_id: str, part: str) -> None:
        self._missing[conversation_id].discard(part)
        if not self._missing[conversation_id]:
            self._turns[conversation_id].end()


async def speak(bridge: hostmode.relay.Bridge, audio: np.ndarray, rate: int, pace: float = 0.0) -> None:
    """Send it, at `pace` seconds for a second of sound."""
    step = rate // 5
    for start in range(0, len(audio), step):
        await bridge.send_audio(audio[start : start + step].tobytes(), end=start + step >= len(audio))
        await asyncio.sleep(0.2 * pace)


async def until(condition) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "it did not come to pass"
        await asyncio.sleep(0.01)


async def paused(session, states: list, avatar: hostmode.Controller) -> list:
    """Pause and resume here and at the service, once a second of the turn has been heard."""
    await until(lambda: avatar.state == "playing" and avatar.get_audio_time() > 1.0)
    avatar.pause()
    await session.pause()
    await asyncio.sleep(0.5)
    held_s = avatar.get_audio_time()
    await session.resume()
    avatar.resume()
    await until(lambda: len(states) >= 3)
    return [held_s, *states[1:3]]


async def main() -> dict:
    name, url, key, path = sys.argv[1:5]
    sdk = importlib.import_module(name)
    if hasattr(sdk, "configure_telemetry"):
        sdk.configure_telemetry("")
    with np.load(path) as stored:
        audio, rate = stored["audio"], int(stored["rate"])
    states, errors = [], []
    settings = {"sample_rate": rate, "on_error": lambda error: errors.append(str(error))}
    if name == "spatialreal":
        settings["on_playback_state"] = lambda event: states.append((event.state.value, event.played_ms))
    session = sdk.new_avatar_session(
        api_key=key,
        app_id="app",
        avatar_id="avatar",
        console_endpoint_url=url,
        ingress_endpoint_url=url,
        expire_at=datetime.now(timezone.utc) + timedelta(minutes=5),
        **settings,
    )
    await session.init()
    await session.start()
    config = hostmode.PlayerConfig(layers=False)
    async with (
        hostmode.relay.serve(hostmode.relay.RelaySettings(sample_rate=rate)) as relay,
        hostmode.Controller(rate, output="silent", config=config) as avatar,
    ):
        shown = Shown(avatar)
        avatar.follow(Publishing(relay))
        bridge = hostmode.relay.attach(session, avatar)
        barge_in, question = asyncio.Event(), asyncio.Event()
        relay.on_interrupt = lambda reason: barge_in.set()
        relay.on_audio = lambda data, last: question.set()
        print(relay.url, flush=True)
        await until(lambda: relay.viewers)
        watching = asyncio.ensure_future(shown.watch())

        await speak(bridge, audio, rate)
        held = await paused(session, states, avatar) if hasattr(session, "pause") else None
        await asyncio.gather(question.wait(), shown.ended(1))

        # Slowly enough that there is more to say when the user has heard enough.
        speaking = asyncio.ensure_future(speak(bridge, audio, rate, pace=0.5))
        await barge_in.wait()
        speaking.cancel()
        await bridge.interrupt()
        interrupted_at = len(shown.marks)

        await asyncio.sleep(0.5)  # the user goes on speaking
        await speak(bridge, audio[: 4 * rate], rate)
        await shown.ended(3)
        await until(lambda: not relay.viewers)
        watching.cancel()
        bridge.detach()
        said = shown.report(interrupted_at)
    await session.close()
    return {**said, "held": held, "errors": errors}


print(json.dumps(asyncio.run(main())))
