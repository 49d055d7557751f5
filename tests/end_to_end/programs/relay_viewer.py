"""A client of a relay: watches three turns, and interrupts the second in its middle.

Usage: ``python relay_viewer.py URL RATE SECONDS``, of the second that are heard. Prints one JSON object.
"""

import asyncio
import json
import sys

from shown_motion import Shown

import hostmode
import hostmode.relay

REST_S = 1.5


async def main() -> dict:
    url, rate, interrupt_s = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    config = hostmode.PlayerConfig(layers=False)
    async with hostmode.Controller(rate, output="silent", config=config) as avatar:
        shown = Shown(avatar)
        async with hostmode.relay.connect(url, avatar) as link:
            watching = asyncio.ensure_future(shown.watch())
            await shown.ended(1)
            await link.send_audio(bytes(rate // 5), last=True)  # what the second turn answers
            while avatar.state != "playing" or avatar.get_audio_time() < interrupt_s:
                await asyncio.sleep(0.01)
            await link.interrupt()
            interrupted_at = len(shown.marks)
            await shown.ended(3)
            await asyncio.sleep(REST_S)
            watching.cancel()
        return shown.report(interrupted_at)


print(json.dumps(asyncio.run(main())))
