"""A server SDK's session drives a controller: an utterance, one that is interrupted, a third.

Usage: ``python sdk_bridge.py MODULE URL API_KEY``. Prints one JSON object.
"""

import asyncio
import importlib
import json
import sys
from datetime import datetime, timedelta, timezone

import numpy as np

import hostmode
import hostmode.relay
import hostmode.view  # all of hostmode before the SDK: nothing of it may be in the SDK's way

JAW = 9


async def speak(bridge, audio: np.ndarray, rate: int, until: float = 1.0) -> None:
    for start in range(0, int(len(audio) * until), rate // 5):
        await bridge.send_audio(audio[start : start + rate // 5].tobytes(), end=start + rate // 5 >= len(audio))


async def main() -> dict:
    name, url, key = sys.argv[1:4]
    sdk = importlib.import_module(name)
    if hasattr(sdk, "configure_telemetry"):
        sdk.configure_telemetry("")
    recording = hostmode.Recording.embedded()
    audio, rate = recording.audio[: 3 * recording.sample_rate], recording.sample_rate
    session = sdk.new_avatar_session(
        api_key=key,
        app_id="app",
        avatar_id="avatar",
        console_endpoint_url=url,
        ingress_endpoint_url=url,
        expire_at=datetime.now(timezone.utc) + timedelta(minutes=5),
        sample_rate=rate,
        transport_frames=lambda data, last: None,
        on_error=lambda error: None,
        on_close=lambda: None,
    )
    await session.init()
    await session.start()
    events, jaws = [], {}
    with hostmode.Controller(rate, output="silent", config=hostmode.PlayerConfig(layers=False)) as avatar:
        avatar.on_event = lambda e: events.append((e.kind, e.reason, e.conversation_id))

        async def watch(label: str, seconds: float) -> None:
            seen = jaws.setdefault(label, [])
            for _ in range(round(seconds * 50)):
                seen.append(float(avatar.sample().jaw_pose[0]))
                await asyncio.sleep(0.02)

        bridge = hostmode.relay.attach(session, avatar)
        await speak(bridge, audio, rate)
        await watch("first", 4.5)
        await speak(bridge, audio, rate, until=0.7)
        await watch("second", 0.6)
        await bridge.interrupt()
        await watch("transition", 1.0)
        await watch("silence", 1.0)
        await speak(bridge, audio, rate)
        await watch("third", 4.5)
        # The other way: who interrupts the controller interrupts the service.
        await speak(bridge, audio, rate, until=0.7)
        await watch("fourth", 0.6)
        avatar.interrupt()
        await watch("transition", 1.2)
        await watch("silence", 0.6)
        bridge.detach()
        stats = avatar.stats()
    await session.close()
    return {
        "ends": [reason for kind, reason, _ in events if kind == "conversation_end"],
        "largest": {label: max(seen) for label, seen in jaws.items()},
        "keyframes": stats["keyframes"],
        "malformed": stats["malformed_messages"],
    }


print(json.dumps(asyncio.run(main())))
