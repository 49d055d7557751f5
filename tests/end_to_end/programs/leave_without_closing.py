"""Leave in the middle of an utterance without closing the Controller."""

from __future__ import annotations

import sys
import weakref


class Early:
    """Whose finalizer makes weakref register with the interpreter's exit before sounddevice does."""


early = Early()
weakref.finalize(early, str)

import numpy as np  # noqa: E402

from hostmode import Controller, PlayerConfig  # noqa: E402

avatar = Controller(48000, config=PlayerConfig(motion_wait=0.0))
avatar.yield_audio_data((np.arange(20 * 48000) % 30000 + 1000).astype(np.int16), end=True)
while avatar.get_audio_time() < 0.3:
    pass
print(avatar.stats()["audio_output"])
sys.exit(0)
