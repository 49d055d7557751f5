"""Conversations that are given as Opus."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.audio.opus_stream import OpusStream

if TYPE_CHECKING:
    from hostmode.intake import Intake

_STREAMS: Final = 8


class OpusIntake:
    """Decodes each conversation's sound and passes it on."""

    def __init__(self) -> None:
        # Reentrant, for signal handlers.
        self._lock = threading.RLock()
        self._streams: OrderedDict[str, OpusStream] = OrderedDict()

    def take(self, intake: Intake, data: Any, end: bool, conversation_id: str | None) -> str | None:
        """Take in Opus as `Intake.yield_audio_data` takes PCM."""
        encoded = bytes(memoryview(data).cast("B"))
        with self._lock:
            known = conversation_id or intake._player.conversation_id
            stream = self._streams.get(known) if known else None
            if stream is None:
                if not encoded:
                    return intake._push_pcm(_NOTHING, end, conversation_id)
                if conversation_id is not None and intake._push_pcm(_NOTHING, False, conversation_id) is None:
                    # It is over, and what comes late need not be readable: it is counted and told as PCM is.
                    return intake._push_pcm(np.zeros(1, np.int16), False, conversation_id)
                stream = OpusStream()
            samples = stream.push(encoded)
            if end:
                samples = np.concatenate([samples, stream.finish()])
            if len(samples) or end or conversation_id is not None:
                taken_by = intake._push_pcm(samples, end, conversation_id)
            else:
                taken_by = intake.open_conversation()
            self._remember(known, taken_by, None if end else stream)
            return taken_by

    def _remember(self, before: str | None, taken_by: str | None, stream: OpusStream | None) -> None:
        if before is not None and (before != taken_by or stream is None):
            self._streams.pop(before, None)
        if taken_by is not None and stream is not None:
            self._streams[taken_by] = stream
            while len(self._streams) > _STREAMS:
                self._streams.popitem(last=False)


_NOTHING: Final = np.empty(0, np.int16)
