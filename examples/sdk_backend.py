"""A backend with the real server SDK (``pip install avatarkit``) whose session drives an avatar of the same process.

Without an account it speaks to a motion service on this machine. With one, leave out the two endpoints and give your
own key and ids.

    python examples/sdk_backend.py [recording.json]
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta, timezone

from avatarkit import new_avatar_session

import hostmode
from hostmode.relay import attach, serve_motion


async def main() -> None:
    recording = hostmode.load_recording(sys.argv[1]) if sys.argv[1:] else hostmode.Recording.embedded()
    rate = recording.sample_rate
    async with serve_motion() as service, hostmode.Controller(rate, output="silent") as avatar:
        session = new_avatar_session(
            api_key="any",
            app_id="app",
            avatar_id="avatar",
            console_endpoint_url=service.url,
            ingress_endpoint_url=service.url,
            expire_at=datetime.now(timezone.utc) + timedelta(minutes=5),
            sample_rate=rate,
        )
        await session.init()
        await session.start()
        avatar.on_conversation_state = lambda state, reason: print(f"  {state} ({reason})")
        bridge = attach(session, avatar)
        for start in range(0, len(recording.audio), rate // 5):
            await bridge.send_audio(recording.audio[start : start + rate // 5].tobytes())
        await bridge.send_audio(b"", end=True)
        await avatar.idle()
        print(f"{avatar.stats()['keyframes']} keyframes from the SDK")
        bridge.detach()
        await session.close()


if __name__ == "__main__":
    asyncio.run(main())
