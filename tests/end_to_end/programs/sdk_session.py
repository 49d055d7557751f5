"""A published server SDK, unmodified, in a process of its own: speaks three utterances and says what came back.

Usage: ``python sdk_session.py MODULE URL API_KEY RECORDING.npz [opus]``. Prints one JSON object.
"""

import asyncio
import base64
import importlib
import json
import sys
from datetime import datetime, timedelta, timezone

import numpy as np


async def main() -> dict:
    name, url, key, path = sys.argv[1:5]
    sdk = importlib.import_module(name)
    with np.load(path) as stored:
        audio, rate = stored["audio"], int(stored["rate"])
    frames, errors = [], []
    settings = {
        "api_key": key,
        "app_id": "app",
        "avatar_id": "avatar",
        "console_endpoint_url": url,
        "ingress_endpoint_url": url,
        "expire_at": datetime.now(timezone.utc) + timedelta(minutes=5),
        "sample_rate": rate,
        "transport_frames": lambda data, last: frames.append((bytes(data), bool(last))),
        "on_error": lambda error: errors.append(str(error)),
        "on_close": lambda: None,
    }
    if name == "spatius":
        settings.pop("region", None)
        if hasattr(sdk, "configure_telemetry"):
            sdk.configure_telemetry("")
    session = sdk.new_avatar_session(**settings)
    try:
        await session.init()
        connection = await session.start()
    except Exception as error:
        return {"error": type(error).__name__, "code": str(getattr(error, "code", "")), "text": str(error)}
    requests = []
    for utterance in range(3):
        chunk = rate // 5
        for start in range(0, len(audio), chunk):
            end = start + chunk >= len(audio)
            req_id = await session.send_audio(audio[start : start + chunk].tobytes(), end=end)
            if utterance == 1 and start >= len(audio) // 2:
                await session.interrupt()
                break
        requests.append(req_id)
        if utterance != 1:
            complete = 1 if utterance == 0 else 2  # the second has no end
            for _ in range(400):
                await asyncio.sleep(0.02)
                if sum(last for _, last in frames) >= complete:
                    break
        else:
            mark = len(frames)
            await asyncio.sleep(0.5)
    await session.close()
    return {
        "connection": connection,
        "requests": requests,
        "frames": [[base64.b64encode(data).decode(), last] for data, last in frames],
        "after_interrupt": mark,
        "errors": errors,
    }


print(json.dumps(asyncio.run(main())))
